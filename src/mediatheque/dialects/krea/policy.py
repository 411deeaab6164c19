"""What Krea's endpoints accept."""

from mediatheque.library.ingest.policy import MIB, Policy

# [documented] "JPEG, PNG, WebP, HEIC, MP4, MOV, WebM, GLB, WAV, MP3. Maximum size: 75MB"; MB read as MiB.
POLICY = Policy(
    max_bytes=75 * MIB,
    types=frozenset(
        {
            "image/jpeg",
            "image/png",
            "image/webp",
            "image/heic",
            "video/mp4",
            "video/quicktime",
            "video/webm",
            "model/gltf-binary",
            "audio/wav",
            "audio/mpeg",
        }
    ),
)
MAX_DESCRIPTION = 10_000
