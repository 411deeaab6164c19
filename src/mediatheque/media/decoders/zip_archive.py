"""ZIP archives, which are never unpacked."""

import struct
import zipfile

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import ProbeResult
from mediatheque.media.input_file import InputFile


def probe_zip(source: InputFile, mime: str, _: SandboxConfig) -> ProbeResult:
    """Check that the archive's directory can be read and names a file; raises `Unreadable` otherwise."""
    try:
        with zipfile.ZipFile(source.path) as archive:
            entries = len(archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError) as error:
        raise Unreadable("The ZIP archive is damaged and cannot be opened.") from error
    if not entries:
        raise Unreadable("The ZIP archive is empty.")
    return ProbeResult(mime)
