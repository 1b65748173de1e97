"""Widespread Pain Index and Symptom Severity Scale: the numbers of the 2016 criteria, and whether they fit together.

Wolfe and others, Seminars in Arthritis and Rheumatism 46 (2016). Only the numeric pattern is worked out; whether it means
anything for a person is for a clinician to say.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tools.pain.body_regions import WPI_AREAS, acr_regions

LEAST_REGIONS, LEAST_MONTHS = 4, 3.0


@dataclass(frozen=True)
class WidespreadScore:
    """`wpi` 0 to 19, `sss` 0 to 12, `regions` of five; `meets` is None while regions or months are unknown."""

    wpi: int
    sss: int
    regions: int | None
    months: float | None

    @property
    def numbers_fit(self) -> bool:
        """WPI of 7 or more and SSS of 5 or more, or WPI of 4 to 6 and SSS of 9 or more."""
        return (self.wpi >= 7 and self.sss >= 5) or (4 <= self.wpi <= 6 and self.sss >= 9)

    @property
    def meets(self) -> bool | None:
        """Whether all of the published numeric pattern is met."""
        known = [self.numbers_fit]
        known += [] if self.regions is None else [self.regions >= LEAST_REGIONS]
        known += [] if self.months is None else [self.months >= LEAST_MONTHS]
        if not all(known):
            return False
        return True if len(known) == 3 else None

    @property
    def text(self) -> str:
        """The score in sentences, without a name for anything."""
        told = f"WPI {self.wpi} of 19, SSS {self.sss} of 12"
        told += f", {self.regions} of 5 regions" if self.regions is not None else ""
        told += f", {self.months:g} months" if self.months is not None else ""
        if self.meets is None:
            missing = [name for name, value in (("regions", self.regions), ("months", self.months)) if value is None]
            return f"{told}. To compare with the published numeric pattern I also need: {', '.join(missing)}."
        verb = "meets" if self.meets else "does not meet"
        return f"{told}: this {verb} the published numeric pattern (2016). Only a clinician can say what it means."


def score_wpi_sss(
    *,
    areas: Collection[str] | None = None,
    wpi: int | None = None,
    severities: Sequence[int] | None = None,
    sss: int | None = None,
    months: float | None = None,
    regions: int | None = None,
) -> WidespreadScore:
    """The score from painful areas (or their number `wpi`) and from symptoms (or their sum `sss`).

    `severities` are fatigue, unrefreshed sleep and trouble thinking (0 to 3 each), then headache, abdominal pain and low
    mood (0 or 1 each). With `areas` the regions are counted, otherwise `regions` says how many of the five hurt. Raises
    ValueError for impossible numbers and unknown areas.
    """
    if areas is not None:
        unknown = sorted(set(areas) - set(WPI_AREAS))
        if unknown:
            raise ValueError(f"unknown areas: {', '.join(unknown)}; there are: {', '.join(WPI_AREAS)}")
        counted = len(set(areas))
        if wpi is not None and wpi != counted:
            raise ValueError(f"{counted} areas were named, but a WPI of {wpi} was given")
        wpi, regions = counted, len(acr_regions(frozenset(areas)))
    if regions is not None and not 0 <= regions <= 5:
        raise ValueError("regions are a whole number from 0 to 5: how many of the five hurt")
    if severities is not None:
        if len(severities) != 6 or not all(0 <= v <= (3 if i < 3 else 1) for i, v in enumerate(severities)):
            raise ValueError("symptoms are six numbers: three from 0 to 3, then three of 0 or 1")
        sss = sum(severities)
    if wpi is None or not 0 <= wpi <= len(WPI_AREAS):
        raise ValueError("the WPI is a whole number from 0 to 19: how many of the 19 areas hurt")
    if sss is None or not 0 <= sss <= 12:
        raise ValueError("the SSS is a whole number from 0 to 12")
    if months is not None and not 0 <= months <= 1200:
        raise ValueError("months are a number from 0 to 1200")
    return WidespreadScore(wpi, sss, regions, months)
