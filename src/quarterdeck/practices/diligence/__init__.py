"""Diligence: what a buyer would find, from credentials in the tree to who owns the code."""
