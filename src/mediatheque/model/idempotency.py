"""What is kept of a request with an idempotency key."""

import msgspec


class StoredReply(msgspec.Struct, frozen=True):
    """The answer of a request that succeeded. `fingerprint` is the SHA-256 of what was requested."""

    status: int
    body: bytes
    fingerprint: bytes
