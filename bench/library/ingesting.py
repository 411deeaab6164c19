"""(j) Real photos, uploaded four at a time through Krea's endpoint, until the worker has embedded the last one.

In a server started for it, as it comes: PostgreSQL, server, decoders and the default model share the machine's cores.
"""

import io
import random
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import skimage
import sklearn
from PIL import Image

from bench.client import Connection
from bench.library.figures import Figure, Figures, note
from bench.payloads import Payload
from bench.peers.mediatheque import Mediatheque
from mediatheque.records.embedded import running_conninfo

ROW = "(j) photos of 0.5 to 2 megapixels uploaded and embedded, images/s"
_FOLDERS = (Path(skimage.__file__).parent / "data", Path(sklearn.__file__).parent / "datasets" / "images")
_NAMES = "astronaut chelsea coffee motorcycle_left rocket hubble_deep_field retina china flower horse"
_AT_ONCE = 4
_PATIENCE = 600.0


def measure(folder: Path, figures: Figures, count: int) -> None:
    photos = list(_photos(count + 1))
    with Mediatheque(folder) as server:
        _send(server, photos[:1])
        _wait(server, 1)
        began = time.perf_counter()
        _send(server, photos[1:])
        uploaded = time.perf_counter() - began
        _wait(server, count + 1)
        took = time.perf_counter() - began
    note(f"{count} photos uploaded in {uploaded:.1f} s, the last one embedded after {took:.1f} s")
    figures.add(Figure(ROW, 0, count / took))


def _photos(count: int) -> Iterator[Payload]:
    """Crops of the same ten, each in another size, some of them mirrored."""
    chance = random.Random(7)
    files = [file for folder in _FOLDERS for file in sorted(folder.iterdir()) if file.stem in _NAMES.split()]
    originals = [Image.open(file).convert("RGB") for file in files]
    for number in range(count):
        picture = originals[number % len(originals)]
        width, height = (round(side * chance.uniform(0.5, 1)) for side in picture.size)
        left, top = chance.randint(0, picture.width - width), chance.randint(0, picture.height - height)
        crop = picture.crop((left, top, left + width, top + height))
        scale = (chance.uniform(500_000, 2_000_000) / (width * height)) ** 0.5
        sized = crop.resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
        out = io.BytesIO()
        (sized.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if number % 2 else sized).save(out, "JPEG", quality=85)
        yield Payload(f"{uuid4().hex}.jpg", "image/jpeg", (out.getvalue(),))


def _send(server: Mediatheque, photos: Sequence[Payload]) -> None:
    waiting = iter(photos)

    def some() -> None:
        with Connection(server.port) as connection:
            for photo in waiting:
                connection.upload(server.endpoint(photo.name, photo.mime), photo.parts)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in [pool.submit(some) for _ in range(_AT_ONCE)]:
            done.result()


def _wait(server: Mediatheque, count: int) -> None:
    """Until the queue is empty, and so many pictures have vectors."""
    end = time.monotonic() + _PATIENCE
    while _queued(server):
        if time.monotonic() > end:
            raise RuntimeError(f"{_queued(server)} photos are not embedded after {_PATIENCE:.0f} s")
        time.sleep(0.05)
    with psycopg.connect(running_conninfo(server.folder / "data") or "") as conn:
        [(seen,)] = conn.execute(
            "SELECT count(*) FROM embedding WHERE part = 'content' AND vector IS NOT NULL"
        ).fetchall()
    if seen != count:
        raise RuntimeError(f"{seen} photos of {count} have vectors")


def _queued(server: Mediatheque) -> int:
    with Connection(server.port) as connection:
        text = connection.request("GET", "/metrics", server.auth).body.decode()
    return sum(
        int(float(n)) for n in re.findall(r'^mediatheque_queue_depth\{[^}]*"embed_asset"[^}]*\} (\S+)$', text, re.M)
    )
