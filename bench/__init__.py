"""The bench: one command that measures speed, growth and accuracy beside floors and peers, and says which bars are met."""
