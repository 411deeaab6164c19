"""What HeyGen v3's form upload accepts. Direct uploads: `upload_shapes.py`."""

from mediatheque.library.ingest.policy import MIB, Policy

# [documented] png, jpeg, mp4, webm, mp3, wav, pdf, srt; 32 MB, read as MiB.
POLICY = Policy(
    max_bytes=32 * MIB,
    types=frozenset(
        {
            "image/png",
            "image/jpeg",
            "video/mp4",
            "video/webm",
            "audio/mpeg",
            "audio/wav",
            "application/pdf",
            "application/x-subrip",
        }
    ),
)
# [documented] The characters of an Idempotency-Key.
IDEMPOTENCY_KEY = "A-Za-z0-9_:.-"
