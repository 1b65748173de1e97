"""What of feedback may leave this machine: what somebody says of a run quotes it, so it is shown where the run is."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import structlog

from server.errors import Conflict
from server.tracing.encoding import Encoder
from server.tracing.feedback import Score
from server.tracing.policy import GraphPolicy, Redactor
from server.tracing.secrets import SecretMask

_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_KINDS: Mapping[str, type] = {"value": str, "comment": str, "correction": dict}
_WORDS = tuple(_KINDS)

log = structlog.get_logger("planloom.tracing")


class HiddenRunError(Conflict):
    """The feedback has words, on a run whose words stay here."""

    def __init__(self, names: str, graph_id: str) -> None:
        super().__init__(
            f"{names} would be sent to LangSmith, and this server shows it no words of {graph_id!r}: give a score, or a "
            "value that is a number or a truth, under a key of letters and digits. The operator may allow words by TRACING_SHOW."
        )


class UnredactedError(Conflict):
    """The project's redactor failed on the feedback."""

    def __init__(self) -> None:
        super().__init__("The project's redactor did not take these words, so they are not sent: give a score alone.")


def shown(score: Score, policy: GraphPolicy, mask: SecretMask) -> Score:
    """What may be sent of feedback on a run of that graph: without secrets, and as the project's redactor leaves it.

    Raises `Conflict` if nothing may be: words are refused rather than left out, so that who wrote them knows. Calls the
    project's code, so not on the event loop.
    """
    if policy.hide_inputs or policy.hide_outputs:
        hidden = [name for name in _WORDS if isinstance(getattr(score, name), _KINDS[name])]
        if not _NAME.fullmatch(score.key):
            hidden.append("key")
        if hidden:
            raise HiddenRunError(", ".join(hidden), policy.graph_id)
        return score
    said = {name: getattr(score, name) for name in _WORDS}
    masked = orjson.loads(Encoder(mask).encoded({"said": said})["said"])
    return replace(
        score, **(masked if policy.redactor is None else _redacted(score.key, masked, policy, policy.redactor))
    )


def _redacted(key: str, said: Mapping[str, Any], policy: GraphPolicy, redactor: Redactor) -> dict[str, Any]:
    """What the project's redactor leaves of it; all of it if there is nothing but numbers. Raises `Conflict` if it fails."""
    given = {name: value for name, value in said.items() if isinstance(value, _KINDS[name])}
    if not given:
        return dict(said)
    try:
        outputs = redactor({"graph_id": policy.graph_id, "name": key, "run_type": "feedback", "outputs": given})[
            "outputs"
        ]
        left = {name: outputs[name] for name in given if outputs.get(name) is not None}
        for name, value in left.items():
            if not isinstance(value, _KINDS[name]):
                raise TypeError(f"{type(value).__name__} in the place of {name}")
    except Exception as error:  # the project's code: whatever it does, nothing unredacted leaves
        log.warning("feedback could not be redacted, and is not sent", error=type(error).__name__)
        raise UnredactedError from error
    return {name: left.get(name, None if name in given else value) for name, value in said.items()}
