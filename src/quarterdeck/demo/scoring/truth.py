"""Read what is true of an invented company."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plant:
    """A fact that should be found, or a look-alike that should not."""

    id: str
    kind: str
    keys: tuple[str, ...]
    rooms: tuple[str, ...]
    evidence: tuple[str, ...]
    decoy: bool
    needs: str
    note: str

    @property
    def repository(self) -> str:
        """Return the repository that the plant lies in, or nothing."""
        places = [*self.evidence, *(key.partition(":")[2] for key in self.keys)]
        return places[0].partition(":")[0] if places else ""


def read(folder: Path) -> list[Plant]:
    """Return the rows of `plants.csv` in a folder of truth."""
    with (folder / "plants.csv").open(encoding="utf-8", newline="") as source:
        return [_plant(row) for row in csv.DictReader(source)]


def _plant(row: dict[str, str]) -> Plant:
    return Plant(
        row["plant_id"], row["kind"], _list(row["subject"]), _list(row["expected_room"]), _list(row["evidence_path"]), row["decoy"] == "yes",
        row["needs"], row["note"],
    )  # fmt: skip


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("; ") if part)
