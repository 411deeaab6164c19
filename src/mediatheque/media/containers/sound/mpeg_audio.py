"""Frame headers of MP3 (ISO/IEC 11172-3 section 2.4.1.3, 13818-3) and of AAC in ADTS (ISO/IEC 14496-3 annex 1.A)."""

import msgspec

HEADER_BYTES = 7
"""Bytes of a frame that tell its length."""

MAX_MP3_FRAME = 1441
"""The longest MP3 frame: 320 kbit/s at 32 kHz."""

_LAYER_III = 1
_MPEG1 = 3
_KBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_AAC_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_LAST_AAC_RATE = (len(_AAC_RATES) - 1) << 2
_AAC_SAMPLES = 1024
_MONO = 3


class FrameStream(msgspec.Struct, frozen=True):
    """What all frames of one stream have in common."""

    mime: str
    rate: int
    samples: int
    version: int

    def frame_length(self, data: bytes, at: int) -> int:
        """Return the length of this stream's frame whose header is at `at`, or 0 where there is none."""
        if self.mime == "audio/mpeg":
            frame = _MP3_FRAMES.get(data[at : at + 3])
            return frame[0] if frame and frame[1] is self else 0
        header = data[at : at + HEADER_BYTES]
        length = _adts_length(header)
        return length if length and _AAC_RATES[header[2] >> 2 & 15] == self.rate else 0


_Frame = tuple[int, FrameStream]


def read_frame(header: bytes) -> _Frame | None:
    """Return the length and the stream of the frame with this header, or None if it is none.

    Only frames that players take are frames: layer III with a stated bitrate, and AAC with one block in each frame.
    """
    return _MP3_FRAMES.get(header[:3]) or _adts_frame(header)


def is_info_frame(frame: bytes) -> bool:
    """Whether an MP3 frame has a table of the file's frames (Xing, VBRI) in the place of sound."""
    is_mono = frame[3] >> 6 == _MONO
    side = ((17 if is_mono else 32) if frame[1] >> 3 & 3 == _MPEG1 else (9 if is_mono else 17)) + 4
    return frame[side : side + 4] in (b"Xing", b"Info") or frame[36:40] == b"VBRI"


def _adts_frame(header: bytes) -> _Frame | None:
    length = _adts_length(header)
    if not length:
        return None
    return length, FrameStream("audio/aac", _AAC_RATES[header[2] >> 2 & 15], _AAC_SAMPLES, header[1] & 8)


def _adts_length(header: bytes) -> int:
    """Return the length of the frame with this header, or 0 if it is none."""
    if len(header) < HEADER_BYTES or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:  # noqa: PLR2004 - the sync word
        return 0
    if header[2] & 0x3C > _LAST_AAC_RATE or header[6] & 3:
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > HEADER_BYTES else 0


def _mp3_frames() -> dict[bytes, _Frame]:
    """Return the frame of each beginning of a layer III header: a header's fourth byte says nothing of its length."""
    frames = {}
    for version, rates in _RATES.items():
        is_mpeg1 = version == _MPEG1
        for code, hertz in enumerate(rates):
            stream = FrameStream("audio/mpeg", hertz, 1152 if is_mpeg1 else 576, version)
            for bitrate, kbits in enumerate(_KBITS[is_mpeg1][1:], 1):
                length = (144 if is_mpeg1 else 72) * kbits * 1000 // hertz
                for flags in range(8):
                    no_crc, padding, private = flags >> 2, flags >> 1 & 1, flags & 1
                    second = 0xE0 | version << 3 | _LAYER_III << 1 | no_crc
                    third = bitrate << 4 | code << 2 | padding << 1 | private
                    frames[bytes((0xFF, second, third))] = (length + padding, stream)
    return frames


_MP3_FRAMES = _mp3_frames()
