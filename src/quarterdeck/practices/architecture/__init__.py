"""Architecture: what is hard to change, and what is out of support."""
