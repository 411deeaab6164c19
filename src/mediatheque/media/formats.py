"""All supported formats, and the aliases of their MIME types."""

import mimetypes

from mediatheque.model import Format, Kind

_TABLE = (
    ("image/jpeg", Kind.IMAGE, "jpg"),
    ("image/png", Kind.IMAGE, "png"),
    ("image/webp", Kind.IMAGE, "webp"),
    ("image/heic", Kind.IMAGE, "heic"),
    ("image/avif", Kind.IMAGE, "avif"),
    ("image/gif", Kind.IMAGE, "gif"),
    ("video/mp4", Kind.VIDEO, "mp4"),
    ("video/quicktime", Kind.VIDEO, "mov"),
    ("video/webm", Kind.VIDEO, "webm"),
    ("audio/mpeg", Kind.AUDIO, "mp3"),
    ("audio/aac", Kind.AUDIO, "aac"),
    ("audio/wav", Kind.AUDIO, "wav"),
    ("audio/mp4", Kind.AUDIO, "m4a"),
    ("audio/ogg", Kind.AUDIO, "ogg"),
    ("audio/flac", Kind.AUDIO, "flac"),
    ("audio/webm", Kind.AUDIO, "weba"),
    ("model/gltf-binary", Kind.MODEL, "glb"),
    ("application/pdf", Kind.DOCUMENT, "pdf"),
    ("application/x-subrip", Kind.DOCUMENT, "srt"),
    ("application/zip", Kind.DOCUMENT, "zip"),
)

_NOT_MEDIA = frozenset({"application/x-subrip", "application/zip"})

FORMATS: dict[str, Format] = {
    mime: Format(mime=mime, kind=kind, extension=extension) for mime, kind, extension in _TABLE
}
"""Every supported format, by MIME type."""

# MIME types of the same container. Its audio-only and video forms are one family, because only the streams of a file
# tell which of them it is.
_FAMILIES = (
    ("image/jpeg", "image/jpg", "image/pjpeg", "image/jfif"),
    ("image/png", "image/x-png", "image/apng", "image/vnd.mozilla.apng"),
    ("image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"),
    ("image/avif", "image/avif-sequence"),
    ("video/mp4", "video/quicktime", "audio/mp4", "application/mp4", "video/x-m4v", "video/m4v", "video/mov",
     "video/x-quicktime", "video/3gpp", "video/3gpp2", "audio/m4a", "audio/x-m4a", "audio/m4b", "audio/x-m4b",
     "audio/mp4a-latm", "audio/quicktime"),
    ("video/webm", "audio/webm"),
    ("audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpeg3", "audio/x-mpeg", "audio/x-mpeg-3", "audio/mpa"),
    ("audio/aac", "audio/aacp", "audio/x-aac", "audio/x-hx-aac-adts"),
    ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"),
    ("audio/ogg", "audio/opus", "audio/vorbis", "audio/x-ogg", "application/ogg"),
    ("audio/flac", "audio/x-flac"),
    ("model/gltf-binary", "model/glb", "application/gltf-binary"),
    ("application/pdf", "application/x-pdf"),
    ("application/zip", "application/x-zip-compressed", "application/x-zip"),
    ("application/x-subrip", "text/srt", "text/x-srt", "application/srt", "text/plain"),
)  # fmt: skip

_FAMILY_OF = {alias: family[0] for family in _FAMILIES for alias in family}
_BUILT_IN = mimetypes.MimeTypes(filenames=())  # without the tables of the machine, which differ
_MEDIA_EXTENSIONS = frozenset(
    {
        *(f".{extension}" for mime, _, extension in _TABLE if mime not in _NOT_MEDIA),
        *(".heif", ".hif", ".jfif", ".m4v", ".m4b", ".mkv", ".opus", ".oga", ".ogv", ".apng", ".jxl", ".webp"),
        *(".gltf", ".obj", ".fbx", ".usdz", ".stl", ".ply"),
    }
)


def same_type(declared: str, mime: str) -> bool:
    """Whether `declared` names the same container as `mime`, ignoring aliases and parameters."""
    return _family(declared) == _family(mime)


def claims_media(declared: str | None, name: str | None) -> bool:
    """Whether the declared type or the file name is that of an image, video, audio, 3D model or PDF."""
    if declared and _is_media(without_parameters(declared)):
        return True
    _, dot, ending = (name or "").rpartition(".")
    if not dot:
        return False
    guessed = _BUILT_IN.types_map[True].get(f".{ending.lower()}", "")
    return f".{ending.lower()}" in _MEDIA_EXTENSIONS or _is_media(guessed)


def _is_media(bare: str) -> bool:
    return bare.startswith(("image/", "video/", "audio/", "model/")) or _FAMILY_OF.get(bare, bare) in (
        "application/pdf",
        "video/mp4",
        "audio/ogg",
        "model/gltf-binary",
    )


def without_parameters(declared: str) -> str:
    """Return the bare MIME type in lower case."""
    return declared.partition(";")[0].strip().lower()


def _family(declared: str) -> str:
    bare = without_parameters(declared)
    return _FAMILY_OF.get(bare, bare)
