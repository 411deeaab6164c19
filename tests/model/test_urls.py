import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediatheque.model.urls import normal_form

SAME = [
    ("https://h/a%20%281%29.png", "https://h/a%20(1).png"),
    ("https://h/%21%27%2A!'*", "https://h/!'*%21%27%2a"),
    ("HTTPS://H.Example/a", "https://h.example/a"),
    ("https://h:443/a", "https://h/a"),
    ("http://h:0080/a", "http://h/a"),
    ("http://h:/a", "http://h/a"),
    ("http://h", "http://h/"),
    ("http://h?q", "http://h/?q"),
    ("http://h/%c3%a9", "http://h/%C3%A9"),
    ("http://h/\u00e9?\u00e9", "http://h/%C3%A9?%c3%a9"),
    ("http://h/%7Ea%2db%41", "http://h/~a-bA"),
    ("http://h/a/./b/../c", "http://h/a/c"),
    ("http://h/a/%2e%2E/c", "http://h/c"),
    ("http://h/../a", "http://h/a"),
    ("http://h/a/..", "http://h/"),
    ("http://h/a/.", "http://h/a/"),
    ("http://h/a b", "http://h/a%20b"),
    ("http://h/a#top", "http://h/a"),
    ("http://h/?n=%28%7E", "http://h/?n=(~"),
    ("http://b\u00fccher.example/", "http://xn--bcher-kva.example/"),
    ("http://B\u00dcCHER.example/", "http://XN--BCHER-KVA.example/"),
    ("http://[2001:DB8:0:0::1]/", "http://[2001:db8::1]/"),
]
DIFFERENT = [
    ("http://h/a+b", "http://h/a%20b"),
    ("http://h/a+b", "http://h/a%2Bb"),
    ("http://h/a%2Fb", "http://h/a/b"),
    ("http://h/a%3Fb", "http://h/a?b"),
    ("http://h/a%23b", "http://h/a#b"),
    ("http://h/a%25b", "http://h/a%b1"),
    ("http://h/a%3Bb", "http://h/a;b"),
    ("http://h/a%3Db", "http://h/a=b"),
    ("http://h/a%40b", "http://h/a@b"),
    ("http://h/?a=1&b=2", "http://h/?b=2&a=1"),
    ("http://h/?a=1%26b", "http://h/?a=1&b"),
    ("http://h/?", "http://h/"),
    ("http://h/a", "http://h/a/"),
    ("http://h/a", "http://h//a"),
    ("http://h/a", "http://h/A"),
    ("http://h/?a=/../b", "http://h/?a=/b"),
    ("http://h/", "https://h/"),
    ("http://h:443/", "http://h/"),
    ("http://h./", "http://h/"),
    ("http://u@h/", "http://h/"),
    ("http://h/e\u0301", "http://h/\u00e9"),
    ("http://h/a%2520b", "http://h/a%20b"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_url_have_one_normal_form(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_urls_that_a_server_tells_apart_stay_different(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


@pytest.mark.parametrize("text", ["", "no url", "http://[broken/", "mailto:a@b", "/path%28", "http://h:port/%28"])
def test_text_that_is_no_url_is_returned_as_it_is(text: str) -> None:
    assert normal_form(text) == text


@given(st.text(alphabet="aZ%2fF8()/.:?#&=+ \u00fc~", max_size=30))
def test_normal_form_is_its_own_normal_form(rest: str) -> None:
    assert normal_form(normal_form(f"http://h/{rest}")) == normal_form(f"http://h/{rest}")
