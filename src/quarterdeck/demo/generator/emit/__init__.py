"""Project the world onto files."""
