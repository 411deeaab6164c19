"""Every URL in a result is found, wherever it stands, with a path of its own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediatheque.library.keep import outputs
from mediatheque.library.keep.outputs import MAX_OUTPUTS, find_inputs, find_outputs

URL = "https://v3.fal.media/files/a.png"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(URL),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def at(value: Any, pointer: str) -> Any:
    """Return what an RFC 6901 pointer names."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def count(value: Any) -> int:
    match value:
        case dict():
            return sum(map(count, value.values()))
        case list():
            return sum(map(count, value))
    return value == URL


@given(JSON)
def test_every_url_is_found_once_at_its_path(value: Any) -> None:
    found = find_outputs(value)
    assert len(found) == count(value)
    assert len({each.path for each in found}) == len(found)
    for each in found:
        if "\N{SYMBOL FOR NULL}" not in each.path:
            assert at(value, each.path) == URL


@pytest.mark.parametrize(
    ("holder", "name", "is_media"),
    [
        ({"url": URL}, "a.png", True),
        ({"url": "https://x.test/a"}, "a", False),
        ({"url": "https://x.test/a", "content_type": "video/mp4"}, "a", True),
        ({"url": "https://x.test/a", "file_name": "b.glb"}, "b.glb", True),
        ({"url": "https://x.test/a", "content_type": 7, "file_name": None}, "a", False),
        ({"url": "data:image/png;base64,AA=="}, None, True),
        ({"url": "https://x.test/a%20b.webm?sig=1"}, "a b.webm", True),
    ],
)
def test_output_knows_its_name_and_whether_it_is_media(
    holder: dict[str, Any], name: str | None, is_media: bool
) -> None:
    (found,) = find_outputs({"any": [holder]})
    assert (found.path, found.name, found.is_media) == ("/any/0/url", name, is_media)


@pytest.mark.parametrize(
    "text",
    ["", "http", "ftp://x.test/a.png", "see https://x.test/a.png", "https://x.test/a b", "data: not one", "/a.png"],
)
def test_text_is_no_url(text: str) -> None:
    assert find_outputs({"a": text}) == ()


def test_members_and_inputs_that_are_no_outputs_are_left_out() -> None:
    tree = {"status_url": URL, "image": {"url": URL + "1"}, "echo": URL + "2"}
    assert [each.path for each in find_outputs(tree, skip={"status_url"}, inputs=[URL + "2"])] == ["/image/url"]
    assert find_inputs({"image": URL, "again": [URL], "text": "no", "data": "data:,x"}) == (URL,)


def test_depth_length_and_number_are_bounded() -> None:
    deep: Any = URL
    for _ in range(1000):
        deep = [deep]
    assert find_outputs(deep) == ()
    (long,) = find_outputs({"k" * 5_000: URL})
    assert len(long.path) < 100
    assert len(find_outputs([URL] * 5_000)) == MAX_OUTPUTS + 1


def test_a_long_name_is_not_copied_for_each_value_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, visit = [], outputs._urls

    def recorded(value: Any, path: str, *rest: Any) -> Any:
        seen.append(len(path))
        return visit(value, path, *rest)

    monkeypatch.setattr(outputs, "_urls", recorded)
    found = find_outputs({"n" * 100_000: {"x": [URL, URL], "y": [[URL]]}})
    assert len({each.path for each in found}) == 3
    assert max(seen) < 2_000


def test_a_url_is_not_compared_with_every_input() -> None:
    compared = []

    class Input(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            compared.append(other)
            return str.__eq__(self, other)

    inputs = [Input(f"https://a/{number}") for number in range(100)]
    assert len(find_outputs([URL] * 100, inputs=inputs)) == 100
    assert len(compared) < 10


def test_nothing_is_looked_for_behind_the_last_output_that_counts() -> None:
    class Last(dict[str, Any]):
        def items(self) -> Any:
            raise AssertionError

    assert len(find_outputs([*[URL] * (MAX_OUTPUTS + 1), Last()])) == MAX_OUTPUTS + 1
