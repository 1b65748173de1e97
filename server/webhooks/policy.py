"""What a webhook's URL may be, as far as can be said without looking its host up."""

from dataclasses import dataclass

import httpx

from server.errors import Malformed
from server.langgraph_sections import WebhookUrlSpec
from server.webhooks.addresses import refusal

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOST_PORT = 65_535


class WebhookRefusedError(Malformed):
    """Nothing is sent to that URL; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that the policy lets pass, taken apart. `host` is as it goes out, in ASCII."""

    url: httpx.URL
    host: str
    port: int
    is_named: bool
    """Whether the operator named it, or a domain above it, in `allowed_domains`."""
    may_be_private: bool
    """Whether it may be in a network of one's own: only a host that the operator named itself."""
    is_own: bool = False
    """Whether it is a path of the project's own routes."""


class UrlPolicy:
    """`webhooks.url` of `langgraph.json`."""

    def __init__(self, spec: WebhookUrlSpec) -> None:
        self._spec = spec

    @property
    def allows_loopback(self) -> bool:
        """Whether this machine, and the project's own routes, may be named."""
        return not self._spec.disable_loopback

    def target(self, url: str) -> Target:
        """The URL taken apart. Raises `WebhookRefusedError`."""
        if len(url) > self._spec.max_url_length:
            raise WebhookRefusedError("Webhook URL too long")
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise WebhookRefusedError(f"Invalid webhook URL: {error}") from error
        if url.startswith("/") and not url.startswith("//"):
            return self._own(parsed)
        host = parsed.raw_host.decode("ascii").lower().rstrip(".")
        if not host:
            raise WebhookRefusedError(f"Invalid webhook hostname {host!r}")
        if parsed.scheme not in _DEFAULT_PORTS:
            raise WebhookRefusedError(f"Webhook host blocked: scheme {parsed.scheme!r} not allowed")
        if self._spec.require_https and parsed.scheme != "https":
            raise WebhookRefusedError(
                "Webhook must use https, unless webhooks.url.require_https is false in langgraph.json"
            )
        if parsed.userinfo:
            raise WebhookRefusedError(
                "Webhook URL must not hold a user or password; see webhooks.headers in langgraph.json"
            )
        port = _DEFAULT_PORTS[parsed.scheme] if parsed.port is None else parsed.port
        if not 0 < port <= _MOST_PORT:
            raise WebhookRefusedError(f"Invalid webhook URL: there is no port {port}")
        if self._spec.allowed_ports and port not in self._spec.allowed_ports:
            raise WebhookRefusedError(f"Webhook port {port} not allowed")
        is_named = self._is_named(host)
        if self._spec.allowed_domains and not is_named:
            raise WebhookRefusedError("Webhook domain not allowed")
        if not self.allows_loopback and (host == "localhost" or host.endswith(".localhost")):
            raise WebhookRefusedError("Webhook host blocked: localhost address")
        return Target(parsed, host, port, is_named, may_be_private=host in self._spec.allowed_domains)

    def require_allowed(self, target: Target, addresses: list[str]) -> None:
        """Raise `WebhookRefusedError` unless each of the host's addresses may be sent to: who answers may choose any of them."""
        for address in addresses:
            reason = refusal(address, loopback=self.allows_loopback, private=target.may_be_private)
            if reason is not None:
                raise WebhookRefusedError(f"Webhook host blocked: {reason}")

    def _own(self, parsed: httpx.URL) -> Target:
        if not self.allows_loopback:
            raise WebhookRefusedError(
                "Loopback webhooks (relative URLs and localhost) are disabled by default. Set webhooks.url.disable_loopback to "
                "false in langgraph.json to send them to the project's own routes, where they come without credentials."
            )
        return Target(parsed, "", 0, is_named=True, may_be_private=False, is_own=True)

    def _is_named(self, host: str) -> bool:
        return any(
            host.endswith(name[1:]) if name.startswith("*.") else host == name for name in self._spec.allowed_domains
        )
