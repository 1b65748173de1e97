"""The sentences of tests/data/pain, with how urgent each is."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "data" / "pain"


@dataclass(frozen=True)
class Said:
    """A sentence and its level: emergency, urgent or routine."""

    level: str
    text: str


def sentences(*names: str) -> list[Said]:
    """The sentences of the named files, of all triage files by default."""
    files = [FOLDER / name for name in names] if names else sorted(FOLDER.glob("triage*.tsv"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [Said(*line.split("\t", 1)) for line in lines if line and not line.startswith("#")]
