"""Tags of films and sound by FFmpeg's names for them: those of iTunes, QuickTime, Vorbis, Matroska and RIFF."""

from collections.abc import Mapping

from mediatheque.media.metadata.collected import Collected
from mediatheque.media.metadata.exif import Texts

_OF_THE_CONTAINER = frozenset(
    {"major_brand", "minor_version", "compatible_brands", "encoder", "handler_name", "vendor_id", "duration"}
)
"""What the muxer writes of itself, which says nothing about the content."""

_QUICKTIME = "com.apple.quicktime."
_NAMES = {"location.iso6709": "location", "creationdate": "created_at", "creation_time": "created_at"}
_GENERATORS = frozenset({"prompt", "workflow", "parameters"})
_COMMENTS = frozenset({"comment", "description", "synopsis"})


def read_tags(tags: Mapping[str, str], collected: Collected, texts: Texts) -> None:
    """Collect the tags. What a generator wrote as JSON goes to `texts`, and is a tag if no generator is known by it."""
    for key, text in tags.items():
        name = key.lower().removeprefix(_QUICKTIME)
        name = _NAMES.get(name, name)
        if name in _OF_THE_CONTAINER:
            continue
        if name in _GENERATORS or (name in _COMMENTS and text.lstrip().startswith("{")):
            texts.setdefault(name, text)
            collected.add_unless_generated("tags", name, text)
        else:
            collected.add("tags", name, text)
            if name in _COMMENTS and "Steps: " in text:
                texts.setdefault("parameters", text)
