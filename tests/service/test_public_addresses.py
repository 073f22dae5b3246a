"""Known answers: which addresses are everybody's."""

from __future__ import annotations

import pytest

from rumorscope.service.public_addresses import is_public


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "172.15.255.255",  # just below 172.16.0.0/12
        "172.32.0.0",
        "2606:4700::1111",
        "2a00:1450:4001::200e",
        "::ffff:8.8.8.8",  # IPv4-mapped
        "64:ff9b::8.8.8.8",  # NAT64
        "2002:808:808::1",  # 6to4 of 8.8.8.8
    ],
)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",  # carriers' NAT
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",  # metadata of clouds
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "192.0.2.1",  # documentation
        "198.18.0.1",  # benchmarks
        "224.0.0.1",
        "233.252.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",  # IPv4-compatible, of old
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",  # 169.254.169.254, mapped
        "::ffff:0:127.0.0.1",  # IPv4-translated
        "64:ff9b::10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::8.8.8.8",  # NAT64 of a local network
        "2002:7f00:1::1",  # 6to4 of 127.0.0.1
        "2002:a9fe:a9fe::1",
        "2001::1",  # Teredo
        "2001:db8::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",  # metadata of a cloud
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1111%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("name", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", ""])
def test_only_addresses_are_judged(name: str) -> None:
    with pytest.raises(ValueError, match="IPv4 or IPv6"):
        is_public(name)
