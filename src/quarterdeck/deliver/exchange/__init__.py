"""Files that other programs read: findings as JSON, rows as CSV, software inventories, places in code."""
