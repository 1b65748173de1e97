"""What the garbage collector looks at while serving: what runs leave behind, not what was loaded at the start."""

import gc

_YOUNG = 5_000
"""Objects more made than freed before the youngest are looked at. A run makes thousands that go by themselves."""


def spare_what_stays() -> None:
    """Take all that is there now for permanent: modules, routes and graphs, some hundred thousand objects.

    Called once, when a process has started. Each full collection would walk them all, and find none to free.
    """
    gc.collect()
    gc.freeze()
    _, middle, old = gc.get_threshold()
    gc.set_threshold(_YOUNG, middle, old)
