"""What people type, and whether the full-text index finds it."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediatheque.records.search.full_text import condition
from mediatheque.records.search.text_query import parse
from mediatheque.records.search.words import SYMBOLS, UNSPACED, words_of
from tests.rounds import examples

_CHARACTERS = st.characters(codec="utf-8", categories=["L", "Nd", "P", "Z"]) | st.sampled_from(
    [*"aB1 .-_'\"\\&|!:*()", *"東京夜景ーがาำกิंक한글", *"🍯❤\ufe0f🇩🇪👍🏽👩\u200d🚀→©", *"ßΣςİıŉﬁ①Ⅷ½"]
)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


@pytest.mark.sampled
@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(_CHARACTERS, min_size=1, max_size=40))
def test_every_text_is_found_by_its_own_words(connection: psycopg.Connection, text: str) -> None:
    """The words of a query and those of the index are made by the same rules, in Python and in SQL."""
    for word in words_of(text):
        query = "SELECT to_tsvector('simple', search_text(%s)) @@ to_tsquery('simple', %s)"
        assert connection.execute(query, (text, word.expression())).fetchone() == (True,), word


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Two Words", ["two", "words"]),
        ("my_cat-photo.v2.jpg", ["my", "cat", "photo", "v2", "jpg"]),
        ("東京タワーの夜景 GPU", ["東京タワーの夜景", "gpu"]),
        ("\uff27\uff30\uff35\uff08夜景\uff09", ["gpu", "夜景"]),
        ("honey🍯🐝!", ["honey", "🍯🐝"]),
        ("❤️ 👍🏽", ["❤", "👍"]),
        ("हिन्दी", ["हिन्दी"]),
        ("a a A", ["a"]),
        ("— … «»", []),
    ],
)
def test_text_has_words(text: str, words: list[str]) -> None:
    assert [word.text for word in words_of(text)] == words


@pytest.mark.parametrize(
    ("typed", "text", "conditions"),
    [
        ("cat dog", "cat dog", []),
        ("cat -dog", "cat", [("('dog')", True, "english")]),
        ("-dog", "", [("('dog')", True, "english")]),
        ('"Two Words" cat', "Two Words cat", [("('two') <-> ('words')", False, "simple")]),
        ('cat -"two words"', "cat", [("('two') <-> ('words')", True, "simple")]),
        ("„zwei Wörter“", "zwei Wörter", [("('zwei') <-> ('wörter')", False, "simple")]),
        ("«deux mots»", "deux mots", [("('deux') <-> ('mots')", False, "simple")]),
        ("t-shirt x - y --ar 16:9", "t-shirt x - y --ar 16:9", []),
        ('24" monitor', '24" monitor', []),
        ('"open', '"open', []),
        ("-'|!&", "", []),
        ("cat -夜景", "cat", [("('u591cx666fx')", True, "simple")]),
        ("cat \uff0ddog", "cat", [("('dog')", True, "english")]),
        ("cat \u2212dog", "cat", [("('dog')", True, "english")]),
        ("\uff02two words\uff02", "two words", [("('two') <-> ('words')", False, "simple")]),
        ('"a b"の夜', "a b の夜", [("('a') <-> ('b')", False, "simple")]),
        (
            '"a b" or dog -x',
            "a b or dog",
            [("(('a') <-> ('b')) | ('dog')", False, "simple"), ("('x')", True, "english")],
        ),
        ('"a b" OR c "d"', "a b OR c d", [("(('a') <-> ('b')) | (('d'))", False, "simple")]),
        ('"a b" or', "a b or", [("('a') <-> ('b')", False, "simple")]),
        ('"trick or treat"', "trick or treat", [("('trick') <-> ('or') <-> ('treat')", False, "simple")]),
    ],
)
def test_operators_become_conditions(typed: str, text: str, conditions: list[tuple[str, bool, str]]) -> None:
    query = parse(typed)
    assert query.text == text
    found = [(each.expression, each.is_excluded, each.configuration) for each in query.conditions]
    assert found == conditions


def test_alternatives_share_the_limit_of_words() -> None:
    query = parse("cat or " + " ".join(f"w{number}" for number in range(30)))
    assert [len(words) for words in query.alternatives] == [1, 15]
    assert parse("cat or dog OR cat").words == parse("cat dog").words


def test_or_in_a_phrase_is_a_word() -> None:
    assert [[word.text for word in words] for words in parse('"trick or treat" or cat').alternatives] == [
        ["trick", "or", "treat"],
        ["cat"],
    ]


@pytest.mark.parametrize("typed", ['"two words"', "cat -dog", '-"two words"'])
def test_tags_of_conditions_are_found_by_the_index(connection: psycopg.Connection, typed: str) -> None:
    """Without it the words of every tag of every workspace are read, which took seconds for 20,000."""
    sql, values = condition(0, parse(typed).conditions[0])
    connection.execute("SET enable_seqscan = off")
    plan = connection.execute(f"EXPLAIN SELECT FROM asset a WHERE {sql}", {**values, "workspace": uuid4()})  # type: ignore[arg-type]
    assert "tag_words" in str(plan.fetchall())


@pytest.mark.parametrize("blocks", [UNSPACED, SYMBOLS])
def test_character_classes_are_in_order(blocks: str) -> None:
    bounds = list(blocks.replace("-", ""))
    assert bounds == sorted(set(bounds))
