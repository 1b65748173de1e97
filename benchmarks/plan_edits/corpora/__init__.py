"""The requests of each domain: a module of its name with a `CORPUS`, and a text file beside it."""

from __future__ import annotations

import importlib
import pkgutil

from benchmarks.plan_edits.cases import Corpus


def corpora() -> dict[str, Corpus]:
    """Every domain's corpus, by the domain's name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = (importlib.import_module(f"{__name__}.{name}").CORPUS for name in names)
    return {corpus.domain.name: corpus for corpus in found if isinstance(corpus, Corpus)}
