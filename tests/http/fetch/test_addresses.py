import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediatheque.http.fetch.addresses import allowed_address, parse_networks


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public_address_is_allowed(text: str) -> None:
    assert allowed_address(text, ()) is not None


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.1",
        "192.88.99.1",
        "198.18.0.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "fec0::1",
        "ff0e::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::1",
        "2002:a00:1::1",
        "2001:0:808:808::1",
        "2001:0:7f00:1::",
        "0x7f000001",
        "2130706433",
        "127.1",
        "0177.0.0.1",
        "localhost",
        "",
    ],
)
def test_non_public_address_is_refused(text: str) -> None:
    assert allowed_address(text, ()) is None


def test_extra_networks_are_allowed() -> None:
    extra = parse_networks(("10.1.0.0/16", "fd00::/64"))
    assert allowed_address("10.1.2.3", extra) is not None
    assert allowed_address("::ffff:10.1.2.3", extra) is not None
    assert allowed_address("fd00::5", extra) is not None
    assert allowed_address("10.2.0.1", extra) is None
    assert allowed_address("127.0.0.1", extra) is None
    with pytest.raises(ValueError, match="host bits"):
        parse_networks(("10.1.0.1/16",))


@given(st.ip_addresses(v=4))
def test_embedded_ipv4_address_is_judged_like_plain_one(address: object) -> None:
    plain = allowed_address(str(address), ()) is not None
    assert (allowed_address(f"::ffff:{address}", ()) is not None) == plain
    assert (allowed_address(f"64:ff9b::{address}", ()) is not None) == plain


@given(st.text())
def test_any_text_is_handled(text: str) -> None:
    allowed_address(text, ())
