"""One video stream and its pictures, asked for by time, each later than the one before."""

import time
from collections.abc import Iterator
from contextlib import suppress

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import ffmpeg

_SLACK = 4
"""A keyframe will do that is no more than a fourth of a part before the time that is wanted."""

_SHARE = 3
"""Of the processor time that a file may use, a third may go into pictures that are only passed. What is asked for
after that gets the keyframe before it: better than nothing, which is what a killed worker gives."""


class FrameSeeker:
    """Seeks where a keyframe lies ahead, and decodes on from where it is if there is none.

    On the way it skips pictures that no other refers to, which saves up to half of the work.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, config: SandboxConfig) -> None:
        self._container, self._stream = container, stream
        self._start = stream.start_time or 0
        self._until = time.process_time() + config.cpu_seconds / _SHARE
        self._last: VideoFrame | None = None
        ffmpeg.prepare(stream, config.max_pixels)
        self._pictures = ffmpeg.pictures(container, stream)

    def spread(self, most: int) -> Iterator[VideoFrame]:
        """A picture from about the middle of each of `most` equal parts, none of them twice."""
        ticks = self._ticks()
        given = None
        for n in range(most):
            middle = self._start + ticks * (2 * n + 1) // (2 * most)
            picture = self._at(middle, ticks // most // _SLACK)
            if picture is not None and (given is None or _later(picture, given)):
                given = picture
                yield picture

    def _ticks(self) -> int:
        """The duration in units of the stream's own clock; 0 if nothing tells."""
        stream = self._stream
        if stream.duration:
            return max(0, stream.duration)
        seconds = ffmpeg.stated_duration(self._container) or ffmpeg.counted_duration(self._container) or 0
        return int(seconds / stream.time_base) if stream.time_base else 0

    def _at(self, when: int, slack: int) -> VideoFrame | None:
        """The picture at `when`, or a keyframe little before, or the nearest before that can be had."""
        if self._last is None or self._tired or self._keyframe_ahead(self._last, when):
            self._seek(when)
            self._advance()
            if self._reached(when - slack):
                return self._last
        while not self._reached(when) and not self._tired and self._advance():
            pass
        return self._last

    def _advance(self) -> bool:
        """Decodes the next picture; whether there was one."""
        picture = next(self._pictures, None)
        if picture is not None:
            self._last = picture
            self._stream.codec_context.skip_frame = "NONREF"
        return picture is not None

    def _reached(self, when: int) -> bool:
        """Whether the last picture is still shown then, or comes later."""
        return self._last is not None and (self._last.pts or 0) + max(1, self._last.duration) > when

    @property
    def _tired(self) -> bool:
        return time.process_time() > self._until

    def _keyframe_ahead(self, last: VideoFrame, when: int) -> bool:
        """Whether the container's index knows one between the last picture and `when`."""
        index = self._stream.index_entries
        at = index.search_timestamp(when)
        return at >= 0 and index[at].timestamp > (last.pts or 0)

    def _seek(self, when: int) -> None:
        with suppress(av.FFmpegError):  # where it cannot, the reel runs on
            self._container.seek(when, stream=self._stream)
        self._pictures = ffmpeg.pictures(self._container, self._stream)
        self._stream.codec_context.skip_frame = "DEFAULT"
        self._last = None


def _later(picture: VideoFrame, given: VideoFrame) -> bool:
    return (picture.pts or 0) > (given.pts or 0)
