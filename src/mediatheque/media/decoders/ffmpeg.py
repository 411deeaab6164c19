"""FFmpeg through PyAV, kept on a short lead.

Left to itself FFmpeg reads playlists, and through them other files and the network. So the demuxer is named, only
demuxers without that power are on the list, and the only protocol is the file that was given.
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
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediatheque.errors import Unreadable

av.logging.set_level(None)

_OPTIONS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,wav,ogg,flac",
    "protocol_whitelist": "file",
    "enable_drefs": "0",
}
_FIRST_PACKETS = 512
"""Packets among which there must be one picture or sound that decodes."""

_MOST_PACKETS = 5_000_000
"""Packets of one file that are ever read: a day of video."""

_MICROSECONDS = 1_000_000


_OF_ONE_DEMUXER = {"wav": {"probesize": "65536"}}  # its header says all; by default megabytes of sound are read


@contextmanager
def opened(path: str, demuxer: str) -> Iterator[InputContainer]:
    """The container, opened as the one thing it may be. FFmpeg's errors become Unreadable, inside the block too."""
    options = {**_OPTIONS, **_OF_ONE_DEMUXER.get(demuxer, {})}
    try:
        with av.open(path, format=demuxer, options=options, metadata_errors="replace") as container:
            yield container
    except (av.FFmpegError, EOFError, ValueError) as error:
        raise Unreadable("The file is damaged: its video or sound cannot be opened.") from error


def streams(container: InputContainer) -> tuple[VideoStream | None, AudioStream | None]:
    """The first stream of each kind that has a decoder. A cover picture is not a video."""
    films = (s for s in container.streams.video if s.codec_context and not s.disposition & Disposition.attached_pic)
    sounds = (s for s in container.streams.audio if s.codec_context and s.codec_context.sample_rate)
    return next(films, None), next(sounds, None)


def first_picture(container: InputContainer, stream: VideoStream, most_pixels: int) -> VideoFrame:
    """The first picture that decodes. Raises Unreadable if there is none near the start, or if it is too large."""
    prepare(stream, most_pixels)
    for picture in pictures(container, stream, _FIRST_PACKETS):
        return picture
    raise Unreadable("No picture of the video can be decoded.")


def first_sound(container: InputContainer, stream: AudioStream) -> AudioFrame:
    """The first piece of sound that decodes. Raises Unreadable if there is none near the start."""
    stream.codec_context.thread_count = 1
    for frame in _frames(container, stream, _FIRST_PACKETS):
        if isinstance(frame, AudioFrame):
            return frame
    raise Unreadable("No sound in the file can be decoded.")


def prepare(stream: VideoStream, most_pixels: int) -> None:
    """Before the first picture: the container may lie about the size of pictures, so that the decoder looks too."""
    stream.codec_context.options = {"max_pixels": str(most_pixels)}
    stream.codec_context.thread_count = 1


def pictures(container: InputContainer, stream: VideoStream, most_packets: int = _MOST_PACKETS) -> Iterator[VideoFrame]:
    """What decodes, from where the container stands."""
    return (frame for frame in _frames(container, stream, most_packets) if isinstance(frame, VideoFrame))


def _frames(container: InputContainer, stream: VideoStream | AudioStream, most_packets: int) -> Iterator[Any]:
    """Skips packets that do not decode: files cut out of longer ones begin with some."""
    for packet in itertools.islice(container.demux(stream), most_packets):
        with suppress(av.InvalidDataError):
            yield from packet.decode()


def stated_duration(container: InputContainer) -> float | None:
    """What the header says, in seconds; streamed files say nothing."""
    return container.duration / _MICROSECONDS if container.duration and container.duration > 0 else None


def counted_duration(container: InputContainer) -> float | None:
    """The end of the last packet, in seconds. Reads what is left of the container."""
    packets = itertools.islice(container.demux(), _MOST_PACKETS)
    return max((_end_of(packet) for packet in packets), default=0.0) or None


def _end_of(packet: "Packet[Any]") -> float:
    start = packet.pts if packet.pts is not None else packet.dts
    return float((start + (packet.duration or 0)) * packet.time_base) if start is not None else 0.0
