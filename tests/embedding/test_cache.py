"""Files that can be made again."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mediatheque.embedding import open_embedder
from mediatheque.embedding.cache import cached


def test_cached_content_is_computed_once(tmp_path):
    made = iter([b"first", b"second"])
    assert [cached(tmp_path / "deep" / "file", lambda: next(made)) for _ in range(2)] == [b"first", b"first"]


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 100])
def test_damaged_file_is_recomputed(damage, tmp_path):
    file = tmp_path / "file"
    cached(file, lambda: b"content")
    file.write_bytes(damage)
    assert cached(file, lambda: b"content") == b"content"
    assert cached(file, lambda: b"other") == b"content"


def test_flipped_bit_is_detected(tmp_path):
    file = tmp_path / "file"
    cached(file, lambda: b"content")
    content = bytearray(file.read_bytes())
    content[2] ^= 1
    file.write_bytes(content)
    assert cached(file, lambda: b"made again") == b"made again"


def test_failed_computation_leaves_no_file(tmp_path):
    with pytest.raises(ZeroDivisionError):
        cached(tmp_path / "file", lambda: bytes([1 // 0]))
    assert list(tmp_path.iterdir()) == []


def test_unwritable_cache_still_returns_content(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert cached(tmp_path / "file" / "in a file", lambda: b"content") == b"content"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


RACER = """
import sys
from pathlib import Path
from mediatheque.embedding.cache import cached
for round in range(200):
    file = Path(sys.argv[1], str(round))
    assert cached(file, lambda: bytes([round]) * 50_000) == bytes([round]) * 50_000
"""


def test_concurrent_processes_get_whole_content(tmp_path):
    racers = [subprocess.Popen([sys.executable, "-c", RACER, str(tmp_path)]) for _ in range(4)]
    assert [racer.wait() for racer in racers] == [0] * 4
    assert len(list(tmp_path.iterdir())) == 200


def test_damaged_model_file_is_rebuilt(basic, cache: Path, tmp_path):
    pixels = [np.full((30, 30, 3), (200, 100, 0), np.uint8)]
    expected, words = basic.images(pixels), basic.texts(["red"])
    made = list(cache.glob("[!.]*"))  # servers of other tests may be writing files whose names begin with a dot
    for file in made:
        content = file.read_bytes()
        (tmp_path / file.name).write_bytes(
            content[:1000] + b"?" + content[1001:] if file.suffix == ".onnx" else content
        )
    again = open_embedder("basic", tmp_path)
    assert np.array_equal(again.images(pixels), expected)
    assert np.array_equal(again.texts(["red"]), words)
    assert all((tmp_path / file.name).read_bytes() == file.read_bytes() for file in made)
