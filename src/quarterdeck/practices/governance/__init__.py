"""Governance: which rules apply, how far we are from them, and how repositories are run."""
