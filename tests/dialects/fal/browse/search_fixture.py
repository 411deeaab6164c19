"""A server with an embedding worker, and a workspace with real photos and a video."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import httpx
import msgspec
import numpy as np
import psycopg
import skimage
from PIL import Image

from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.registration import host, register
from tests.server import Serve

PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png")
_WITHOUT_VECTORS = """
    SELECT count(*) FROM asset a WHERE a.workspace_id = %s
    AND NOT EXISTS (SELECT FROM embedding e WHERE e.asset_id = a.id AND e.part = 'content')
"""


class EmbeddedPhotos(msgspec.Struct, frozen=True):
    """`assets` by photo name, and "film", a video of chelsea.png (a cat). File names and titles are meaningless."""

    server: Serve
    client: httpx.Client
    stored: StoredData
    account: Account
    assets: dict[str, dict[str, Any]]

    def id(self, name: str) -> str:
        return str(self.assets[name]["vector_id"])

    def names(self, ids: list[str]) -> list[str]:
        by_id = {asset["vector_id"]: name for name, asset in self.assets.items()}
        return [by_id[id] for id in ids]

    def new_account(self) -> Account:
        return self.stored.account(self.server.new_key())

    def take(self, account: Account, data: bytes, mime: str = "image/png", **more: Any) -> dict[str, Any]:
        """Create an asset, which may not be embedded yet."""
        url = host(self.client, account, data, mime, "f.bin")
        kind = mime.partition("/")[0]
        response = register(self.client, account, url, kind, **more)
        assert response.status_code == 201, response.text
        return dict(response.json()["asset"])

    def wait(self, account: Account, within: float = 100) -> float:
        """Wait until every asset of the account is embedded; return the seconds."""
        began = time.monotonic()
        while self._without(account):
            assert time.monotonic() - began < within, self.server.log()[-3000:]
            time.sleep(0.05)
        return time.monotonic() - began

    def _without(self, account: Account) -> int:
        row = self.stored.database.execute(_WITHOUT_VECTORS, [account.workspace_id]).fetchone()
        assert row
        return int(row[0])


def photo(name: str) -> bytes:
    return (Path(skimage.__file__).parent / "data" / name).read_bytes()


def film(name: str) -> bytes:
    """Make a video of one second that shows the photo."""
    picture = Image.open(io.BytesIO(photo(name))).convert("RGB").resize((320, 240))
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=5, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for n in range(5):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def mime_of(name: str) -> str:
    return "image/jpeg" if name.endswith("jpg") else "image/png"


@contextmanager
def embedded_photos(data: Path) -> Iterator[EmbeddedPhotos]:
    with (
        Serve(data, env={"MEDIATHEQUE_RUN_WORKER": "true"}) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
        psycopg.connect(server.database_url, autocommit=True) as connection,
    ):
        stored = StoredData(connection, server.data / "blobs")
        running = EmbeddedPhotos(server, client, stored, stored.account(server.new_key()), {})
        for name in PHOTOS:
            running.assets[name] = running.take(running.account, photo(name), mime_of(name))
        running.assets["film"] = running.take(running.account, film("chelsea.png"), "video/mp4")
        running.wait(running.account)
        yield running
