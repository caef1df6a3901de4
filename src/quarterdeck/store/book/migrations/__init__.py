"""How the tables of the book came to be."""
