"""Malicious files and malformed forms: every endpoint refuses them in its dialect's error shape."""

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import (
    ENDPOINTS,
    FAL_PUT,
    FAL_UPLOAD,
    HEYGEN_V3,
    KREA,
    Endpoint,
    Sample,
    bearer,
    register,
)

STORAGE = (FAL_UPLOAD, FAL_PUT)
ERROR_STATUSES = {400, 413, 415, 422}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("name", samples.REFUSED)
def test_malicious_file_is_refused(http: httpx.Client, key: str, endpoint: Endpoint, name: str) -> None:
    """Declared as media, which is what it pretends to be."""
    response = endpoint.send(http, key, Sample(samples.REFUSED[name](), _claimed(name), f"{name}.mp4"))
    assert response.status_code in ERROR_STATUSES, response.text
    endpoint.assert_error(response)


@pytest.mark.parametrize("endpoint", STORAGE, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("name", samples.UNSUPPORTED)
def test_unknown_file_is_served_as_download_and_cannot_become_an_asset(
    http: httpx.Client, key: str, endpoint: Endpoint, name: str
) -> None:
    data = samples.UNSUPPORTED[name]()
    response = endpoint.send(http, key, Sample(data, "application/octet-stream", "unknown"))
    assert response.status_code == 200, response.text
    url = endpoint.url(response.json())
    served = http.get(url)
    assert served.content == data
    assert served.headers["content-type"] == "application/octet-stream"
    assert served.headers["content-disposition"].startswith("attachment")
    for kind in ("image", "video", "audio", "3d"):
        assert register(http, key, url, kind).status_code == 422


def _claimed(name: str) -> str:
    words = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif", "wav": "audio/wav"}
    words |= {"mp3": "audio/mpeg", "webm": "video/webm", "pdf": "application/pdf", "glb": "model/gltf-binary"}
    return next((mime for word, mime in words.items() if word in name), "video/mp4")


B = "boundary"
HEAD = 'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png'
PNG = samples.png()


def form(*parts: tuple[str, bytes], end: str = f"--{B}--\r\n") -> bytes:
    written = (f"--{B}\r\n{head}\r\n\r\n".encode() + body + b"\r\n" for head, body in parts)
    return b"".join(written) + end.encode()


FORMS: dict[str, tuple[str, bytes]] = {
    "no boundary named": ("multipart/form-data", form((HEAD, PNG))),
    "empty boundary": ('multipart/form-data; boundary=""', form((HEAD, PNG))),
    "another boundary": ("multipart/form-data; boundary=other", form((HEAD, PNG))),
    "a long boundary": (f"multipart/form-data; boundary={'b' * 300}", form((HEAD, PNG))),
    "not a form": ("application/json", b"{}"),
    "no type": ("", form((HEAD, PNG))),
    "nothing": (f"multipart/form-data; boundary={B}", b""),
    "no parts": (f"multipart/form-data; boundary={B}", form()),
    "no end": (f"multipart/form-data; boundary={B}", form((HEAD, PNG), end="")),
    "cut off": (f"multipart/form-data; boundary={B}", form((HEAD, PNG))[:-40]),
    "a nameless part": (f"multipart/form-data; boundary={B}", form(("Content-Disposition: form-data", PNG))),
    "no disposition": (f"multipart/form-data; boundary={B}", form(("Content-Type: image/png", PNG))),
    "bare line feeds": (f"multipart/form-data; boundary={B}", form((HEAD, PNG)).replace(b"\r\n", b"\n")),
    "a part without headers": (f"multipart/form-data; boundary={B}", form(("", PNG))),
    "a header of 1 MB": (f"multipart/form-data; boundary={B}", form((HEAD + "\r\nX: " + "x" * 1_000_000, PNG))),
    "a thousand headers": (f"multipart/form-data; boundary={B}", form((HEAD + "\r\nX: x" * 1000, PNG))),
    "10,000 tiny parts": (
        f"multipart/form-data; boundary={B}",
        form(*((f'Content-Disposition: form-data; name="n{n}"', b"x") for n in range(10_000)), (HEAD, PNG)),
    ),
    "a file as text": (f"multipart/form-data; boundary={B}", form((HEAD.replace("file", "description", 1), PNG))),
    "a description in UTF-16": (
        f"multipart/form-data; boundary={B}",
        form((HEAD, PNG), ('Content-Disposition: form-data; name="description"', "ä".encode("utf-16"))),
    ),
    "many dashes": (f"multipart/form-data; boundary={B}", b"--" * 500_000),
    "many carriage returns": (f"multipart/form-data; boundary={B}", b"\r" * 1_000_000),
}


# HeyGen's form has no description; it ignores unknown parts.
MALFORMED = [
    (endpoint, name)
    for endpoint in (KREA, HEYGEN_V3)
    for name in FORMS
    if endpoint is KREA or "description" not in name
]


@pytest.mark.parametrize(("endpoint", "name"), MALFORMED, ids=lambda value: getattr(value, "name", value))
def test_malformed_form_gets_400(http: httpx.Client, key: str, endpoint: Endpoint, name: str) -> None:
    type_, body = FORMS[name]
    path = "/assets" if endpoint is KREA else "/v3/assets"
    response = http.post(path, content=body, headers={"content-type": type_, **bearer(key)})
    assert response.status_code == 400, response.text
    endpoint.assert_error(response)


@pytest.mark.parametrize("size", [1, 70, 71, 100])
def test_boundary_of_usual_length_is_accepted(http: httpx.Client, key: str, size: int) -> None:
    body = form((HEAD, PNG)).replace(B.encode(), b"b" * size)
    headers = {"content-type": f"multipart/form-data; boundary={'b' * size}", **bearer(key)}
    assert http.post("/assets", content=body, headers=headers).status_code == 200


def test_valid_file_is_accepted_after_refused_one_of_same_name(http: httpx.Client, key: str) -> None:
    """A refusal leaves no state."""
    assert KREA.send(http, key, Sample(samples.truncated_png(), "image/png", "x.png")).status_code == 400
    assert KREA.send(http, key, Sample(samples.png(), "image/png", "x.png")).status_code == 200
