"""A private key of this installation, so that stored marks of secrets tell nobody else anything."""

import os
import secrets
from pathlib import Path

SIZE = 32


def private_key(home: Path) -> bytes:
    """Return the key, making it on first use; only its owner may read it."""
    path = home / "private.key"
    if path.is_file() and len(kept := path.read_bytes()) == SIZE:
        return kept
    home.mkdir(parents=True, exist_ok=True)
    made = secrets.token_bytes(SIZE)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.touch(mode=0o600)
    part.write_bytes(made)
    part.replace(path)
    return made
