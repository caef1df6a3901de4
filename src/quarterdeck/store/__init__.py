"""Adapters kept: the runs of the past, for comparison."""
