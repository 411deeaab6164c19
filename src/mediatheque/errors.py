"""The errors of the library. Each dialect has a table that maps them to status codes.

LibraryError
├── Malformed               the request cannot be read as what it says it is
│   ├── BodyIncomplete      the body ended early: short, broken chunking, or the client hung up
│   ├── BodyTooSlow         no byte arrived within the allowed time
│   ├── UnsupportedEncoding the body is compressed or otherwise encoded
│   └── FormRequired        the body is not the form that it has to be
├── Invalid                 a field or parameter has an impossible value
│   ├── Missing             a required field is missing
│   │   └── FileMissing     a form has no file
│   └── InvalidQuery        the field is in the query string
├── Unacceptable            the file itself is refused
│   ├── EmptyFile
│   ├── TooLarge
│   ├── UnsupportedKind     not a type of file that this operation accepts
│   ├── TypeMismatch        the content is not of the expected type
│   │   └── DeclaredTypeMismatch  the content is not of the type that the client declared
│   └── Unreadable          the format is known, but its decoder cannot open the file or its figures are absurd
├── UrlRefused              a URL that the configuration does not allow
├── FetchFailed             an allowed URL that could not be read
├── NotFound                unknown, or of another workspace: the two look the same
│   ├── AssetNotFound
│   ├── FolderNotFound
│   ├── VersionNotFound
│   ├── KeyNotFound
│   └── WorkspaceNotFound
├── MethodNotAllowed
├── Conflict
│   ├── InProgress          a request with the same idempotency key is in progress
│   ├── IdempotencyKeyReused  the idempotency key was used for another request
│   ├── PreconditionFailed  what the request is about has another revision than the request names
│   └── LastAdminKey        nobody could manage the workspace's keys any more
├── KeyRefused              no key, a bad key, a revoked or expired key
│   └── SignatureRefused    a webhook that is not signed by who it says it is from
├── Forbidden               known, but not allowed for this caller
│   ├── ScopeMissing        the key lacks the scope
│   ├── QuotaExceeded       the workspace would store more than its quota
│   └── WorkspaceSuspended  the key's workspace is suspended
├── RateLimited
├── StorageFull             no space left for bytes or rows
└── Unavailable             a part that the request needs does not answer; retry
    ├── DatabaseUnavailable
    ├── TransactionConflict a concurrent request changed the same rows; all of this one's were rolled back
    ├── BlobsUnavailable
    └── ModelUnavailable

Two are refined where they are raised, and mapped alike: `BlobsUnavailable` by `StoreMismatch` (blobs/mark.py),
`Unreadable` by `Unexamined` (media/sandbox/sandbox.py).

`InvariantError` is not a `LibraryError`: it is a bug, not a refusal.
"""


class InvariantError(AssertionError):
    """The program is in a state that it rules out. Never caught: the answer is an internal error."""


class LibraryError(Exception):
    """Base of the family. Without a message, an error says its own docstring.

    `param` names the request field at fault, where one is.
    """

    def __init__(self, message: str = "", *, param: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.param = param
        super().__init__(self.message)


class Malformed(LibraryError):
    """The request could not be read."""


class BodyIncomplete(Malformed):
    """The request body ended before it was complete."""


class BodyTooSlow(Malformed):
    """The request body stopped arriving."""


class UnsupportedEncoding(Malformed):
    """The request body is compressed or otherwise encoded. Send plain bytes."""


class FormRequired(Malformed):
    """Content-Type must be multipart/form-data."""


class Invalid(LibraryError):
    """A request parameter is invalid."""


class Missing(Invalid):
    """A required parameter is missing."""


class FileMissing(Missing):
    """The form has no file."""


class InvalidQuery(Invalid):
    """A query parameter is invalid."""


class Unacceptable(LibraryError):
    """The file cannot be accepted."""


class EmptyFile(Unacceptable):
    """The file is empty."""


class TooLarge(Unacceptable):
    """The file is too large. `limit` is what would have been allowed, in bytes."""

    def __init__(self, limit: int, *, param: str | None = None) -> None:
        self.limit = limit
        super().__init__(f"The file is larger than {limit} bytes.", param=param)


class UnsupportedKind(Unacceptable):
    """This type of file is not accepted here."""


class TypeMismatch(Unacceptable):
    """The declared type contradicts the content."""


class DeclaredTypeMismatch(TypeMismatch):
    """The declared type contradicts the content. `declared` and `found` are the two MIME types."""

    def __init__(self, declared: str, found: str, *, param: str | None = None) -> None:
        self.declared = declared
        self.found = found
        super().__init__(f"The content is {found}, but was declared as {declared}.", param=param)


class Unreadable(Unacceptable):
    """The file is damaged or not what it claims to be."""


class UrlRefused(LibraryError):
    """This URL is not one the library reads."""


class FetchFailed(LibraryError):
    """The URL could not be read. `status` is the HTTP status that it was answered with, if it was."""

    def __init__(self, message: str = "The URL could not be read.", *, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


class NotFound(LibraryError):
    """Not found."""


class AssetNotFound(NotFound):
    """Asset not found."""


class FolderNotFound(NotFound):
    """Folder not found."""


class VersionNotFound(NotFound):
    """Version not found."""


class KeyNotFound(NotFound):
    """API key not found."""


class WorkspaceNotFound(NotFound):
    """Workspace not found."""


class MethodNotAllowed(LibraryError):
    """This method is not allowed here."""


class Conflict(LibraryError):
    """The request conflicts with the current state."""


class InProgress(Conflict):
    """A request with this Idempotency-Key is already in progress. Retry shortly."""


class IdempotencyKeyReused(Conflict):
    """This Idempotency-Key was used for a different request."""


class PreconditionFailed(Conflict):
    """It was changed since: its ETag is not the one in If-Match."""


class LastAdminKey(Conflict):
    """This is the workspace's last key with the scope 'admin'. Create another one first."""


class KeyRefused(LibraryError):
    """The API key is missing, invalid or revoked."""


class SignatureRefused(KeyRefused):
    """The signature of this webhook is missing or wrong, or too old."""


class Forbidden(LibraryError):
    """This is not allowed."""


class ScopeMissing(Forbidden):
    """This API key is not allowed to do this."""


class QuotaExceeded(Forbidden):
    """The workspace's quota is used up. `limit` is the quota that is exceeded: so many `counted`, bytes or assets."""

    def __init__(self, limit: int, counted: str = "bytes") -> None:
        self.limit = limit
        self.counted = counted
        super().__init__(f"This would exceed the workspace's quota of {limit} {counted}.")


class WorkspaceSuspended(Forbidden):
    """The workspace is suspended."""


class RateLimited(LibraryError):
    """Too many requests. `retry_after` is in whole seconds, at least 1."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many requests. Retry after {retry_after} seconds.")


class StorageFull(LibraryError):
    """The library has no space left."""


class Unavailable(LibraryError):
    """The library is temporarily unavailable. Retry shortly."""


class DatabaseUnavailable(Unavailable):
    """The database is temporarily unavailable. Retry shortly."""

    may_have_committed = False  # set where the answer to a commit was lost


class TransactionConflict(Unavailable):
    """Another request changed the same records at the same moment. Retry shortly."""


class BlobsUnavailable(Unavailable):
    """The file store is temporarily unavailable. Retry shortly."""


class ModelUnavailable(Unavailable):
    """The search is temporarily unavailable: its model cannot be loaded."""
