"""Write the files around the code."""
