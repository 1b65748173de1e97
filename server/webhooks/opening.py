"""What a process has of webhooks, put together from settings and project."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from server.db.jobs import Jobs
from server.db.pool import Pool
from server.langgraph_sections import WebhooksSpec
from server.settings import Settings
from server.webhooks.courier import Courier
from server.webhooks.gate import Gate
from server.webhooks.headers import resolved_headers
from server.webhooks.outbox import Outbox
from server.webhooks.own_app import OwnApp
from server.webhooks.policy import UrlPolicy
from server.webhooks.queue import WebhookQueue
from server.webhooks.resolver import Resolver
from server.webhooks.sending import HttpReceiver
from server.webhooks.service import WebhookService
from server.webhooks.signature import secrets_of

log = structlog.get_logger("planloom.webhooks")


@dataclass(frozen=True)
class Webhooks:
    """The parts: what admits a URL, what a run's end writes to, what sends, what is asked about it."""

    gate: Gate
    outbox: Outbox
    service: WebhookService
    courier: Courier
    own_app: OwnApp | None
    _resolvers: tuple[Resolver, Resolver]
    _receiver: HttpReceiver

    def start(self, *, sends: bool) -> None:
        """Start sending what goes out, if this process is to."""
        if sends:
            self.courier.start()

    def start_own(self, state: Mapping[str, Any] | None) -> None:
        """Start sending to the project's own routes, whose lifespan made `state`, if the project allows that."""
        if self.own_app is not None:
            self.own_app.use_state(state)
            self.courier.start_own(self.own_app)

    async def close(self) -> None:
        """Stop sending; what is left is sent by others, or later."""
        await self.courier.close()
        await self._receiver.close()
        for resolver in self._resolvers:
            resolver.close()


def opened_webhooks(
    pool: Pool,
    jobs: Jobs,
    settings: Settings,
    spec: WebhooksSpec | None = None,
    *,
    own_app: OwnApp | None = None,
    is_open: bool = True,
) -> Webhooks:
    """The parts, nothing started. `own_app` is there where the API is served.

    Raises `StartupError` for headers that cannot be sent.
    """
    spec = spec or WebhooksSpec()
    if spec.headers and not spec.url.allowed_domains and is_open:
        log.warning(
            "langgraph.json: webhooks.headers go to whatever URL a run names; name those that may have them in "
            "webhooks.url.allowed_domains"
        )
    queue = WebhookQueue(jobs)
    for_sending, for_callers = Resolver(), Resolver()
    policy = UrlPolicy(spec.url)
    reachable = own_app if policy.allows_loopback else None
    serves = reachable.serves if reachable else None
    gate = Gate(policy, for_sending.look_up, serves, at_admission=for_callers.look_up)
    receiver = HttpReceiver(settings.webhook_timeout_seconds)
    courier = Courier(
        pool,
        queue,
        gate,
        receiver,
        headers=resolved_headers(spec, os.environ),
        secrets=secrets_of(settings.webhook_secret.get_secret_value()) if settings.webhook_secret else (),
        seconds=settings.webhook_timeout_seconds,
        retention=timedelta(hours=settings.webhook_retention_hours),
    )
    return Webhooks(
        gate=gate,
        outbox=Outbox(queue, settings.webhook_attempts, is_open=is_open),
        service=WebhookService(pool, queue, settings.webhook_attempts),
        courier=courier,
        own_app=reachable,
        _resolvers=(for_sending, for_callers),
        _receiver=receiver,
    )
