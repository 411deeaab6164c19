"""FFmpeg through PyAV, restricted to the given file.

By default FFmpeg reads playlists, and through them other files and the network. So the demuxer is named, only
demuxers that cannot do that are allowed, and the only protocol is `file`.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediatheque.errors import Unreadable
from mediatheque.media.spliced_file import SplicedFile

av.logging.set_level(None)

_OPTIONS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,wav,ogg,flac,aac",
    "protocol_whitelist": "file",
    "enable_drefs": "0",
}
_MAX_FIRST_PACKETS = 512
"""Packets among which there must be one that decodes."""

_MAX_PACKETS = 5_000_000
"""Packets of one file that are read: a day of video."""

_MICROSECONDS = 1_000_000

# The beginning of sound is enough; by default FFmpeg reads megabytes of it.
_DEMUXER_OPTIONS = {name: {"probesize": "65536"} for name in ("wav", "mp3", "aac")}


@contextmanager
def open_container(file: str | SplicedFile, demuxer: str) -> Iterator[InputContainer]:
    """Open the container with this demuxer alone. FFmpeg's errors become `Unreadable`, inside the block too."""
    options = {**_OPTIONS, **_DEMUXER_OPTIONS.get(demuxer, {})}
    try:
        with av.open(file, "r", format=demuxer, options=options, metadata_errors="replace") as container:
            yield container
    except (av.FFmpegError, EOFError, ValueError) as error:
        raise Unreadable("The file is damaged: its video or sound cannot be opened.") from error


def select_audio(container: InputContainer) -> AudioStream | None:
    """Return the first track of sound that has a decoder."""
    tracks = (track for track in container.streams.audio if track.codec_context and track.codec_context.sample_rate)
    return next(tracks, None)


def end_of_samples(container: InputContainer) -> int:
    """Return the offset behind the last sample of all tracks that the index names."""
    return max((entry.pos + entry.size for track in container.streams for entry in track.index_entries), default=0)


def first_video_frame(container: InputContainer, stream: VideoStream, max_pixels: int) -> VideoFrame:
    """Return the first frame that decodes. Raises `Unreadable` when none near the start does, or it is too large."""
    configure_decoder(stream, max_pixels)
    for frame in decode_video(container, stream, _MAX_FIRST_PACKETS):
        return frame
    raise Unreadable("No picture of the video can be decoded.")


def first_audio_frame(container: InputContainer, stream: AudioStream) -> AudioFrame:
    """Return the first frame that decodes. Raises `Unreadable` when none near the start does."""
    stream.codec_context.thread_count = 1
    for frame in _decode(container, stream, _MAX_FIRST_PACKETS):
        if isinstance(frame, AudioFrame):
            return frame
    raise Unreadable("No sound in the file can be decoded.")


def configure_decoder(stream: VideoStream, max_pixels: int) -> None:
    """Call it before the first frame. The container may state a wrong size, so the decoder checks the limit too."""
    stream.codec_context.options = {"max_pixels": str(max_pixels)}
    stream.codec_context.thread_count = 1


def decode_video(
    container: InputContainer, stream: VideoStream, max_packets: int = _MAX_PACKETS
) -> Iterator[VideoFrame]:
    """Yield the frames that decode, from the container's position."""
    return (frame for frame in _decode(container, stream, max_packets) if isinstance(frame, VideoFrame))


def _decode(container: InputContainer, stream: VideoStream | AudioStream, max_packets: int) -> Iterator[Any]:
    """Skip packets that do not decode: files cut out of longer ones begin with such packets."""
    for packet in itertools.islice(container.demux(stream), max_packets):
        with suppress(av.InvalidDataError):
            yield from packet.decode()


def header_duration(container: InputContainer) -> float | None:
    """Return the header's duration in seconds; None for streamed files, which have none."""
    return container.duration / _MICROSECONDS if container.duration and container.duration > 0 else None


def measured_duration(container: InputContainer) -> float | None:
    """Return the end of the last packet, in seconds. Reads the rest of the container."""
    packets = itertools.islice(container.demux(), _MAX_PACKETS)
    return max((_end_of(packet) for packet in packets), default=0.0) or None


def _end_of(packet: "Packet[Any]") -> float:
    start = packet.pts if packet.pts is not None else packet.dts
    return float((start + (packet.duration or 0)) * packet.time_base) if start is not None else 0.0
