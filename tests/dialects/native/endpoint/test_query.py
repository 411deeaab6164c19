"""Query parameters become a Struct."""

import enum
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest

from mediatheque.dialects.native.endpoint.handler import payload_fingerprint
from mediatheque.dialects.native.endpoint.query import query_reader
from mediatheque.errors import InvalidQuery, Missing
from mediatheque.http.context import AppRequest
from tests.http.wire import http_scope


class Color(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Query(msgspec.Struct, frozen=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=10)] = 5
    at_least: Annotated[float, msgspec.Meta(ge=0)] | None = None
    color: Color | None = None
    colors: tuple[Color, ...] = ()
    words: tuple[str, ...] = ()
    text: Annotated[str, msgspec.Meta(max_length=5)] | None = None
    flag: bool = False
    id: UUID | None = None
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    size_at_most: Annotated[int, msgspec.Meta(ge=0)] | None = msgspec.field(default=None, name="size[lte]")


class Required(msgspec.Struct, frozen=True):
    q: str


def read(query: str, shape: type[msgspec.Struct] = Query) -> Any:
    return query_reader(shape)(AppRequest(http_scope(query=query.encode())))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {}),
        ("unknown=1", {}),
        ("limit=10", {"limit": 10}),
        ("at_least=0.5", {"at_least": 0.5}),
        ("color=red", {"color": Color.RED}),
        ("color=RED", {"color": Color.RED}),
        ("color=", {}),
        ("colors=red&colors=Blue&colors=red&colors=", {"colors": (Color.RED, Color.BLUE)}),
        ("words=a&words=B", {"words": ("a", "B")}),
        ("text=abc%20d", {"text": "abc d"}),
        ("text=", {}),
        ("flag=true", {"flag": True}),
        ("flag=False", {"flag": False}),
        ("id=" + "0" * 32, {"id": UUID(int=0)}),
        ("size[lte]=7", {"size_at_most": 7}),
        ("size%5Blte%5D=7", {"size_at_most": 7}),
        ("since=2026-11-27T12:00:00Z", {"since": datetime(2026, 11, 27, 12, tzinfo=UTC)}),
    ],
)
def test_query_is_read(query: str, expected: dict[str, Any]) -> None:
    assert read(query) == Query(**expected)


@pytest.mark.parametrize(
    ("query", "param", "message"),
    [
        ("limit=0", "limit", "limit must be a whole number from 1 to 10."),
        ("limit=11", "limit", "limit must be a whole number from 1 to 10."),
        ("limit=x", "limit", "limit must be a whole number from 1 to 10."),
        ("limit=", "limit", "limit must be a whole number from 1 to 10."),
        ("limit=1.5", "limit", "limit must be a whole number from 1 to 10."),
        ("at_least=-1", "at_least", "at_least must be a number from 0."),
        ("at_least=nan", "at_least", "at_least must be a number from 0."),
        ("at_least=", "at_least", "at_least must be a number from 0."),
        ("at_least=1e999", "at_least", "at_least must be a number from 0."),
        ("at_least=inf", "at_least", "at_least must be a number from 0."),
        ("color=green", "color", "color must be one of red, blue."),
        ("colors=red&colors=green", "colors", "colors must be one of red, blue."),
        ("size[lte]=-1", "size[lte]", "size[lte] must be a whole number from 0."),
        ("text=abcdef", "text", "text must be text of at most 5 characters."),
        ("text=a%00", "text", "text contains a NUL character."),
        ("flag=maybe", "flag", "flag must be true or false."),
        ("id=7", "id", "id must be an id."),
        ("since=today", "since", "since must be a time with a time zone, as in 2026-11-27T12:00:00Z."),
        ("since=2026-11-27T12:00:00", "since", "since must be a time with a time zone, as in 2026-11-27T12:00:00Z."),
        ("&".join(f"words={n}" for n in range(101)), "words", "words is given more than 100 times."),
    ],
    ids=lambda value: value[:40],
)
def test_invalid_query_names_parameter_and_rule(query: str, param: str, message: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        read(query)
    assert (caught.value.param, caught.value.message) == (param, message)


@pytest.mark.parametrize("query", ["", "q=", "p=1"])
def test_missing_parameter_is_named(query: str) -> None:
    with pytest.raises(Missing) as caught:
        read(query, Required)
    assert caught.value.param == "q"


def test_query_is_a_part_of_the_payload() -> None:
    """An Idempotency-Key belongs to a request with this query."""
    body = Required("bear")
    one, same, other, none = (
        payload_fingerprint({"body": body, **({"query": read(query)} if query is not None else {})})
        for query in ("limit=1", "limit=1&unknown=2", "limit=2", None)
    )
    assert one == same
    assert len({one, other, none}) == 3
    assert none == payload_fingerprint({"body": body, "id": UUID(int=0)})
