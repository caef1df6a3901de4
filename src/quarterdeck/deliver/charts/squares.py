"""Lay out a map of parts and files as plain rectangles, for pages that draw it without a script.

Squarified treemap: Bruls, Huizing, van Wijk, "Squarified treemaps" (2000).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Thing = TypeVar("Thing")
HEAD, GAP = 16.0, 1.0  # room for the name of a part, and between files


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Placed(Generic[Thing]):
    """A part of the map with its name, and the things in it, each with its rectangle."""

    name: str
    box: Box
    things: tuple[tuple[Thing, Box], ...]


def lay_out(parts: Mapping[str, Sequence[tuple[Thing, float]]], width: float, height: float) -> list[Placed[Thing]]:
    """Place parts, largest first, and the things in each; areas are in proportion to the sizes, which must be above 0."""
    ordered = sorted(parts.items(), key=lambda each: (-sum(size for _, size in each[1]), each[0]))
    boxes = squarified([sum(size for _, size in things) for _, things in ordered], Box(0.0, 0.0, width, height))
    return [Placed(name, box, _inside(things, box)) for (name, things), box in zip(ordered, boxes, strict=True)]


def _inside(things: Sequence[tuple[Thing, float]], box: Box) -> tuple[tuple[Thing, Box], ...]:
    head = min(HEAD, box.height / 4)
    room = Box(box.x + GAP, box.y + head, max(0.0, box.width - 2 * GAP), max(0.0, box.height - head - GAP))
    ordered = sorted(things, key=lambda each: -each[1])
    boxes = squarified([size for _, size in ordered], room)
    return tuple((thing, _shrunk(placed)) for (thing, _), placed in zip(ordered, boxes, strict=True))


def _shrunk(box: Box) -> Box:
    return Box(box.x, box.y, max(0.0, box.width - GAP), max(0.0, box.height - GAP))


def squarified(sizes: Sequence[float], room: Box) -> list[Box]:
    """Return a rectangle for each size, in order, close to squares; sizes must fall."""
    placed: list[Box] = []
    rest, left = list(sizes), room
    while rest:
        scale = left.width * left.height / sum(rest)
        side = min(left.width, left.height)
        count = 1
        while count < len(rest) and _worst(rest[: count + 1], scale, side) <= _worst(rest[:count], scale, side):
            count += 1
        row, left = _row(rest[:count], scale, left)
        placed += row
        rest = rest[count:]
    return placed


def _worst(row: Sequence[float], scale: float, side: float) -> float:
    """Return how far the least square rectangle of a row is from a square: 1 is a square."""
    area = sum(row) * scale
    if not area or not side:
        return 0.0
    return max(side * side * max(row) * scale / area**2, area**2 / (side * side * min(row) * scale))


def _row(row: Sequence[float], scale: float, room: Box) -> tuple[list[Box], Box]:
    """Place a row along the shorter side and return it with the room that is left."""
    area, upright = sum(row) * scale, room.width >= room.height
    side = room.height if upright else room.width
    depth = area / side if side else 0.0
    boxes, at = [], 0.0
    for size in row:
        length = size * scale / depth if depth else 0.0
        boxes.append(Box(room.x, room.y + at, depth, length) if upright else Box(room.x + at, room.y, length, depth))
        at += length
    if upright:
        return boxes, Box(room.x + depth, room.y, max(0.0, room.width - depth), room.height)
    return boxes, Box(room.x, room.y + depth, room.width, max(0.0, room.height - depth))
