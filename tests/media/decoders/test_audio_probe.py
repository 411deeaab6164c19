"""What the probe says of audio files: the type of the frames and the length of the bytes that are there."""

import struct
import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import dispatch
from mediatheque.media.sniff import HEAD_BYTES, sniff
from tests import samples

NOISE = np.random.default_rng(3).integers(0, 255, 70_000, dtype=np.uint8).tobytes()  # without 255, so without frames
ID3V1 = b"TAG" + bytes(125)


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """Probe bytes in this process, and return their type and length. Raises `Unreadable`."""
    path = tmp_path_factory.mktemp("audio") / "file"

    def probe(data: bytes) -> tuple[str, float]:
        format_ = sniff(data[:HEAD_BYTES])
        if format_ is None:
            raise Unreadable("not recognised")
        path.write_bytes(data)
        result = dispatch.probe(str(path), format_.mime, SandboxConfig())
        assert result.duration is not None
        return result.mime, result.duration

    return probe


def chunk(kind: bytes, body: bytes, size: int | None = None) -> bytes:
    return struct.pack("<4sI", kind, len(body) if size is None else size) + body


def wav_of(*chunks: bytes, magic: bytes = b"RIFF", riff_size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack("<I", len(body) if riff_size is None else riff_size) + body


PCM = samples.wav(seconds=2, rate=24_000)[44:]  # 96,000 bytes
FMT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 24_000, 48_000, 2, 16))
EXTENSIBLE = chunk(
    b"fmt ",
    struct.pack("<HHIIHHHHI", 0xFFFE, 1, 24_000, 48_000, 2, 16, 22, 16, 4)
    + b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71",
)
SOUND = chunk(b"data", PCM)
INFO = chunk(b"LIST", b"INFO" + chunk(b"ISFT", b"Lavf60\0\0"))

WAVS = {
    "a server that streams with sizes 36 and 0": wav_of(FMT, chunk(b"data", PCM, 0), riff_size=36),
    "a server that streams with sizes of 2,000,000,000": wav_of(
        FMT, chunk(b"data", PCM, 2_000_000_000), riff_size=2_000_000_036
    ),
    **{
        f"a size of {size:#x}": wav_of(FMT, chunk(b"data", PCM, size), riff_size=min(size + 36, 0xFFFFFFFF))
        for size in (0, 0x7FFFFFFF - 36, 0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0xFFFFFFFF - 36, 0xFFFFFFFF, 100_000)
    },
    "a stated RIFF size and no data size": wav_of(FMT, chunk(b"data", PCM, 0)),
    "no RIFF size and a stated data size": wav_of(FMT, SOUND, riff_size=0),
    "a RIFF size of the largest number": wav_of(FMT, SOUND, riff_size=0xFFFFFFFF),
    "a RIFF size that is 12 too small": wav_of(
        FMT, chunk(b"fact", bytes(4)), SOUND, riff_size=4 + len(FMT) + len(SOUND)
    ),
    "a RIFF size that excludes the last chunk": wav_of(FMT, SOUND, INFO, riff_size=4 + len(FMT) + len(SOUND)),
    "a RIFF size that includes its header": wav_of(FMT, SOUND, riff_size=12 + len(FMT) + len(SOUND)),
    "a list before the format": wav_of(INFO, FMT, SOUND),
    "a list before the sound": wav_of(FMT, INFO, SOUND),
    "a list behind the sound": wav_of(FMT, SOUND, INFO),
    "an odd chunk with padding": wav_of(FMT, chunk(b"note", b"abc") + b"\0", SOUND),
    "an odd chunk without padding behind the sound": wav_of(FMT, SOUND, chunk(b"note", b"abc"), INFO),
    "an extensible format": wav_of(EXTENSIBLE, SOUND),
    "an extensible format that is streamed": wav_of(EXTENSIBLE, chunk(b"data", PCM, 0xFFFFFFFF), riff_size=0),
    "a wrong byte rate": wav_of(FMT[:16] + bytes(4) + FMT[20:], SOUND),
    "a size in 64 bits": wav_of(
        chunk(b"ds64", struct.pack("<QQQI", 0, len(PCM), 0, 0)),
        FMT,
        chunk(b"data", PCM, 0xFFFFFFFF),
        INFO,
        magic=b"RF64",
        riff_size=0xFFFFFFFF,
    ),
    "a size in 64 bits of a broadcast": wav_of(
        chunk(b"ds64", struct.pack("<QQQI", 0, len(PCM), 0, 0)),
        FMT,
        chunk(b"data", PCM, 0xFFFFFFFF),
        INFO,
        magic=b"BW64",
        riff_size=0xFFFFFFFF,
    ),
    "an ID3v1 tag behind": wav_of(FMT, SOUND) + ID3V1,
    "an ID3v2 tag before": samples.id3_tag(100) + wav_of(FMT, SOUND),
    "a line break behind": wav_of(FMT, SOUND) + b"\n",
    "another WAV behind": wav_of(FMT, SOUND) + samples.wav(),
}


