"""The structure of container files, read without decoding.

Every part states its length. Bytes behind the last part belong to nobody, and do not change what the file says.
"""

from mediatheque.errors import Unreadable

MAX_PARTS = 1_000_000
"""Parts of one file that are read: hours of finely fragmented video, and seconds of a worker's time."""


def truncated(what: str) -> Unreadable:
    """Return the error for a part that ends behind the end of the file."""
    return Unreadable(f"The {what} is cut off: it says that it is longer than the file.")


def too_many_parts(what: str) -> Unreadable:
    """Return the error for more than `MAX_PARTS` parts."""
    return Unreadable(f"The {what} is in absurdly many pieces.")
