"""Programs and archives, by the bytes they begin with: what no picture, sound or document begins with or carries."""

import re

PROGRAM = re.compile(
    rb"MZ\x90\0"
    rb"|\x7fELF[\x01\x02][\x01\x02]"
    rb"|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe"  # Mach-O, and classes of Java
    rb"|dex\n\d\d\d\0"
    rb"|#! ?/"
)

ARCHIVE = re.compile(
    rb"Rar!\x1a\x07[\0\x01]"
    rb"|7z\xbc\xaf\x27\x1c\0"
    rb"|MSCF\0\0\0\0"
    rb"|PK\x03\x04[\x0a-\x3f]\0..[\0\x08\x09\x0c\x0e\x5d\x5f\x63]\0",  # a local file header of a known method
    re.DOTALL,
)
EMBEDDED_PROGRAM = re.compile(rb"MZ\x90\0\x03\0\0\0|\x7fELF[\x01\x02][\x01\x02]\x01")
"""What linkers write. This and `ARCHIVE` are long enough to be searched for anywhere."""

SIGNATURE_BYTES = 16
"""Bytes of the longest of them, at least."""

_OTHER_BEGINNING = re.compile(
    rb"MZ|\x1f\x8b\x08|BZh[1-9]|\xfd7zXZ\0|\x28\xb5\x2f\xfd|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|!<arch>\n|0707\d\d"
    rb"|.{257}ustar",
    re.DOTALL,
)
"""More programs and archives, and old office files, by signatures that mean this only at a file's beginning."""


def begins_as_foreign(head: bytes) -> bool:
    """Whether a file with this beginning, of 262 bytes or more, is a program or an archive, whatever follows."""
    return any(signature.match(head) for signature in (PROGRAM, ARCHIVE, _OTHER_BEGINNING))
