"""`config.configurable` and `context`: two spellings of one thing, of which a caller gives one."""

from collections.abc import Mapping
from typing import Any

from server.errors import Invalid


def refuse_both(configurable: object, context: object) -> None:
    """Raise `Invalid` if both are given."""
    if configurable and context:
        raise Invalid(
            "Cannot specify both configurable and context. Prefer setting context alone. Context was introduced in "
            "LangGraph 0.6.0 and is the long term planned replacement for configurable."
        )


def mirrored(
    config: dict[str, Any],
    context: dict[str, Any],
    given_config: Mapping[str, Any] | None,
    given_context: dict[str, Any] | None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Config and context of an assistant after a change: a caller who gives either replaces both. What is not given, or
    given empty, stays. Raises `Invalid` if both are given.
    """
    configurable = (given_config or {}).get("configurable")
    refuse_both(configurable, given_context)
    config = dict(given_config) if given_config else config
    if configurable:
        return config, configurable
    if given_context:
        return {**(given_config or {}), "configurable": given_context}, given_context
    return config, context if given_context is None else given_context
