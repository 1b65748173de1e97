"""Which addresses a webhook may be sent to. Whoever starts a run names its URL: it must not lead into the server's own network.

The standard library's notion of "global" follows IANA's registries, but by its own version; what matters here is listed.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

LOOPBACK = "loopback IP range"
BLOCKED = "blocked IP range"

# Networks of one's own: for hosts that the operator named, and nobody else (RFC 1918, RFC 4193)
_PRIVATE = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv6Network("fc00::/7"),
)
# Nobody's, whoever names them: special purposes (RFC 6890 and its registries), and where clouds tell machines their secrets
_NEVER = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),  # carriers' NAT; 100.100.100.200 is a cloud's metadata
    IPv4Network("168.63.129.16/32"),  # a cloud's agent, on a public address
    IPv4Network("169.254.0.0/16"),  # link-local; 169.254.169.254 is most clouds' metadata
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.0.2.0/24"),
    IPv4Network("192.31.196.0/24"),
    IPv4Network("192.52.193.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.175.48.0/24"),
    IPv4Network("198.18.0.0/15"),
    IPv4Network("198.51.100.0/24"),
    IPv4Network("203.0.113.0/24"),
    IPv4Network("224.0.0.0/3"),  # multicast, reserved, broadcast
    IPv6Network("fd00:ec2::/32"),  # a cloud's metadata, in the private range
    IPv6Network("fd20:ce::254/128"),  # another's
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NEVER_IN_GLOBAL_UNICAST = (
    IPv6Network("2001::/23"),  # protocol assignments; Teredo among them, which carries an IPv4 address
    IPv6Network("2001:db8::/32"),
    IPv6Network("2620:4f:8000::/48"),
    IPv6Network("3fff::/20"),
)
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")


def refusal(address: str, *, loopback: bool = False, private: bool = False) -> str | None:
    """Why nothing is sent to that address, in the API's words; None if it may be.

    `loopback` lets this machine's own addresses pass, `private` those of networks of one's own.
    """
    try:
        parsed = _reached(ip_address(address.partition("%")[0]))
    except ValueError:
        return BLOCKED
    if parsed.is_loopback:
        return None if loopback else LOOPBACK
    if any(parsed in network for network in _NEVER):
        return BLOCKED
    if any(parsed in network for network in _PRIVATE):
        return None if private else BLOCKED
    return None if isinstance(parsed, IPv4Address) or _is_public(parsed) else BLOCKED


def _is_public(address: IPv6Address) -> bool:
    return address in _GLOBAL_UNICAST and not any(address in network for network in _NEVER_IN_GLOBAL_UNICAST)


def _reached(address: Address) -> Address:
    """Where packets to the address end: IPv6 has several ways to write an IPv4 address."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    translated = address in _NAT64 or (address in _COMPATIBLE and int(address) > 1)
    return IPv4Address(address.packed[-4:]) if translated else address
