"""People, who they are in commits, and what to do when they leave."""
