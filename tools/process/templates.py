"""The templates that come with Planloom: processes that most teams have, to start from."""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tools.process.plan_items import Offset


class TemplateStep(BaseModel):
    """A step of a template: when it is due relative to the event, how long it takes, who does it, what it needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9]{0,19}$")
    title: str = Field(min_length=1, max_length=120)
    offset: Offset
    days: float = Field(gt=0, le=260)
    role: str | None = None
    needs: tuple[str, ...] = ()
    substeps: tuple[str, ...] = ()


class Template(BaseModel):
    """A process: what it is about, and its steps in the order in which they are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    about: str
    step: tuple[TemplateStep, ...]

    @model_validator(mode="after")
    def _known_needs(self) -> "Template":
        seen: set[str] = set()
        for step in self.step:
            if step.id in seen or not set(step.needs) <= seen:
                raise ValueError(f"step {step.id} is there twice, or needs a step that does not come before it")
            seen.add(step.id)
        return self

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that people take, in the order of their first steps."""
        return tuple(dict.fromkeys(step.role for step in self.step if step.role))


@functools.cache
def templates() -> Mapping[str, Template]:
    """Return every template by name, such as `software_release`; read from the package once."""
    folder = resources.files(__package__) / "library"
    found = {
        file.name.removesuffix(".toml"): Template.model_validate(tomllib.loads(file.read_text("utf-8")))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }
    return dict(sorted(found.items()))


def template_named(said: str) -> str:
    """Return the name of the template that somebody means ("a release", "new hire").

    Raises ValueError, naming the templates there are, for none or more than one.
    """
    words = set(said.lower().replace("_", " ").replace("-", " ").split()) - _PLAIN
    names = [name for name in templates() if words & (set(name.split("_")) | _ALSO.get(name, frozenset()))]
    if len(names) != 1:
        there = ", ".join(name.replace("_", " ") for name in templates())
        raise ValueError(f"{said!r} is no template; there are: {there}")
    return names[0]


_PLAIN = frozenset({"a", "an", "the", "new", "process", "event", "template", "our", "review"})
_ALSO: Mapping[str, frozenset[str]] = {
    "software_release": frozenset({"releases", "ship", "launch", "deployment"}),
    "onboarding": frozenset({"onboard", "colleague", "joiner", "starter", "hire"}),
    "workshop": frozenset({"offsite", "seminar", "training"}),
    "hiring": frozenset({"recruiting", "recruitment", "opening", "vacancy"}),
    "incident_review": frozenset({"postmortem", "retrospective", "outage"}),
}
