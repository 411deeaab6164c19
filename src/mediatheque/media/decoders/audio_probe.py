"""Audio files: which type the sound in them has, whether it decodes, and how long it is.

The type is that of the frames, whatever tag or damage is before them.
"""

from collections.abc import Callable

from av.stream import Disposition

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.containers.sound import Sound, frame_runs, ogg, wave
from mediatheque.media.containers.sound.tags import skip_tags
from mediatheque.media.containers.tail import check_open_end, check_tail
from mediatheque.media.decoders import ProbeResult, ffmpeg
from mediatheque.media.input_file import InputFile
from mediatheque.media.metadata.reading import read_embedded
from mediatheque.media.spliced_file import part_of

DEMUXERS = {
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
}
"""FFmpeg's demuxer for each MIME type."""


def probe_audio(source: InputFile, _: str, __: SandboxConfig) -> ProbeResult:
    """Return the type, the length in seconds, and what the file says of itself.

    Raises `Unreadable` unless a frame decodes, and when an archive or a program is behind the sound.
    """
    sound = _find_sound(source)
    if sound.is_open:
        check_open_end(source, sound.start)
    else:
        check_tail(source, sound.end)
    seconds, tags = _decode(source, sound)
    embedded = read_embedded(source, tags=tags, id3=True)
    return ProbeResult(sound.mime, duration=sound.seconds or seconds or _measure(source, sound), embedded=embedded)


def _find_sound(source: InputFile) -> Sound:
    start = skip_tags(source)
    head = source.read_up_to(12, start)
    for magic, read in _BEGINNINGS.items():
        if head.startswith(magic):
            return read(source, start)
    return frame_runs.read_sound(source, start)


def _read_riff(source: InputFile, start: int) -> Sound:
    if source.read_up_to(4, start + 8) != b"WAVE":
        raise Unreadable("The RIFF file behind the tag is not WAV.")
    return wave.read_sound(source, start)


def _decode(source: InputFile, sound: Sound) -> tuple[float | None, dict[str, str]]:
    """Decode one frame, and return the header's duration and the tags; those of Ogg belong to the stream."""
    with ffmpeg.open_container(part_of(source, sound.start, sound.end), DEMUXERS[sound.mime]) as container:
        if any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video):
            raise Unreadable("A video in an audio file is not supported.")
        audio = ffmpeg.select_audio(container)
        if audio is None:
            raise Unreadable("The file has no sound that can be played.")
        ffmpeg.first_audio_frame(container, audio)
        return ffmpeg.header_duration(container), {**container.metadata, **audio.metadata}


def _measure(source: InputFile, sound: Sound) -> float | None:
    with ffmpeg.open_container(part_of(source, sound.start, sound.end), DEMUXERS[sound.mime]) as container:
        return ffmpeg.measured_duration(container)


_BEGINNINGS: dict[bytes, Callable[[InputFile, int], Sound]] = {
    b"fLaC": lambda source, start: Sound("audio/flac", start, source.size, is_open=True),
    b"OggS": ogg.read_sound,
    b"RIFF": _read_riff,
    b"RIFX": _read_riff,
    b"RF64": _read_riff,
    b"BW64": _read_riff,
}
