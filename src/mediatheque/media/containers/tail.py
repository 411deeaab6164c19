"""Bytes behind the end of a file's own format, which viewers ignore."""

import re
import struct

from mediatheque.errors import Unreadable
from mediatheque.media.input_file import InputFile

_PADDING = b"\0\t\n\r \xff"
_MAX_PADDING = 1 << 16
_WINDOW = 1 << 20
_REACH = 8 << 20  # 7-Zip looks for an archive in the first 8 MiB behind what it does not know, unrar in 4
_PE_OFFSET = 0x3C

_ARCHIVE = re.compile(
    rb"Rar!\x1a\x07[\0\x01]"
    rb"|7z\xbc\xaf\x27\x1c\0"
    rb"|MSCF\0\0\0\0"
    rb"|PK\x03\x04[\x0a-\x3f]\0..[\0\x08\x09\x0c\x0e\x5d\x5f\x63]\0",  # a local file header of a known method
    re.DOTALL,
)
_LONGEST = 16  # bytes of a signature, at least

_PROGRAM = re.compile(
    rb"MZ\x90\0"
    rb"|\x7fELF[\x01\x02][\x01\x02]"
    rb"|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe"  # Mach-O, and classes of Java
    rb"|dex\n\d\d\d\0"
    rb"|#! ?/"
)


def check_tail(source: InputFile, end: int) -> None:
    """Check that neither an archive nor a program is hidden behind `end`, where the file's own format ends.

    Everything else may follow: padding, a line break, tags, a camera's data, what an older picture left. Raises
    `Unreadable`. Archives that are found from the end of the file are refused for every format, in
    `decoders/polyglot.py`.
    """
    start = _behind_padding(source, end)
    if _is_program(source, start):
        raise Unreadable("There is a program behind the end of the file. Please save the file anew, without it.")
    for at in range(end, min(source.size, end + _REACH), _WINDOW):
        if _ARCHIVE.search(source.read_up_to(_WINDOW + _LONGEST, at)):
            raise Unreadable("There is an archive behind the end of the file. Please upload the two separately.")


def _behind_padding(source: InputFile, end: int) -> int:
    padded = source.read_up_to(_MAX_PADDING, end)
    return end + len(padded) - len(padded.lstrip(_PADDING))


def _is_program(source: InputFile, at: int) -> bool:
    head = source.read_up_to(_PE_OFFSET + 4, at)
    if _PROGRAM.match(head):
        return True
    if not head.startswith(b"MZ") or len(head) < _PE_OFFSET + 4:
        return False
    (offset,) = struct.unpack_from("<I", head, _PE_OFFSET)
    return source.read_up_to(4, at + offset) == b"PE\0\0"
