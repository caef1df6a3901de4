"""What comes into a workbench whole and leaves it whole: a client, the workspace, the demo."""
