"""The fixed words of an escalation: chosen by what was found, the language and the region; never written by a model."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.safety.finding import SafetyFinding

DEFAULT_LANGUAGE = "en"
DEFAULT_NUMBER = "112"
_NUMBER = re.compile(r"[+\d][\d ()/-]{1,30}")
_TEXTS: Mapping[str, Any] = tomllib.loads((Path(__file__).parent / "texts.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Resource:
    """Where help is to be had."""

    label: str
    contact: str

    def to_json(self) -> dict[str, str]:
        return {"label": self.label, "contact": self.contact}


@dataclass(frozen=True)
class Help:
    """The words for one person's language and region.

    `number` is the caller's choice of an emergency number; without it the server's `EMERGENCY_NUMBER`, else the
    region's.
    """

    locale: str = "en-GB"
    number: str | None = None

    @property
    def language(self) -> str:
        """Which of the languages that there are texts in."""
        said = re.split(r"[-_]", self.locale.lower())[0]
        return said if isinstance(_TEXTS.get(said), dict) and "questions" in _TEXTS[said] else DEFAULT_LANGUAGE

    @property
    def region(self) -> str:
        return next((part for part in re.split(r"[-_]", self.locale)[1:] if re.fullmatch(r"[A-Z]{2}", part)), "")

    @property
    def emergency(self) -> str:
        """The emergency number."""
        for told in (self.number or "", os.environ.get("EMERGENCY_NUMBER", "")):
            if _NUMBER.fullmatch(told.strip()):
                return told.strip()
        return str(_TEXTS["emergency_numbers"].get(self.region, DEFAULT_NUMBER))

    @property
    def crisis(self) -> str:
        """Where to talk to somebody."""
        lines = _TEXTS["crisis_lines"]
        return str(lines.get(self.region, lines["other"]))

    def text(self, finding: SafetyFinding) -> str:
        """What to say: the finding's own words, else those for its code, else those for its level."""
        texts = _TEXTS[self.language]
        if finding.level == "advice":
            told = finding.text or texts.get(f"advice_{finding.code}", "")
        else:
            told = finding.text or texts.get(finding.code) or texts[finding.level]
        return str(told).replace("{emergency}", self.emergency).replace("{crisis}", self.crisis)

    @property
    def all_clear(self) -> str:
        """What to say when the answer to a question was no."""
        return str(_TEXTS[self.language]["all_clear"])

    def question(self, finding: SafetyFinding) -> str:
        """The question to ask: a name of one of the fixed questions, or the question itself."""
        told = str(_TEXTS[self.language]["questions"].get(finding.question, finding.question or ""))
        return told.replace("{emergency}", self.emergency).replace("{crisis}", self.crisis)

    def resources(self, finding: SafetyFinding) -> list[Resource]:
        """The numbers that the text names, for clients to make buttons of."""
        texts = _TEXTS[self.language]
        found = [Resource(texts["emergency_label"], self.emergency)]
        if finding.code.startswith("self_harm"):
            found.append(Resource(texts["crisis_label"], self.crisis))
        return found
