"""Seeking in a video stream: frames at given times, in ascending order."""

import time
from collections.abc import Iterator
from contextlib import suppress

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import ffmpeg

_TOLERANCE_DIVISOR = 4
"""A keyframe is used if it is no more than a fourth of a part before the time wanted."""

_CPU_SHARE = 3
"""A third of the processor time that a file may use is for decoding frames on the way to those wanted. After that,
the keyframe before the time wanted is used, so that the worker is not killed without a result."""


class FrameSeeker:
    """Seeks when there is a keyframe ahead, and otherwise decodes from the current position.

    On the way it skips frames that no other frame refers to, which saves up to half of the work.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, config: SandboxConfig) -> None:
        self._container, self._stream = container, stream
        self._start = stream.start_time or 0
        self._deadline = time.process_time() + config.cpu_seconds / _CPU_SHARE
        self._last: VideoFrame | None = None
        ffmpeg.configure_decoder(stream, config.max_pixels)
        self._frames = ffmpeg.decode_video(container, stream)

    def sample(self, max_frames: int) -> Iterator[VideoFrame]:
        """Yield a frame from about the middle of each of `max_frames` equal parts, each frame once."""
        ticks = self._duration_ticks()
        previous = None
        for n in range(max_frames):
            middle = self._start + ticks * (2 * n + 1) // (2 * max_frames)
            frame = self._frame_at(middle, ticks // max_frames // _TOLERANCE_DIVISOR)
            if frame is not None and (previous is None or _is_later(frame, previous)):
                previous = frame
                yield frame

    def _duration_ticks(self) -> int:
        """Return the duration in units of the stream's time base; 0 if unknown."""
        stream = self._stream
        if stream.duration:
            return max(0, stream.duration)
        seconds = ffmpeg.header_duration(self._container) or ffmpeg.measured_duration(self._container) or 0
        return int(seconds / stream.time_base) if stream.time_base else 0

    def _frame_at(self, pts: int, tolerance: int) -> VideoFrame | None:
        """Return the frame at `pts`, or a keyframe up to `tolerance` before it, or the nearest that can be decoded."""
        if self._last is None or self._out_of_time or self._has_keyframe_between(self._last, pts):
            self._seek(pts)
            self._advance()
            if self._reached(pts - tolerance):
                return self._last
        while not self._reached(pts) and not self._out_of_time and self._advance():
            pass
        return self._last

    def _advance(self) -> bool:
        """Decode the next frame. Return whether there was one."""
        frame = next(self._frames, None)
        if frame is not None:
            self._last = frame
            self._stream.codec_context.skip_frame = "NONREF"
        return frame is not None

    def _reached(self, pts: int) -> bool:
        """Whether the last frame is displayed at `pts`, or later."""
        return self._last is not None and (self._last.pts or 0) + max(1, self._last.duration) > pts

    @property
    def _out_of_time(self) -> bool:
        return time.process_time() > self._deadline

    def _has_keyframe_between(self, last: VideoFrame, pts: int) -> bool:
        """Whether the container's index has a keyframe between the last frame and `pts`."""
        index = self._stream.index_entries
        at = index.search_timestamp(pts)
        return at >= 0 and index[at].timestamp > (last.pts or 0)

    def _seek(self, pts: int) -> None:
        with suppress(av.FFmpegError):  # without seeking, decoding continues from here
            self._container.seek(pts, stream=self._stream)
        self._frames = ffmpeg.decode_video(self._container, self._stream)
        self._stream.codec_context.skip_frame = "DEFAULT"
        self._last = None


def _is_later(frame: VideoFrame, previous: VideoFrame) -> bool:
    return (frame.pts or 0) > (previous.pts or 0)
