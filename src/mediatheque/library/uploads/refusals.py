"""Why an upload was refused, as text in its row, so that the same error can be raised again."""

from mediatheque.errors import DeclaredTypeMismatch, LibraryError, Unacceptable
from mediatheque.model import Upload

_TYPE_MISMATCH = "declared_type_mismatch:"


def to_text(error: LibraryError) -> str:
    """Return what to store as the upload's `failure`. Of a contradicted type this is the type that was found."""
    return f"{_TYPE_MISMATCH}{error.found}" if isinstance(error, DeclaredTypeMismatch) else error.message


def to_error(upload: Upload) -> Unacceptable | None:
    """Return the error with which the upload was refused, None if it was not."""
    if upload.failure is None:
        return None
    if upload.failure.startswith(_TYPE_MISMATCH):
        return DeclaredTypeMismatch(upload.declared_type or "", upload.failure.removeprefix(_TYPE_MISMATCH))
    return Unacceptable(upload.failure)
