"""Who signs in to the demo."""

PASSWORD = "quarterdeck demo"  # noqa: S105 - of invented people, on this machine, printed on the terminal
PRACTITIONER = "you@demo.example"
