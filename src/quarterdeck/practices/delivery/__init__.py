"""Delivery: what is really going on."""
