"""Git repositories, read as data through a shadow repository: nothing of theirs is ever run."""
