"""What a door lets in, as data handed to the intake."""

import msgspec

from mediatheque.errors import TooLarge, TypeMismatch, UnsupportedKind
from mediatheque.model import Kind

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Types (MIME) and sizes (bytes) that a door admits.

    `types` and `kinds` of None admit everything the library can open. `allow_unknown_types` also admits content that is
    no media, as a document, provided nothing about it claims to be media. `declared_must_match` refuses bytes that
    contradict the type their sender declared.
    """

    max_bytes: int
    types: frozenset[str] | None = None
    kinds: frozenset[Kind] | None = None
    max_bytes_by_kind: dict[Kind, int] = {}
    allow_unknown_types: bool = False
    declared_must_match: bool = False

    def check(self, mime: str, kind: Kind, size: int) -> None:
        """Raise `UnsupportedKind`, `TypeMismatch` or `TooLarge` unless this content may enter."""
        if self.types is not None and mime not in self.types:
            accepted = ", ".join(sorted(self.types))
            raise UnsupportedKind(f"Files of type {mime} are not accepted here; accepted: {accepted}.", param="file")
        if self.kinds is not None and kind not in self.kinds:
            expected = ", ".join(sorted(self.kinds))
            raise TypeMismatch(f"The content is {kind.value} ({mime}), not {expected}.", param="type")
        limit = self.max_bytes_by_kind.get(kind, self.max_bytes)
        if size > limit:
            raise TooLarge(limit, param="file")
