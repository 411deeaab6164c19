"""The core: every operation of the library, grouped by subject. No HTTP, no SQL, no vendor's names.

`Library`, which has all subjects, is imported when it is first used: `serve` and some commands use one subject alone,
and numpy and the decoders' protocol take longer than the rest of their imports.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mediatheque.library.library import Library

__all__ = ["Library"]


def __getattr__(name: str) -> Any:
    """Import `Library` (PEP 562)."""
    if name != "Library":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mediatheque.library.library import Library  # noqa: PLC0415 - see above

    return Library
