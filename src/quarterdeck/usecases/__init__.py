"""The verbs: assess, compose the front page, compare with last time."""
