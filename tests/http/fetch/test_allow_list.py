import pytest

from mediatheque.http.fetch.allow_list import AllowList


def test_wildcard_stands_for_the_names_below_one() -> None:
    allowed = AllowList(["*.Example.com", "one.test:9000", "*.two.test:8443", "*.b\u00fccher.test", "[::1]:81"])
    assert all(allowed.has(host, port) for host in ("a.example.com", "A.B.EXAMPLE.COM") for port in (80, 443))
    assert allowed.has("one.test", 9000)
    assert allowed.has("a.two.test", 8443)
    assert allowed.has("a.xn--bcher-kva.test", 443)
    assert allowed.has("[::1]", 81)
    for host, port in (("example.com", 443), ("aexample.com", 443), ("a.example.com", 8080), ("a.example.com.", 443)):
        assert not allowed.has(host, port), host
    for host, port in (("one.test", 443), ("a.two.test", 443), ("a.example.com.evil.test", 443), (".example.com", 443)):
        assert not allowed.has(host, port), host


@pytest.mark.parametrize(
    "entry",
    ["*", "*.", "*.com", "a.*.com", "*a.com", "http://a.com", "a.com/x", "a.com:x", "u@a.com", "", "**.a.b"],
)
def test_entry_that_is_no_host_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="expected a host"):
        AllowList([entry])
