"""Tags of sound and films, by mutagen and FFmpeg."""

import io
import struct

import mutagen
import pytest
from mutagen import flac, id3, mp4

from tests import samples
from tests.media.metadata import written
from tests.media.metadata.written import read


def tagged(data: bytes, kind: type, **tags: object) -> bytes:
    """The file with these tags, by mutagen."""
    file = io.BytesIO(data)
    opened = kind(file)
    if opened.tags is None:
        opened.add_tags()
    for name, value in tags.items():
        opened.tags[name] = value
    file.seek(0)
    opened.save(file)
    return file.getvalue()


def id3_file(*frames: id3.Frame, version: int = 4) -> bytes:
    tags = id3.ID3()
    for frame in frames:
        tags.add(frame)
    if version == 3:
        tags.update_to_v23()
    file = io.BytesIO(samples.mp3(id3=False))
    tags.save(file, v2_version=version, v1=0)
    return file.getvalue()


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("encoding", [0, 1, 3])
def test_id3_is_read(tmp_path, version, encoding):
    frames = (
        id3.TIT2(encoding=encoding, text=["Nachtkatze"]),
        id3.TPE1(encoding=encoding, text=["Ada", "Grace"]),
        id3.TALB(encoding=encoding, text=["Größe"]),
        id3.COMM(encoding=encoding, lang="eng", desc="", text=["by night"]),
        id3.TXXX(encoding=encoding, desc="Prompt_ID", text=["42"]),
    )
    said = read(tmp_path, id3_file(*frames, version=version))["data"]["tags"]
    artist = {3: ("Ada/Grace", "Ada / Grace"), 4: ("Ada / Grace",)}[version]
    assert said.pop("artist") in artist
    assert said == {"title": "Nachtkatze", "album": "Größe", "comment": "by night", "prompt_id": "42"}


def test_id3_of_version_2_2(tmp_path):
    frame = b"TT2" + struct.pack(">I", 6)[1:] + b"\0Katze"
    tag = b"ID3\2\0\0\0\0\0" + bytes([len(frame)]) + frame
    assert read(tmp_path, tag + samples.mp3(id3=False))["data"] == {"tags": {"title": "Katze"}}


def test_vorbis_comments_are_read(tmp_path):
    for data, kind in ((samples.ogg(), mutagen.File), (samples.flac(), flac.FLAC)):
        said = read(tmp_path, tagged(data, kind, title="Katze", artist="Ada", comment="by night"))["data"]["tags"]
        assert said == {"title": "Katze", "artist": "Ada", "comment": "by night"}


def test_atoms_of_itunes_are_read(tmp_path):
    tags = {"\xa9nam": "Katze", "\xa9ART": "Ada", "\xa9alb": "Nacht", "\xa9cmt": "by night", "desc": "a cat"}
    for data in (samples.m4a(), samples.mp4()):
        said = read(tmp_path, tagged(data, mp4.MP4, **tags))["data"]["tags"]
        assert said == {
            "title": "Katze",
            "artist": "Ada",
            "album": "Nacht",
            "comment": "by night",
            "description": "a cat",
        }


def test_tags_of_quicktime_and_matroska_are_read(tmp_path):
    said = read(tmp_path, written.film("mov", {"title": "Katze", "location": "+51.5-000.1/"}))["data"]["tags"]
    assert said["title"] == "Katze"
    assert said["location"] == "+51.5-000.1/"
    assert read(tmp_path, written.film("webm", {"title": "Katze"}))["data"] == {"tags": {"title": "Katze"}}


def test_a_film_without_tags_says_nothing(tmp_path):
    for data in (
        samples.mp4(),
        samples.mov(),
        samples.webm(),
        samples.ogg(),
        samples.flac(),
        samples.wav(),
        samples.m4a(),
    ):
        assert read(tmp_path, data)["data"] == {}


HOSTILE = {
    "a frame longer than the tag": b"TIT2\x7f\x7f\x7f\x7f\0\0\0abc",
    "frames without an end": b"TIT2\0\0\0\2\0\0\0a" * 3_000,
    "an encoding that is none": b"TIT2\0\0\0\4\0\0\x09abc",
    "half a character": b"TIT2\0\0\0\4\0\0\1\xff\xfea",
    "no frame": b"\xff" * 50,
    "a comment without a language": b"COMM\0\0\0\2\0\0\0a",
    "an empty manifest": b"GEOB\0\0\0\x1f\0\0\0application/c2pa\0jumb\0\0\0\0aaaaaaaaa",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_tag_refuses_no_sound(tmp_path, what):
    body = HOSTILE[what][:2_000_000]
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    data = b"ID3\4\0\0" + size + body + samples.mp3(id3=False)
    assert set(read(tmp_path, data)["data"]) <= {"tags", "unreadable", "cut"}
