"""What people type into a search: words, `"phrases"`, `-exclusions` of either, and alternatives (`cat or dog`)."""

import re
from collections.abc import Sequence

import msgspec

from mediatheque.records.search.words import Word, words_of

_MAX_WORDS = 16
_MAX_CONDITIONS = 8
_MAX_TEXT = 2_000  # characters that are looked at
# Keyboards for Chinese and Japanese write the minus and the quotation mark in full width.
_QUOTES = '"\u201c\u201d\u201e\u00ab\u00bb\uff02'
_MINUS = "[-\u2212\uff0d]"
_BEGINNING = f"(?<![^\\s{_QUOTES}])"
_PIECE = re.compile(
    f"{_BEGINNING}(?P<minus>{_MINUS}(?=[^\\s\u2212\uff0d-]))?"
    f"(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]+)[{_QUOTES}]|(?P<word>\\S+))"
)
_OPERATOR = re.compile(f"(?<!\\S)(?:{_MINUS}[^\\s\u2212\uff0d-]|[{_QUOTES}])")
_OR = "or"


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


class _Alternative(msgspec.Struct):
    """What stands between two `or`: words to look for, those of phrases too, and the phrases' conditions."""

    pieces: list[str] = []
    phrases: list[Condition] = []

    def expression(self) -> str:
        """Return its phrases in the syntax of `to_tsquery`, all of its words if it has none; empty without words."""
        if self.phrases:
            return " & ".join(f"({phrase.expression})" for phrase in self.phrases)
        return " & ".join(word.expression() for word in words_of(" ".join(self.pieces))[:_MAX_WORDS])


def parse(text: str) -> TextQuery:
    """Read a query. A minus between words, two of them, and a quote that is not closed mean nothing.

    Every result has the phrases of one alternative, or all the words of one that has no phrase. Exclusions hold for
    every result.
    """
    text = text[:_MAX_TEXT]
    has_operators = bool(_OPERATOR.search(text))
    wanted: list[str] = []
    exclusions: list[Condition] = []
    alternatives = [_Alternative()]
    for piece in _PIECE.finditer(text):
        content = piece["phrase"] or piece["word"]
        if piece["minus"]:
            exclusions += _condition(words_of(content), is_excluded=True)
            continue
        wanted.append(content)
        if content.lower() == _OR and not piece["phrase"]:
            alternatives.append(_Alternative())
            continue
        alternatives[-1].pieces.append(content)
        if piece["phrase"]:
            alternatives[-1].phrases += _condition(words_of(content), is_excluded=False)
    return TextQuery(
        " ".join(wanted) if has_operators else text,
        _words(alternatives),
        (*_required(alternatives), *exclusions)[:_MAX_CONDITIONS],
    )


def _words(alternatives: Sequence[_Alternative]) -> tuple[tuple[Word, ...], ...]:
    found: list[tuple[Word, ...]] = []
    left = _MAX_WORDS
    for alternative in alternatives:
        if words := words_of(" ".join(alternative.pieces))[:left]:
            found.append(tuple(words))
            left -= len(words)
    return tuple(dict.fromkeys(found))


def _required(alternatives: Sequence[_Alternative]) -> list[Condition]:
    """Return the conditions of phrases: each by itself, or one for all alternatives."""
    phrases = [phrase for alternative in alternatives for phrase in alternative.phrases]
    expressions = [each for each in (alternative.expression() for alternative in alternatives) if each]
    if not phrases or len(expressions) == 1:
        return phrases
    return [Condition(" | ".join(expressions[:_MAX_CONDITIONS]), is_excluded=False)]


def _condition(words: Sequence[Word], *, is_excluded: bool) -> list[Condition]:
    if not words:
        return []
    expression = " <-> ".join(word.expression() for word in words[:_MAX_WORDS])
    has_forms = is_excluded and len(words) == 1 and words[0].is_spelt
    return [Condition(expression, is_excluded, "english" if has_forms else "simple")]
