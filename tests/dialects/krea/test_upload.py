"""POST /assets: answers and forms."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.krea.endpoints import GET, UPLOAD, auth
from tests.dialects.sizes import wav_of
from tests.dialects.wire.form import BOUNDARY, CONTENT_TYPE, file_part, form, part, text_part
from tests.server import Serve

KEYS = ["id", "image_url", "url", "uploaded_at", "width", "height", "size_bytes", "mime_type", "metadata"]
# The displayed size of each sample; audio and 3D models have none.
SHOWN = {"image": (64, 48), "video": (64, 48), "audio": (None, None), "model": (None, None)}


def post(client: httpx.Client, key: str, *parts: bytes) -> httpx.Response:
    return client.post("/assets", content=form(*parts), headers={**auth(key), "Content-Type": CONTENT_TYPE})


def stem_of(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[1]


@pytest.mark.parametrize("mime", sorted(UPLOAD.types))
def test_upload_response_is_complete(client: httpx.Client, server: Serve, account: Account, mime: str) -> None:
    data = samples.ACCEPTED[mime]()
    response = post(client, account.key, file_part(data, filename="holiday"))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    asset = response.json()
    assert list(asset) == KEYS
    assert str(UUID(asset["id"])) == asset["id"]
    assert (asset["width"], asset["height"]) == SHOWN[mime.split("/", maxsplit=1)[0]]
    assert (asset["size_bytes"], asset["mime_type"]) == (len(data), mime)
    uploaded = datetime.fromisoformat(asset["uploaded_at"])
    assert abs(datetime.now(UTC) - uploaded) < timedelta(minutes=5)
    assert asset["image_url"].startswith(f"{server.url}/files/b/")
    assert asset["url"] == asset["image_url"]
    assert asset["metadata"] == {"title": "holiday", "name": stem_of(asset["url"])}
    served = client.get(asset["image_url"])
    assert (served.content, served.headers["content-type"]) == (data, mime)


def test_dimensions_follow_exif_orientation(client: httpx.Client, account: Account) -> None:
    asset = post(client, account.key, file_part(samples.jpeg(60, 40, orientation=6))).json()
    assert (asset["width"], asset["height"]) == (40, 60)


@pytest.mark.parametrize("first", ["file", "description"])
def test_description_is_accepted_before_or_after_file(client: httpx.Client, account: Account, first: str) -> None:
    parts = [file_part(samples.png()), text_part("description", "Ein Bär — 熊 🐻\nzweite Zeile")]
    asset = post(client, account.key, *(parts if first == "file" else parts[::-1])).json()
    assert list(asset) == [*KEYS, "description"]
    assert asset["description"] == "Ein Bär — 熊 🐻\nzweite Zeile"
    assert GET.send(client, account.key, path=f"/assets/{asset['id']}").json() == asset


def test_empty_description_is_absent(client: httpx.Client, account: Account) -> None:
    assert list(post(client, account.key, text_part("description", ""), file_part(samples.png())).json()) == KEYS


def test_longest_description_is_stored(client: httpx.Client, account: Account) -> None:
    text = "🐻" * 10_000
    response = post(client, account.key, text_part("description", text), file_part(samples.png()))
    assert response.json()["description"] == text


@pytest.mark.parametrize(
    "text",
    [b"x" * 10_001, "🐻".encode() * 10_001, b"x" * 1_000_000, b"\xff\xfe", b"caf\xe9", b"\xed\xa0\x80", b"a\0b"],
    ids=lambda text: repr(text[:8]) + str(len(text)),
)
def test_invalid_description_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, text: bytes
) -> None:
    before = stored.count(account)
    for parts in (
        [text_part("description", text), file_part(samples.png())],
        [file_part(samples.png()), text_part("description", text)],
    ):
        response = post(client, account.key, *parts)
        assert response.status_code == 400
        UPLOAD.check_error(response, None)
    stored.expect_counts(account, before)


def test_repeated_description_is_refused(client: httpx.Client, account: Account) -> None:
    twice = [text_part("description", "a"), text_part("description", "b"), file_part(samples.png())]
    assert post(client, account.key, *twice).status_code == 400


@pytest.mark.parametrize(
    ("filename", "extended", "expected"),
    [
        ("holiday.png", None, "holiday.png"),
        ("holiday", None, "holiday.png"),
        ("holiday.jpg", None, "holiday.jpg.png"),
        ("HOLIDAY.PNG", None, "HOLIDAY.PNG"),
        ("Grüße aus 東京 🎌.png", None, "Grüße aus 東京 🎌.png"),
        ("fallback.png", "UTF-8''Gr%C3%BC%C3%9Fe%20%E2%82%AC.png", "Grüße €.png"),
        (None, "UTF-8''na%C3%AFve.png", "naïve.png"),
        (None, "utf-8'de'%E2%82%AC.png", "€.png"),
        ("plain.png", "UTF-8''%FF%FE.png", "plain.png"),
        ("plain.png", "nonsense", "plain.png"),
        ("/etc/passwd", None, "passwd.png"),
        ("C:\\Users\\me\\a.png", None, "a.png"),
        ("..", None, "file.png"),
        (".hidden.png", None, "hidden.png"),
        ("a%22b%0D%0Ac.png", None, "a_bc.png"),
        ("x" * 500 + ".png", None, "x" * 196 + ".png"),
        (None, None, "file.png"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_filename_becomes_url_name(
    client: httpx.Client, account: Account, filename: str | None, extended: str | None, expected: str
) -> None:
    asset = post(client, account.key, file_part(samples.png(), filename=filename, extended=extended)).json()
    assert stem_of(asset["image_url"]) == quote(expected, safe="")
    assert client.get(asset["image_url"]).content == samples.png()


def test_other_boundary_styles_are_accepted(client: httpx.Client, account: Account) -> None:
    """The boundary of httpx, and a quoted boundary with preamble and epilogue."""
    assert (
        client.post("/assets", files={"file": ("a.png", samples.png())}, headers=auth(account.key)).status_code == 200
    )
    body = b"preamble\r\n" + form(file_part(samples.png())) + b"epilogue\r\n"
    quoted = {"Content-Type": f'Multipart/Form-Data; charset=utf-8; boundary="{BOUNDARY.decode()}"'}
    assert client.post("/assets", content=body, headers={**auth(account.key), **quoted}).status_code == 200


def test_part_header_names_ignore_case(client: httpx.Client, account: Account) -> None:
    shouted = part('CONTENT-DISPOSITION: FORM-DATA; NAME="file"; FILENAME="a.png"', samples.png())
    assert post(client, account.key, shouted).status_code == 200


def test_same_content_is_stored_once(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    data = samples.png(seed=21)
    first, second = (post(client, fresh.key, file_part(data)).json() for _ in range(2))
    assert first["id"] != second["id"]
    counts = stored.count(fresh)
    assert (counts["blob"], counts["file"], counts["asset"]) == (1, 2, 2)


def test_size_limit_is_exact(client: httpx.Client, account: Account, stored: StoredData) -> None:
    accepted = UPLOAD.upload(client, account.key, wav_of(UPLOAD.limit))
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["size_bytes"] == UPLOAD.limit
    before = stored.count(account)
    refused = UPLOAD.upload(client, account.key, wav_of(UPLOAD.limit + 1))
    assert refused.status_code == 400
    UPLOAD.check_error(refused, None)
    stored.expect_counts(account, before)
