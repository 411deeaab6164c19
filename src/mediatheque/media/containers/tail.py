"""Bytes behind the end of a file's own format, which viewers ignore."""

import re
import struct

from mediatheque.errors import Unreadable
from mediatheque.media.containers.foreign import ARCHIVE, EMBEDDED_PROGRAM, PROGRAM, SIGNATURE_BYTES
from mediatheque.media.input_file import InputFile

_PADDING = b"\0\t\n\r \xff"
_MAX_PADDING = 1 << 16
_WINDOW = 1 << 20
_REACH = 8 << 20  # 7-Zip looks for an archive in the first 8 MiB behind what it does not know, unrar in 4
_PE_OFFSET = 0x3C


def check_tail(source: InputFile, end: int) -> None:
    """Check that neither an archive nor a program is hidden behind `end`, where the file's own format ends.

    Everything else may follow: padding, a line break, tags, a camera's data, what an older picture left. Raises
    `Unreadable`. Archives that are found from the end of the file are refused for every format, in
    `decoders/polyglot.py`.
    """
    start = _behind_padding(source, end)
    if _is_program(source, start):
        raise _program()
    _refuse_archive(source, end)


def check_open_end(source: InputFile, start: int) -> None:
    """Check the same where nothing tells the end: near `start`, and near the end of the file.

    `start` is where the format's own data begin, which are compressed, or are sound. Raises `Unreadable`.
    """
    for at in {start, max(start, source.size - _REACH)}:
        _refuse_archive(source, at)
        if _finds(EMBEDDED_PROGRAM, source, at):
            raise _program()


def _refuse_archive(source: InputFile, start: int) -> None:
    if _finds(ARCHIVE, source, start):
        raise Unreadable("There is an archive behind the end of the file. Please upload the two separately.")


def _finds(signature: re.Pattern[bytes], source: InputFile, start: int) -> bool:
    windows = range(start, min(source.size, start + _REACH), _WINDOW)
    return any(signature.search(source.read_up_to(_WINDOW + SIGNATURE_BYTES, at)) for at in windows)


def _program() -> Unreadable:
    return Unreadable("There is a program behind the end of the file. Please save the file anew, without it.")


def _behind_padding(source: InputFile, end: int) -> int:
    padded = source.read_up_to(_MAX_PADDING, end)
    return end + len(padded) - len(padded.lstrip(_PADDING))


def _is_program(source: InputFile, at: int) -> bool:
    head = source.read_up_to(_PE_OFFSET + 4, at)
    if PROGRAM.match(head):
        return True
    if not head.startswith(b"MZ") or len(head) < _PE_OFFSET + 4:
        return False
    (offset,) = struct.unpack_from("<I", head, _PE_OFFSET)
    return source.read_up_to(4, at + offset) == b"PE\0\0"
