"""Whether a webhook's URL may be sent to: the policy, and what its host resolves to now. Asked at admission and at each sending."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from server.webhooks.admission_look_ups import AdmissionLookUps
from server.webhooks.policy import Target, UrlPolicy, WebhookRefusedError
from server.webhooks.resolver import LookUp

LOOK_UP_SECONDS = 5.0


class Gate:
    """Lets URLs pass that the policy allows, to addresses that it allows."""

    def __init__(
        self,
        policy: UrlPolicy,
        look_up: LookUp,
        serves: Callable[[str], bool] | None = None,
        *,
        at_admission: LookUp | None = None,
    ) -> None:
        """`serves` tells whether a path is one of the project's own routes; None where that is not known. `at_admission` looks
        up what callers name, so that they hold up no sending."""
        self._policy = policy
        self._look_up = look_up
        self._at_admission = AdmissionLookUps(at_admission or look_up)
        self._serves = serves

    async def require(self, url: str, caller: str = "") -> None:
        """Raise `WebhookRefusedError` if nothing would ever be sent there, as far as can be said for the caller at once."""
        target = self._policy.target(url)
        if target.is_own:
            if self._serves is not None and not self._serves(target.url.path):
                raise WebhookRefusedError(
                    f"Webhook path {target.url.path!r} is no route of the project's own app (http.app) that takes POST"
                )
            return
        try:
            async with _in_time(target):
                addresses = await self._at_admission.addresses(target.host, target.port, caller)
            self._policy.require_allowed(target, addresses or [])
        except TimeoutError:  # whoever's fault that is, and for whoever's names: it is looked at when it is sent
            return
        except OSError as error:
            if not target.is_named:  # one that the operator named may be known where it is sent from only
                raise WebhookRefusedError("Webhook host blocked: DNS resolution failed") from error

    async def open(self, url: str) -> tuple[Target, list[str]]:
        """The URL taken apart and the addresses to send to. Raises `WebhookRefusedError`, `OSError` if the host has none now."""
        target = self._policy.target(url)
        return target, [] if target.is_own else await self._addresses(target)

    async def _addresses(self, target: Target) -> list[str]:
        async with _in_time(target):
            addresses = await self._look_up(target.host, target.port)
        self._policy.require_allowed(target, addresses)
        return addresses


@asynccontextmanager
async def _in_time(target: Target) -> AsyncIterator[None]:
    """Raise `OSError` for a look-up that takes too long, and for what is no name."""
    async with asyncio.timeout(LOOK_UP_SECONDS):  # TimeoutError is an OSError
        try:
            yield
        except UnicodeError as error:  # a label that is empty or too long
            raise OSError(f"{target.host} cannot be a host's name") from error
