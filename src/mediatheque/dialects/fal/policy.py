"""What fal's endpoints accept."""

from mediatheque.library.ingest.policy import Policy
from mediatheque.model import Kind

ASSET_KINDS = {"image": Kind.IMAGE, "video": Kind.VIDEO, "audio": Kind.AUDIO, "3d": Kind.MODEL}


def storage_policy(max_bytes: int) -> Policy:
    """Build the policy of fal's storage: any file, but a file that claims to be media must be valid media."""
    return Policy(max_bytes=max_bytes, allow_unknown_types=True)
