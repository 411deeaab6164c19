"""Why an upload was refused, as text in its row, so that the same error can be raised again."""

from mediatheque.errors import DeclaredTypeMismatch, LibraryError, QuotaExceeded, Unacceptable
from mediatheque.model import Upload

_TYPE_MISMATCH = "declared_type_mismatch:"
_QUOTA = "quota_exceeded:"


def to_text(error: LibraryError) -> str:
    """Return what to store as the upload's `failure`: of a contradicted type the type that was found, of a quota which
    limit is exceeded, of any other error its message.
    """
    match error:
        case DeclaredTypeMismatch():
            return f"{_TYPE_MISMATCH}{error.found}"
        case QuotaExceeded():
            return f"{_QUOTA}{error.limit}:{error.counted}"
    return error.message


def to_error(upload: Upload) -> LibraryError | None:
    """Return the error with which the upload was refused, None if it was not."""
    if upload.failure is None:
        return None
    if upload.failure.startswith(_TYPE_MISMATCH):
        return DeclaredTypeMismatch(upload.declared_type or "", upload.failure.removeprefix(_TYPE_MISMATCH))
    if upload.failure.startswith(_QUOTA):
        limit, _, counted = upload.failure.removeprefix(_QUOTA).partition(":")
        return QuotaExceeded(int(limit), counted)
    return Unacceptable(upload.failure)
