"""Which addresses belong to everybody's internet: nothing of this machine, its networks or its cloud."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address, IPv6Network

_UNICAST = IPv6Network("2000::/3")  # the only part of IPv6 that is given out
_DOCUMENTATION = IPv6Network("3fff::/20")  # RFC 9637, younger than some Pythons
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: NAT64, with the IPv4 address in the last 32 bits


def is_public(address: str) -> bool:
    """Whether it can be nothing but a host on the public internet. Forms of IPv4 in IPv6 are looked into.

    Raises ValueError where it is no IPv4 or IPv6 address.
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, IPv6Address):
        return _is_public_6(found)
    return _is_public_4(found)


def _is_public_4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if address.ipv4_mapped is not None:
        return _is_public_4(address.ipv4_mapped)
    if address in _TRANSLATED:
        return _is_public_4(IPv4Address(int(address) & 0xFFFFFFFF))
    if address not in _UNICAST or address in _DOCUMENTATION:
        return False
    if address.sixtofour is not None and not _is_public_4(address.sixtofour):
        return False
    return address.is_global
