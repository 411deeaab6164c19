"""The reported dimensions of images and videos are those displayed, with orientation and rotation applied."""

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import KREA, Sample, register

DISPLAYED = {
    "jpeg": (samples.jpeg(64, 48), "image/jpeg", (64, 48)),
    "jpeg on its side": (samples.jpeg(64, 48, orientation=6), "image/jpeg", (48, 64)),
    "jpeg on its other side": (samples.jpeg(64, 48, orientation=8), "image/jpeg", (48, 64)),
    "jpeg upside down": (samples.jpeg(64, 48, orientation=3), "image/jpeg", (64, 48)),
    "webp on its side": (samples.webp(64, 48, orientation=6), "image/webp", (48, 64)),
    "heic": (samples.heic(64, 48), "image/heic", (64, 48)),
    "heic on its side": (samples.heic(64, 48, orientation=6), "image/heic", (48, 64)),
    "animated webp": (samples.animated_webp(16, 12), "image/webp", (16, 12)),
    "animated png": (samples.apng(16, 12), "image/png", (16, 12)),
    "mp4": (samples.mp4(64, 48), "video/mp4", (64, 48)),
    "mp4 on its side": (samples.mp4(64, 48, rotation=90), "video/mp4", (48, 64)),
    "mov on its other side": (samples.mov(64, 48, rotation=-90), "video/quicktime", (48, 64)),
    "mp4 upside down": (samples.mp4(64, 48, rotation=180), "video/mp4", (64, 48)),
    "webm": (samples.webm(64, 48), "video/webm", (64, 48)),
    "fragmented mp4": (samples.fragmented_mp4(), "video/mp4", (64, 48)),
    "streamed webm": (samples.streamed_webm(), "video/webm", (64, 48)),
    "mp3": (samples.mp3(), "audio/mpeg", (None, None)),
    "mp3 with a cover": (samples.mp3(cover=5000), "audio/mpeg", (None, None)),
    "wav": (samples.wav(), "audio/wav", (None, None)),
    "streamed wav": (samples.streamed_wav(), "audio/wav", (None, None)),
    "glb": (samples.glb(), "model/gltf-binary", (None, None)),
}
FAL_TYPES = {"image": "image", "video": "video", "audio": "audio", "model": "3d"}


@pytest.mark.parametrize("name", DISPLAYED)
def test_dimensions_are_those_displayed(http: httpx.Client, key: str, name: str) -> None:
    data, mime, size = DISPLAYED[name]
    response = KREA.send(http, key, Sample(data, mime))
    assert response.status_code == 200, response.text
    asset = response.json()
    assert (asset["mime_type"], asset["width"], asset["height"]) == (mime, *size)
    same = register(http, key, asset["image_url"], FAL_TYPES[mime.partition("/")[0]]).json()["asset"]
    assert (same["content_type"], same["width"], same["height"]) == (mime, *size)
