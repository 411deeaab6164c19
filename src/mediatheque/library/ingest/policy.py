"""What an endpoint accepts, as data for the pipeline."""

import msgspec

from mediatheque.errors import TooLarge, TypeMismatch, UnsupportedKind
from mediatheque.model import Kind

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """MIME types and sizes in bytes that an endpoint accepts.

    `types` and `kinds` of None accept every format of the library. `allow_unknown_types` also accepts content of no
    known format, as a document, unless its name or declared type says that it is media; plain text keeps its
    type. `declared_must_match` refuses content whose format contradicts the declared type.
    """

    max_bytes: int
    types: frozenset[str] | None = None
    kinds: frozenset[Kind] | None = None
    max_bytes_by_kind: dict[Kind, int] = {}
    allow_unknown_types: bool = False
    declared_must_match: bool = False

    def check(self, mime: str, kind: Kind, size: int) -> None:
        """Raise `UnsupportedKind`, `TypeMismatch` or `TooLarge` when the content is not accepted."""
        if self.types is not None and mime not in self.types:
            accepted = ", ".join(sorted(self.types))
            raise UnsupportedKind(f"Files of type {mime} are not accepted here; accepted: {accepted}.", param="file")
        if self.kinds is not None and kind not in self.kinds:
            expected = ", ".join(sorted(self.kinds))
            raise TypeMismatch(f"The content is {kind.value} ({mime}), not {expected}.", param="kind")
        limit = self.max_bytes_by_kind.get(kind, self.max_bytes)
        if size > limit:
            raise TooLarge(limit, param="file")
