"""One folder per job of a fractional CTO; in each, one folder per capability."""
