"""Tell programs from texts: files that a machine runs and nobody can review."""

import re

SEEN = 1_024  # bytes looked at
_EXTENSIONS = frozenset(
    "crx deb dex dey elf o a so macho iso class jar bundle dylib lib msi dll drv efi exe ocx pyc pyo par rpm wasm whl".split()
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# (first bytes, shortest file, kind): the file types that h2non/filetype tells, as far as the rules list them
_MAGIC = (
    (b"MZ", 2, "exe"),
    (b"\x7fELF", 53, "elf"),
    (b"Cr24", 4, "crx"),
    (b"!<arch>\ndebian-binary", 21, "deb"),
    (b"\xed\xab\xee\xdb", 97, "rpm"),
    (b"\xfe\xed\xfa\xcf", 4, "macho"),
    (b"\xfe\xed\xfa\xce", 4, "macho"),
    (b"\xcf\xfa\xed\xfe", 4, "macho"),
    (b"\xce\xfa\xed\xfe", 4, "macho"),
    (b"\xca\xfe\xba\xbe", 4, "class"),
    (b"\xbe\xba\xfe\xca", 4, "macho"),
    (b"\0asm\x01\0\0\0", 8, "wasm"),
    (b"dex\n", 41, "dex"),
    (b"dey\n", 101, "dey"),
)
_FIRST = frozenset(magic[:1] for magic, _, _ in _MAGIC)


def extension(path: str) -> str:
    """Return the ending of a file where it is that of a program, else nothing."""
    ending = path.rpartition("/")[2].rpartition(".")[2] if "." in path else ""
    return ending if ending in _EXTENSIONS else ""


def kind_of(path: str, content: bytes) -> str:
    """Return the kind of program that a file is, or nothing."""
    if not content:
        return ""
    if content[:1] in _FIRST and (kind := _by_magic(content)):
        return kind
    named = extension(path)
    return named if named and not is_text(content) else ""


def _by_magic(content: bytes) -> str:
    return next((kind for magic, size, kind in _MAGIC if content.startswith(magic) and len(content) >= size), "")


def is_text(content: bytes) -> bool:
    """Tell whether the first bytes hold no control character but tab and line ends (the last three are not looked at)."""
    head = content[:SEEN]
    return not _CONTROL.search(head[: max(len(head) - 3, 0)])
