"""The orientation in an EXIF block (CIPA DC-008 section 4.6.4), which is a TIFF file. A damaged block says nothing."""

import struct

UPRIGHT = 1
_PREFIX = b"Exif\0\0"
_ORIENTATION = 0x0112
_SHORT = 3
_ENTRY = 12


def read_orientation(block: bytes) -> int:
    """Return the orientation, 1 to 8; 1 where the block has none or cannot be read."""
    tiff = block.removeprefix(_PREFIX)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:  # noqa: PLR2004 - a byte order, a number and an offset
        return UPRIGHT
    (at,) = struct.unpack_from(f"{order}I", tiff, 4)
    if at + 2 > len(tiff):
        return UPRIGHT
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    for entry in range(at + 2, min(at + 2 + count * _ENTRY, len(tiff) - _ENTRY + 1), _ENTRY):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
        if tag == _ORIENTATION:
            return value if kind == _SHORT and value in range(1, 9) else UPRIGHT
    return UPRIGHT
