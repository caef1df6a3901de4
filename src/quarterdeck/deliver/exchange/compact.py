"""JSON with one line for each entry of a list: lines can be cited and compared, and long documents are written quickly."""

import json
from collections.abc import Mapping
from typing import Any


def compact(document: Mapping[str, Any]) -> str:
    """Return a document as JSON, names in order."""
    parts = (f"{_flat(name)}: {_value(value)}" for name, value in sorted(document.items()))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _value(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(map(_flat, value)) + "\n]"
    return _flat(value)


def _flat(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
