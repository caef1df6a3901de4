"""A whole client, or a whole workspace, as rows that travel."""
