"""Invented companies with known truths, and how well the rooms find them."""

from quarterdeck.demo.generator import generate
from quarterdeck.demo.scoring.score import score

__all__ = ["generate", "score"]
