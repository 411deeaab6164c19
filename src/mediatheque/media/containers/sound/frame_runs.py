"""Sound made of frames alone (MP3, AAC in ADTS): finding its runs of frames, and counting them.

There is no container. Before, between and behind runs there may be tags, zeros, or what a cut or a fault left.
"""

import re
from collections.abc import Iterator

from mediatheque.errors import Unreadable
from mediatheque.media.containers.sound import Readable, Sound
from mediatheque.media.containers.sound.mpeg_audio import HEADER_BYTES, FrameStream, is_info_frame, read_frame
from mediatheque.media.containers.sound.tags import TAG_BYTES, skip_tags, tag_size
from mediatheque.media.input_file import InputFile

_READ_BYTES = 1 << 20
_WINDOW_BYTES = 8192
_OVERLAP = 8  # the longest candidate
_MAX_GAP = 1 << 20
"""Bytes without a run after which the rest of the file is a tail, and is not searched."""

_MAX_TRIES = 20_000
"""Places of one file that may begin a run, but need not. Each costs some microseconds."""

_MAX_FRAMES = 10_000_000
"""Frames of one file that are counted: three days of music, and seconds of a worker's time."""

_FRAMES_OF_A_RUN = 3
_CANDIDATE = re.compile(rb"\xff[\xe2\xe3\xf0-\xf3\xf8-\xfb]|ID3|APETAGEX")


def stream_at(source: Readable, at: int, frames: int = _FRAMES_OF_A_RUN) -> FrameStream | None:
    """Return the stream of which that many frames follow each other from `at`; fewer only before a tag or the end."""
    stream = None
    for number in range(frames):
        header = source.read_up_to(TAG_BYTES, at)
        if number and (len(header) < HEADER_BYTES or tag_size(header)):
            break
        frame = read_frame(header)
        if frame is None or stream not in (None, frame[1]):
            return None
        at, stream = at + frame[0], frame[1]
        if at > source.size:
            return stream if number else None
    return stream


def read_sound(source: InputFile, start: int) -> Sound:
    """Count the frames from `start`, before which there are only tags. Raises `Unreadable` when there are none."""
    counter = _FrameCounter(source)
    first = start if stream_at(source, start, 2) else counter.find_run(start)
    run = first
    while run is not None:
        stream = stream_at(source, run, 1)
        if stream is None:
            break
        counter.count_run(run, stream)
        run = counter.find_run(counter.end)
    if first is None or not counter.seconds:
        raise Unreadable("The file has a tag, but no MP3 or AAC sound: what it holds is of no accepted type.")
    return Sound(counter.mime, first, counter.end, counter.seconds)


class _FrameCounter:
    """Counts runs of frames of one type, and the tries that finding them took."""

    def __init__(self, source: InputFile) -> None:
        self._source = source
        self._tries = 0
        self._frames = 0
        self.mime = ""
        self.end = 0
        self.seconds = 0.0

    def find_run(self, at: int) -> int | None:
        """Return where the next run begins, None if there is none near. Raises `Unreadable` after too many tries."""
        end = at + _MAX_GAP
        while at < min(end, self._source.size):
            behind = skip_tags(self._source, at)
            self._tries += 1
            if self._tries > _MAX_TRIES:
                raise Unreadable("The sound is damaged in too many places.")
            if behind > at:
                at, end = behind, behind + _MAX_GAP
            elif self._begins_run(at):
                return at
            else:
                at = self._next_candidate(at + 1)
        return None

    def _begins_run(self, at: int) -> bool:
        stream = stream_at(self._source, at)
        return stream is not None and self.mime in ("", stream.mime)

    def _next_candidate(self, at: int) -> int:
        data = self._source.read_up_to(_WINDOW_BYTES, at)
        found = _CANDIDATE.search(data)
        return at + (found.start() if found else max(1, len(data) - _OVERLAP))

    def count_run(self, at: int, stream: FrameStream) -> None:
        """Count the frames of the stream from `at`. Its end is the end of the last frame that is whole."""
        frames = -1 if not self.mime and is_info_frame(self._source.read_up_to(64, at)) else 0
        for position, counted in _frame_ends(self._source, at, stream):
            self.end, frames = position, frames + counted
            if self._frames + frames > _MAX_FRAMES:
                raise Unreadable("The sound is too long: it has more than ten million frames.")
        self.mime = stream.mime
        self._frames += frames
        self.seconds += frames * stream.samples / stream.rate


def _frame_ends(source: InputFile, at: int, stream: FrameStream) -> Iterator[tuple[int, int]]:
    """Yield the end of the whole frames in each part that is read of a run, and their number."""
    frame_length, length = stream.frame_length, 1
    while length:
        data = source.read_up_to(_READ_BYTES, at)
        last, here, frames = len(data) - HEADER_BYTES, 0, 0
        while here <= last and (length := frame_length(data, here)):
            here += length
            frames += 1
        if at + here > source.size:
            here, frames, length = here - length, frames - 1, 0
        at += here
        yield at, frames
        if not frames:
            return
