"""Who may come in: clients and their tables, read-only links, tokens for programs."""
