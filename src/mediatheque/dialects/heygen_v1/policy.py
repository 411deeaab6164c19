"""What HeyGen v1's endpoints accept: types and sizes of files, sizes of pages."""

from mediatheque.library.ingest.policy import MIB, Policy
from mediatheque.model import Kind

# Types: [documented] png, jpeg, mp4, webm, mpeg; wav is in HeyGen's skill text. Sizes are from its limits page.
POLICY = Policy(
    max_bytes=100 * MIB,
    max_bytes_by_kind={Kind.IMAGE: 50 * MIB, Kind.AUDIO: 50 * MIB},
    types=frozenset({"image/png", "image/jpeg", "video/mp4", "video/webm", "audio/mpeg", "audio/wav"}),
    declared_must_match=True,
)
# [documented] jpeg and png.
TALKING_PHOTO_TYPES = frozenset({"image/png", "image/jpeg"})
TALKING_PHOTOS = Policy(max_bytes=50 * MIB, types=TALKING_PHOTO_TYPES, declared_must_match=True)
# [documented] limit is 0..100, for assets and folders.
MAX_PAGE = 100
MAX_TALKING_PHOTOS_PAGE = 1000
