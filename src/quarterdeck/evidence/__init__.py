"""Adapters in: they read what a company has and return records and problems."""
