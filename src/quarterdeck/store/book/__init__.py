"""The book: what people typed, and nothing that can be computed again."""