@pytest.mark.parametrize("what", WAVS)
def test_wav_has_the_length_of_the_bytes_that_are_there(facts, what):
    assert facts(WAVS[what]) == ("audio/wav", pytest.approx(2.0, abs=1e-3))


def test_wav_that_is_cut_off_has_the_length_that_is_left(facts):
    assert facts(wav_of(FMT, SOUND)[: 44 + 48_000]) == ("audio/wav", pytest.approx(1.0))


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw"])
def test_wav_of_any_sample_size(facts, codec):
    data = samples.encoded_wav(codec, seconds=2)
    at = data.index(b"data") + 4
    for size in (data[at : at + 4], bytes(4), b"\xff\xff\xff\xff"):
        assert facts(data[:at] + size + data[at + 4 :]) == ("audio/wav", pytest.approx(2.0, abs=0.01))


@pytest.mark.parametrize("codec", ["adpcm_ima_wav", "adpcm_ms", "libmp3lame"])
def test_wav_of_compressed_sound(facts, codec):
    assert facts(samples.encoded_wav(codec, seconds=2)) == ("audio/wav", pytest.approx(2.0, abs=0.06))


def test_wav_over_4_gib_in_form(facts):
    assert facts(samples.encoded_wav("pcm_s16le", rf64=True)) == ("audio/wav", pytest.approx(1.0))


def test_wav_with_its_numbers_in_the_other_order(facts):
    fmt = struct.pack(">HHIIHH", 1, 1, 24_000, 48_000, 2, 16)
    for stated in (len(PCM), 0, 0xFFFFFFFF):
        body = b"WAVEfmt " + struct.pack(">I", len(fmt)) + fmt + struct.pack(">4sI", b"data", stated) + PCM
        assert facts(b"RIFX" + struct.pack(">I", len(body)) + body) == ("audio/wav", pytest.approx(2.0))


@pytest.mark.parametrize(
    "data",
    [
        wav_of(FMT),
        wav_of(FMT, chunk(b"note", b"abc"), SOUND),  # an odd size without padding: players do not find the sound
        wav_of(SOUND),
        wav_of(SOUND, FMT),
        wav_of(FMT, chunk(b"data", b"", 0)),
        wav_of(FMT, chunk(b"data", b"", 2_000_000_000)),
        wav_of(chunk(b"fmt ", b"\x01\0"), SOUND),
    ],
)
def test_wav_without_sound_is_refused(facts, data):
    with pytest.raises(Unreadable):
        facts(data)


BARE = samples.mp3(seconds=20, id3=False)
TABLE = samples.mp3(seconds=20)  # an ID3v2 tag and a Xing header
APE_HEADER = b"APETAGEX" + struct.pack("<IIII8x", 2_000, 40, 1, 1 << 31 | 1 << 29)
APE_FOOTER = b"APETAGEX" + struct.pack("<IIII8x", 72, 40, 1, 0)

