"""Recognising sound that is frames alone (MP3, AAC in ADTS) by the beginning of a file without a tag."""

import re

from mediatheque.media.containers.foreign import begins_as_foreign
from mediatheque.media.containers.sound import Head
from mediatheque.media.containers.sound.frame_runs import stream_at
from mediatheque.media.containers.sound.mpeg_audio import MAX_MP3_FRAME, FrameStream

_SYNC_WORD = re.compile(rb"\xff[\xe2\xe3\xf0-\xf3\xf8-\xfb]")
_CONTAINERS_OF_MP3 = (b"FORM", b"caff", b"riff", b".snd", b"FLV", b"FWS", b"CWS", b".RMF", b"\0\0\1")


def find_stream(head: Head) -> FrameStream | None:
    """Return the stream of the first frames that follow each other: two, or the one of a tiny file.

    Before them there may be zeros, or the rest of a frame that was cut. The latter may be anything, so it must not be
    the beginning of a program, an archive or another container of MP3, and eight frames must follow it.
    """
    return stream_at(head, 0, 2) or stream_at(head, _count_zeros(head), 3) or _behind_cut_frame(head)


def _count_zeros(head: Head) -> int:
    return head.size - len(head.data.lstrip(b"\0"))


def _behind_cut_frame(head: Head) -> FrameStream | None:
    if head.data.startswith(_CONTAINERS_OF_MP3) or begins_as_foreign(head.data):
        return None
    starts = (found.start() for found in _SYNC_WORD.finditer(head.data, 1, MAX_MP3_FRAME + 1))
    return next((stream for at in starts if (stream := stream_at(head, at, 8))), None)
