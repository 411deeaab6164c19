"""fal: the Assets API under `/v1/assets` and the storage protocol that its clients upload with.

Facts: docs/wire/fal.md. The two speak differently: Assets answers `{error: {type, message}}`, storage `{detail}`.
"""

from mediatheque.library.ingest.policy import Policy
from mediatheque.model import Kind

ASSET_KINDS = {"image": Kind.IMAGE, "video": Kind.VIDEO, "audio": Kind.AUDIO, "3d": Kind.MODEL}
UNNAMED = "upload.bin"


def storage_policy(max_bytes: int) -> Policy:
    """fal's storage takes any file; what claims to be media must be it."""
    return Policy(max_bytes=max_bytes, allow_unknown_types=True)
