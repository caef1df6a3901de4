"""What source files are like inside: their functions, measured one by one, and the blocks that were copied between them."""