MP3S = {
    "no tag and no table": (BARE, 20),
    "a table": (TABLE, 20),
    "zeros before": (bytes(3_000) + BARE, 20),
    "many zeros before": (bytes(50_000) + BARE, 20),
    "one zero before": (b"\0" + BARE, 20),
    "a cut frame before": (BARE[100:], 20),
    "a cut frame of one byte before": (BARE[208:], 20),
    "two tags before": (samples.id3_tag(100) + samples.id3_tag(3_000) + BARE, 20),
    "a tag longer than the head": (samples.id3_tag(200_000) + BARE, 20),
    "an APE tag before": (APE_HEADER + bytes(2_000) + BARE, 20),
    "an APE tag and an ID3 tag before": (APE_HEADER + bytes(2_000) + samples.id3_tag(9) + BARE, 20),
    "zeros between the tag and the sound": (samples.id3_tag(100) + bytes(200_000) + BARE, 20),
    "a tag that says it is too short": (samples.id3_tag(0) + NOISE + BARE, 20),
    "a tag that says it is longer than the file": (b"ID3\x03\0\0\x7f\x7f\x7f\x7f" + NOISE + BARE, 20),
    "a tag whose size is no size": (b"ID3\x03\0\0\0\0\xff\xff" + NOISE + BARE, 20),
    "a tag that ends within a frame": (samples.id3_tag(0)[:9] + b"\x64" + BARE, 20),
    "ID3v1 behind": (BARE + ID3V1, 20),
    "an APE tag and ID3v1 behind": (BARE + bytes(40) + APE_FOOTER + ID3V1, 20),
    "Lyrics3 behind": (BARE + b"LYRICSBEGIN" + b"la" * 900 + b"001800LYRICS200" + ID3V1, 20),
    "an ID3v2 tag behind": (BARE + samples.id3_tag(100_000), 20),
    "blanks behind": (BARE + b" " * 3_000_000, 20),
    "a picture behind": (BARE + samples.jpeg(), 20),
    "noise between its frames": (BARE[:50_000] + NOISE + BARE[50_000:], 20),
    "another MP3 behind": (TABLE + TABLE, 40),
    "another MP3 of another rate behind": (BARE + samples.low_rate_mp3(seconds=5), 25),
    "a table of a longer file": (TABLE[: len(TABLE) // 2], 10),
    "MPEG-2": (samples.low_rate_mp3(seconds=5), 5),
    "MPEG-2.5": (samples.low_rate_mp3(seconds=5, rate=8_000), 5),
}


@pytest.mark.parametrize("what", MP3S)
def test_length_of_an_mp3_is_counted(facts, what):
    data, seconds = MP3S[what]
    assert facts(data) == ("audio/mpeg", pytest.approx(seconds, abs=0.2))


def test_a_table_with_a_wrong_number_is_not_believed(facts):
    at = TABLE.index(b"Info") if b"Info" in TABLE else TABLE.index(b"Xing")
    wrong = TABLE[: at + 8] + struct.pack(">I", 1_000_000) + TABLE[at + 12 :]
    assert facts(wrong) == facts(TABLE)


TAGGED = {
    "audio/aac": samples.aac,
    "audio/flac": samples.flac,
    "audio/ogg": samples.ogg,
    "audio/wav": samples.wav,
    "audio/mpeg": samples.mp3,
}


@pytest.mark.parametrize("size", [0, 100, 70_000, 300_000])
@pytest.mark.parametrize("mime", TAGGED)
def test_type_is_that_of_the_frames_behind_a_tag(facts, mime, size):
    data = TAGGED[mime](seconds=2.0)
    assert facts(samples.id3_tag(size) + data) == facts(data) == (mime, pytest.approx(2.0, abs=0.06))


@pytest.mark.parametrize("make", [samples.mp2, samples.ac3, samples.m4a, samples.mp4, samples.webm, samples.jpeg])
@pytest.mark.parametrize("size", [100, 70_000])
def test_other_types_behind_a_tag_are_refused(facts, make, size):
    with pytest.raises(Unreadable):
        facts(samples.id3_tag(size) + make())


@pytest.mark.parametrize("magic", [b"FORM\0\1\0\0AIFCFVER", b"caff\0\1\0\0desc", b"FLV\1\4\0\0\0\x09", b"MZ\x90\0"])
def test_other_containers_of_mp3_are_not_mp3(magic):
    assert sniff((magic.ljust(200, b"\1") + BARE)[:HEAD_BYTES]) is None


OGGS = {
    "a chain of two": (samples.ogg(2) + samples.ogg(3), 5),
    "a chain of three": (samples.ogg(1) + samples.ogg(2) + samples.ogg(1), 4),
    "a chain of two codecs": (samples.ogg(2) + samples.ogg_flac(3), 5),
    "FLAC in it": (samples.ogg_flac(2), 2),
    "a tag behind": (samples.ogg(2) + ID3V1, 2),
    "blanks behind": (samples.ogg(2) + b" " * 3_000_000, 2),
    "noise between its pages": (samples.ogg(4) + NOISE + samples.ogg(2), 6),
}


@pytest.mark.parametrize("what", OGGS)
def test_length_of_an_ogg_is_that_of_its_links(facts, what):
    data, seconds = OGGS[what]
    assert facts(data) == ("audio/ogg", pytest.approx(seconds, abs=0.05))


@pytest.mark.parametrize("tail", [b"\n", b" " * 100, ID3V1, bytes(4_096), NOISE])
@pytest.mark.parametrize("mime", TAGGED)
def test_bytes_behind_the_sound_change_nothing(facts, mime, tail):
    assert facts(TAGGED[mime]() + tail) == facts(TAGGED[mime]())


STREAMED = wav_of(FMT, chunk(b"data", PCM, 0), riff_size=36)


@pytest.mark.parametrize("what", [samples.elf(), b"Rar!\x1a\x07\x01\0 an archive, say", b"MSCF" + bytes(32)])
@pytest.mark.parametrize(
    "sound", [samples.mp3(), samples.ogg(), samples.aac(), wav_of(FMT, SOUND, INFO), STREAMED, samples.flac()]
)
def test_archives_and_programs_behind_the_sound_are_refused(facts, sound, what):
    with pytest.raises(Unreadable, match="behind the end"):
        facts(sound + bytes(9) + what)


@pytest.mark.sampled
@settings(deadline=None)
@given(mime=st.sampled_from(sorted(TAGGED)), tail=st.binary(max_size=300), tag=st.integers(0, 3_000))
def test_any_tag_and_tail_give_the_same_facts(facts, mime, tail, tag):
    data = TAGGED[mime]()
    assert facts(samples.id3_tag(tag) + data + tail) == facts(data)


@pytest.mark.sampled
@settings(deadline=None)
@given(
    mime=st.sampled_from(sorted(TAGGED)), at=st.floats(0, 1), noise=st.binary(max_size=50), replaced=st.integers(0, 50)
)
def test_any_damage_gives_the_type_or_a_refusal(facts, mime, at, noise, replaced):
    data = TAGGED[mime]()
    place = round(at * len(data))
    try:
        found, seconds = facts(data[:place] + noise + data[place + replaced :])
    except Unreadable:
        return
    assert found == mime
    assert seconds > 0


HOSTILE = {
    "sync words": b"\xff\xfb",
    "headers": b"\xff\xfb\x90\x64",
    "pairs of frames": (b"\xff\xfb\x90\x64" + bytes(413)) * 2 + b"x",
    "empty tags": b"ID3\x04\0\0\0\0\0\0",
    "short tags": ID3V1,
    "page magic": b"OggS\0",
    "empty pages": b"OggS\0" + bytes(22),
    "empty chunks": b"abcd" + bytes(4),
    "the shortest frames": b"\xff\xe3\x18\xc4" + bytes(68),
    "the shortest AAC": b"\xff\xf1\x6c\x40\x01\x1f\xfc\0",
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("head", [samples.id3_tag(0), samples.ogg(), wav_of(FMT)], ids=["ID3", "Ogg", "WAV"])
def test_hostile_structure_is_bounded(facts, what, head):
    """In processor time, of which a worker has eight seconds."""
    data = head + HOSTILE[what] * (8_000_000 // len(HOSTILE[what]))
    begun = time.process_time()
    with suppress(Unreadable):
        facts(data)
    assert time.process_time() - begun < SandboxConfig().cpu_seconds / 2
