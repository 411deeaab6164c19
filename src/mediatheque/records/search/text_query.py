"""What people type into a search: words, `"phrases"`, `-exclusions` of either, and alternatives (`cat or dog`)."""

import re
from collections.abc import Sequence

import msgspec

from mediatheque.records.search.words import Word, words_of

_MAX_WORDS = 16
_MAX_CONDITIONS = 8
_MAX_TEXT = 2_000  # characters that are looked at
_PIECE = re.compile(r'(?<!\S)(?P<minus>-(?=[^\s-]))?(?:["“„«](?P<phrase>[^"“”„«»]+)["“”»]|(?P<word>\S+))')
_OR = re.compile(r"\s+or\s+", re.IGNORECASE)
_OPERATOR = re.compile(r'(?<!\S)(?:-[^\s-]|["“„«])')


class Condition(msgspec.Struct, frozen=True):
    """What every result must have, or must not have when `is_excluded`: an expression of `to_tsquery`.

    `configuration` is the text search configuration that reads it: exclusions of a word apply to its other forms, too.
    """

    expression: str
    is_excluded: bool
    configuration: str = "simple"


class TextQuery(msgspec.Struct, frozen=True):
    """A query. `text` is what to look for, without exclusions and quotes.

    `alternatives` are its first sixteen words; an asset with all the words of one alternative has the words.
    """

    text: str
    alternatives: tuple[tuple[Word, ...], ...]
    conditions: tuple[Condition, ...] = ()

    @property
    def words(self) -> list[Word]:
        """The words of all alternatives, in their order."""
        return list(dict.fromkeys(word for words in self.alternatives for word in words))


def parse(text: str) -> TextQuery:
    """Read a query. A minus between words, two of them, and a quote that is not closed mean nothing."""
    text = text[:_MAX_TEXT]
    if not _OPERATOR.search(text):
        return TextQuery(text, _alternatives(text))
    wanted: list[str] = []
    conditions: list[Condition] = []
    for piece in _PIECE.finditer(text):
        content = piece["phrase"] or piece["word"]
        if not piece["minus"]:
            wanted.append(content)
        if piece["minus"] or piece["phrase"]:
            conditions += _condition(words_of(content), is_excluded=bool(piece["minus"]))
    remaining = " ".join(wanted)
    return TextQuery(remaining, _alternatives(remaining), tuple(conditions[:_MAX_CONDITIONS]))


def _alternatives(text: str) -> tuple[tuple[Word, ...], ...]:
    found: list[tuple[Word, ...]] = []
    left = _MAX_WORDS
    for part in _OR.split(text):
        if words := words_of(part)[:left]:
            found.append(tuple(words))
            left -= len(words)
    return tuple(dict.fromkeys(found))


def _condition(words: Sequence[Word], *, is_excluded: bool) -> list[Condition]:
    if not words:
        return []
    expression = " <-> ".join(word.expression() for word in words[:_MAX_WORDS])
    has_forms = is_excluded and len(words) == 1 and words[0].is_spelt
    return [Condition(expression, is_excluded, "english" if has_forms else "simple")]
