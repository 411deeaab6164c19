"""MPEG audio: frame headers (ISO/IEC 11172-3 section 2.4.1.3) and the ID3v2 tag before them."""

import msgspec

_LAYER_III = 1
_MPEG1 = 3
_KBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


class AudioFrame(msgspec.Struct, frozen=True):
    """One layer III frame: its length in bytes, and the version and sample rate that its stream has throughout."""

    length: int
    stream: tuple[int, int]


def audio_frame(header: bytes) -> AudioFrame | None:
    """Parse a header of four bytes. Return None unless it is a layer III header with a stated bitrate."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - the sync word
        return None
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bitrate, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if layer != _LAYER_III or version not in _RATES or not 0 < bitrate < 15 or rate > 2:  # noqa: PLR2004 - reserved
        return None
    hertz = _RATES[version][rate]
    bits = _KBITS[version == _MPEG1][bitrate] * 1000
    return AudioFrame((144 if version == _MPEG1 else 72) * bits // hertz + padding, (version, hertz))


def id3_size(head: bytes) -> int:
    """Return the size of the ID3v2 tag that `head` starts with, from its ten-byte header; 0 without one."""
    if len(head) < 10 or not head.startswith(b"ID3"):  # noqa: PLR2004 - the header of a tag
        return 0
    a, b, c, d = (byte & 0x7F for byte in head[6:10])
    footer = 10 if head[5] & 0x10 else 0
    return 10 + (a << 21 | b << 14 | c << 7 | d) + footer
