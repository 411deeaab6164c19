"""The words of a text as the full-text index has them.

The SQL function `search_text` (migration 0012) writes a title, a caption or a name into the index by the same rules.
Marks between words are blanks. Scripts that are written without spaces are indexed by every pair of neighbouring
characters, emoji and other symbols one by one; as lexemes of ASCII, `u591cx666fx` for 夜景, which PostgreSQL's parser
takes for one word in every locale.
"""

import re
import unicodedata

import msgspec

SEPARATORS = (
    "\x01-/:-@\\[-`{-\x7f\x80-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\xf7\u037e\u0387\u055a-\u055f\u0589\u05be\u05c0"
    "\u05c3\u05f3\u05f4\u060c\u060d\u061b\u061e\u061f\u066a-\u066d\u06d4\u0964\u0965\u0e2f\u0e4f\u0e5a\u0e5b\u104a-\u104f"
    "\u166d\u166e\u1680\u17d4-\u17da\u1800-\u180a\u2000-\u200b\u200e-\u206f\u20a0-\u20cf\u3000-\u3004\u3008-\u3020"
    "\u2e00-\u2e7f\u30a0\u30fb\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
"""Marks and blanks, as a character class."""
UNSPACED = (
    "\u0e01-\u0e2e\u0e30-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0f40-\u0fbc\u1000-\u1049\u1050-\u109f\u1100-\u11ff"
    "\u1780-\u17d3\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3041-\u309f\u30a1-\u30fa"
    "\u30fc-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Characters of scripts without spaces between words, and Hangul, whose words take endings, as a character class."""
SYMBOLS = "\u2100-\u214f\u2190-\u2bff\u3030\u303d\u3200-\u33ff\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
"""Emoji, arrows and the like, as a character class."""
IGNORED = "\xad\u200c\u200d\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff"
"""Joiners, variation selectors and skin tones, as a character class: with them a symbol is the same."""

_IGNORED = re.compile(f"[{IGNORED}]")
_PIECE = re.compile(
    f"(?P<run>[{UNSPACED}]+)|(?P<symbols>[{SYMBOLS}]+)|(?P<word>[^\\s{SEPARATORS}{UNSPACED}{SYMBOLS}]+)"
)
_MAX_LEXEMES = 30  # of one word


class Word(msgspec.Struct, frozen=True):
    """A word: its folded text, and the lexemes that stand one after the other where the index has it.

    `is_beginning`: the last lexeme is the beginning of the one in the index. `is_spelt`: its letters can be misspelt.
    """

    text: str
    lexemes: tuple[str, ...]
    is_beginning: bool = False
    is_spelt: bool = True

    def expression(self, *, unfinished: bool = False) -> str:
        """Return the word in the syntax of `to_tsquery`; `unfinished` also finds words that begin with it."""
        *others, last = (f"'{lexeme}'" for lexeme in self.lexemes)
        if self.is_beginning or (unfinished and self.is_spelt):
            last += ":*"
        return f"({' <-> '.join((*others, last))})"


def words_of(text: str) -> list[Word]:
    """Return the words in their order, repeated ones once."""
    found = _PIECE.finditer(_IGNORED.sub("", fold(text)))
    return list(dict.fromkeys(_word(match) for match in found))


def fold(text: str) -> str:
    """Return the text as the SQL function `fold` does, in compatibility form: fullwidth letters are letters."""
    return "".join(_folded(character) for character in unicodedata.normalize("NFKC", text))


def lexeme(characters: str) -> str:
    """Return the lexeme of these characters of a script without spaces, or of a symbol."""
    return "u" + "".join(f"{ord(character):x}x" for character in characters)


def _word(match: re.Match[str]) -> Word:
    text = match[0]
    if match["word"]:
        return Word(text, (text,))
    if match["symbols"] or len(text) == 1:
        units = tuple(lexeme(character) for character in text)
        return Word(text, units[:_MAX_LEXEMES], is_beginning=not match["symbols"], is_spelt=False)
    pairs = tuple(lexeme(text[at : at + 2]) for at in range(len(text) - 1))
    return Word(text, pairs[:_MAX_LEXEMES], is_spelt=False)


def _folded(character: str) -> str:
    """Map to upper and back to lower case where both are one character, as PostgreSQL does."""
    for other in (character.upper(), character.upper().lower()):
        character = other if len(other) == 1 else character
    return character
