"""Which URLs and addresses a webhook may be sent to."""

import pytest

from server.langgraph_sections import WebhookUrlSpec
from server.webhooks.addresses import refusal
from server.webhooks.gate import Gate
from server.webhooks.policy import UrlPolicy, WebhookRefusedError

LOOPBACK = "Webhook host blocked: loopback IP range"
BLOCKED = "Webhook host blocked: blocked IP range"

PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"]
OWN = ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1"]
PRIVATE = ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1", "::ffff:10.0.0.1"]
NEVER = [
    "0.0.0.0", "0.1.2.3", "::", "100.64.0.1", "100.100.100.200", "168.63.129.16", "169.254.169.254", "169.254.1.1",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "3fff::1", "5f00::1", "64:ff9b:1::1", "64:ff9b::a9fe:a9fe",
    "::ffff:169.254.169.254", "::ffff:0:10.0.0.1", "2002:a9fe:a9fe::", "4000::1", "no address",
]  # fmt: skip


@pytest.mark.parametrize(
    ("addresses", "by_default", "with_loopback", "with_private"),
    [
        (PUBLIC, None, None, None),
        (OWN, "loopback IP range", None, "loopback IP range"),
        (PRIVATE, "blocked IP range", "blocked IP range", None),
        (NEVER, "blocked IP range", "blocked IP range", "blocked IP range"),
    ],
)
def test_an_address_is_refused_for_what_it_leads_to_however_it_is_written(
    addresses: list[str], by_default: str | None, with_loopback: str | None, with_private: str | None
) -> None:
    for address in addresses:
        assert refusal(address) == by_default, address
        assert refusal(address, loopback=True) == with_loopback, address
        assert refusal(address, private=True) == with_private, address


def gate(names: dict[str, list[str]] | None = None, **spec: object) -> Gate:
    """A gate in front of names that resolve so; addresses stand for themselves, other names for nothing."""

    async def look_up(host: str, _port: int) -> list[str]:
        if host[0].isdigit() or ":" in host:
            return [host]
        if host not in (names or {}):
            raise OSError("no such host")
        return (names or {})[host]

    return Gate(UrlPolicy(WebhookUrlSpec.model_validate(spec)), look_up, lambda path: path == "/own/hook")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://hooks.example/", "Webhook must use https"),
        ("https://127.0.0.1/", LOOPBACK),
        ("https://[::1]/", LOOPBACK),
        ("https://localhost:8000/x", "Webhook host blocked: localhost address"),
        ("https://a.localhost./x", "Webhook host blocked: localhost address"),
        ("https://10.0.0.1/x", BLOCKED),
        ("https://169.254.169.254/latest/meta-data", BLOCKED),
        ("https://[::ffff:169.254.169.254]/", BLOCKED),
        ("https://inside.example/", BLOCKED),
        ("https://half.example/", BLOCKED),
        ("https://nobody.example/", "Webhook host blocked: DNS resolution failed"),
        ("ftp://hooks.example/", "Webhook host blocked: scheme 'ftp' not allowed"),
        ("//hooks.example/", "Webhook host blocked: scheme '' not allowed"),
        ("https:///x", "Invalid webhook hostname ''"),
        ("own/hook", "Invalid webhook hostname ''"),
        ("javascript:alert(1)", "Invalid webhook hostname ''"),
        ("https://user:word@hooks.example/", "must not hold a user or password"),
        (r"https://hooks.example\@inside.example/", "must not hold a user or password"),
        ("https://hooks.example:99999/", "there is no port 99999"),
        ("https://hooks.example:0/", "there is no port 0"),
        ("https://hooks.example/\r\nx: y", "Invalid webhook URL"),
        ("https://hooks.example/" + "a" * 2048, "Webhook URL too long"),
        ("/own/hook", "Loopback webhooks (relative URLs and localhost) are disabled by default."),
    ],
)
async def test_by_default_only_public_https_urls_pass(url: str, says: str) -> None:
    names = {
        "hooks.example": ["8.8.8.8", "2606:4700::1111"],
        "inside.example": ["192.168.0.7"],
        "half.example": ["8.8.8.8", "10.0.0.7"],
    }
    by_default = gate(names)
    await by_default.require("https://hooks.example:8443/a?b=c#d")
    with pytest.raises(WebhookRefusedError) as refused:
        await by_default.require(url)
    assert says in refused.value.detail


async def test_loopback_and_plain_http_pass_where_the_project_says_so() -> None:
    lenient = gate({"localhost": ["127.0.0.1"]}, disable_loopback=False, require_https=False)
    for url in ("http://localhost:3000/x", "http://127.0.0.1/x", "http://[::1]:3000/x", "/own/hook?a=b"):
        await lenient.require(url)
    for url, says in (("/threads", "no route of the project's own app"), ("http://10.0.0.1/", BLOCKED)):
        with pytest.raises(WebhookRefusedError) as refused:
            await lenient.require(url)
        assert says in refused.value.detail
    with pytest.raises(WebhookRefusedError, match="must use https"):
        await gate(disable_loopback=False).require("http://127.0.0.1/x")


async def test_named_domains_and_ports_are_the_only_ones() -> None:
    names = {"in.corp.example": ["10.0.0.7"], "a.pages.example": ["10.0.0.7"], "link.corp.example": ["169.254.169.254"]}
    named = gate(
        names, allowed_domains=["In.Corp.Example", "link.corp.example", "*.pages.example"], allowed_ports=[443, 8443]
    )
    await named.require("https://in.corp.example:8443/")  # the operator named it: it may be in a private network
    await named.require("https://nobody.pages.example/")  # known where it is sent from, perhaps
    for url, says in (
        ("https://pages.example/", "Webhook domain not allowed"),
        ("https://evilpages.example/", "Webhook domain not allowed"),
        ("https://a.in.corp.example/", "Webhook domain not allowed"),
        ("https://in.corp.example:444/", "Webhook port 444 not allowed"),
        ("https://a.pages.example/", BLOCKED),  # whoever may have a name below that domain
        ("https://link.corp.example/", BLOCKED),
    ):
        with pytest.raises(WebhookRefusedError) as refused:
            await named.require(url)
        assert refused.value.detail == says, url


@pytest.mark.parametrize("name", ["https://a.example", "*", "*.", "a.*.example", "a b", "u@a.example"])
def test_an_allowed_domain_is_a_host(name: str) -> None:
    with pytest.raises(ValueError, match="must be a host"):
        WebhookUrlSpec(allowed_domains=(name,))
