"""EXIF: the camera, the exposure, the place; and the texts that generators write into it."""

import re

from mediatheque.media.metadata import exif_tags as tags
from mediatheque.media.metadata.collected import Collected
from mediatheque.media.metadata.tiff import Tiff, Value, decode

_ASCII, _UTF_16, _UNKNOWN = b"ASCII\0\0\0", b"UNICODE\0", b"\0" * 8
_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d)[ T](\d\d:\d\d:\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d|Z")
_PAIR = re.compile(r"(?P<key>prompt|workflow|parameters)\s*:\s*(?P<text>\{.*)", re.DOTALL | re.IGNORECASE)

Texts = dict[str, str]
"""Texts by keyword, in which generators store what they did."""


def read_exif(block: bytes, collected: Collected, texts: Texts) -> None:
    """Collect what the block says. Raises whatever reading a damaged one raises."""
    tiff = Tiff(block)
    image = tiff.first()
    photo = tiff.directory(_pointer(image, tags.PHOTO_DIRECTORY))
    _add_texts(image, photo, texts)
    for names, values in ((tags.IMAGE, image), (tags.PHOTO, photo)):
        for tag, name in names.items():
            if tag in values:
                collected.add("exif", name, _plain(values, tag, name, photo))
    for tag, name in tags.WINDOWS.items():
        if tag in image:
            collected.add("exif", name, image[tag].raw.decode("utf-16-le", "replace").rstrip("\0"))
    if comment := _user_comment(image, photo):
        collected.add("exif", "user_comment", None if _PAIR.fullmatch(comment) else comment)
    _add_place(tiff.directory(_pointer(image, tags.GPS_DIRECTORY)), collected)


def _pointer(values: dict[int, Value], tag: int) -> int:
    numbers = values[tag].numbers() if tag in values else []
    return int(numbers[0]) if numbers else 1 << 32  # behind the end of every block


def _plain(values: dict[int, Value], tag: int, name: str, photo: dict[int, Value]) -> "str | int | float | None":
    value = values[tag]
    if numbers := value.numbers():
        return numbers[0]
    text = value.text().strip()
    if _PAIR.fullmatch(text):
        return None  # of a generator, which has no other place for it
    return _time(text, photo.get(tags.TIMES[name])) if name in tags.TIMES else text


def _time(text: str, offset: Value | None) -> str:
    """Return the time in ISO 8601, with the offset from UTC if the camera knew it; local time of the camera else."""
    found = _TIME.match(text)
    if not found:
        return text
    year, month, day, time = found.groups()
    zone = offset.text().strip() if offset else ""
    return f"{year}-{month}-{day}T{time}{zone if _OFFSET.fullmatch(zone) else ''}"


def _user_comment(image: dict[int, Value], photo: dict[int, Value]) -> str:
    value = photo.get(tags.USER_COMMENT) or image.get(tags.USER_COMMENT)
    return _comment(value).strip("\0 \n") if value else ""


def _comment(value: Value) -> str:
    """Return the text behind the name of its encoding, which some writers leave out."""
    raw, name = value.raw[8:], value.raw[:8].upper()
    if name == _UTF_16:
        return _utf_16(raw, little=value.little)
    return decode(raw if name in (_ASCII, _UNKNOWN) else value.raw)


def _utf_16(raw: bytes, *, little: bool) -> str:
    """Return the text in the order that it seems to have: writers do not agree whose order it is.

    In most texts most characters are below U+0100, and have a zero in one half.
    """
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    if even != odd:
        little = odd > even
    has_mark = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    return raw.decode("utf-16" if has_mark else f"utf-16-{'le' if little else 'be'}", "replace")


def _add_texts(image: dict[int, Value], photo: dict[int, Value], texts: Texts) -> None:
    """Store texts of generators: one that begins with its keyword under that, a bare comment as `parameters`."""
    comment = _user_comment(image, photo)
    for text in (comment, *(value.text() for value in image.values() if value.kind == 2)):  # noqa: PLR2004 - text
        if found := _PAIR.fullmatch(text.strip()):
            texts.setdefault(found["key"].lower(), found["text"])
    if comment and not _PAIR.fullmatch(comment):
        texts.setdefault("parameters", comment)
    if software := image.get(tags.SOFTWARE):
        texts.setdefault("Software", software.text().strip())
    if note := photo.get(tags.MAKER_NOTE) or image.get(tags.MAKER_NOTE):
        scheme = note.text().strip() if len(note.raw) <= 20 else ""  # noqa: PLR2004 - a word, not a camera's own data
        if scheme in ("fooocus", "a1111"):
            texts.setdefault("fooocus_scheme", scheme)


def _add_place(gps: dict[int, Value], collected: Collected) -> None:
    for name, tag, negative in (("latitude", 2, "S"), ("longitude", 4, "W")):
        if tag in gps and (parts := gps[tag].numbers()[:3]):
            degrees = sum(part / 60**n for n, part in enumerate(parts))
            is_negative = tag - 1 in gps and gps[tag - 1].text().strip().upper() == negative
            collected.add("gps", name, round(-degrees if is_negative else degrees, 7))
    if (altitude := gps.get(6)) and (numbers := altitude.numbers()):
        below = (reference := gps.get(5)) and reference.numbers()[:1] == [1]
        collected.add("gps", "altitude", -numbers[0] if below else numbers[0])
    if (direction := gps.get(17)) and (numbers := direction.numbers()):
        collected.add("gps", "direction", numbers[0])
    if (date := gps.get(29)) and (time := gps.get(7)) and len(clock := time.numbers()) >= 3:  # noqa: PLR2004 - h, m, s
        day = date.text().strip().replace(":", "-")
        collected.add("gps", "time", f"{day}T{int(clock[0]):02}:{int(clock[1]):02}:{int(clock[2]):02}Z")
