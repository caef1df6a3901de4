"""Pure maths that several practices share."""
