"""Multipart uploads, as fal's Python client, its JavaScript client and its serverless SDK make them."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import msgspec

from tests.dialects.database.snapshot import Account
from tests.dialects.fal.endpoints import BEGIN, INITIATE_PARTS, auth

Part = dict[str, Any]


def url_below(url: str, end: str) -> str:
    """Append a path segment to the URL and keep its query."""
    path, mark, query = url.partition("?")
    return f"{path}/{end}{mark}{query}"


class MultipartUpload(msgspec.Struct, frozen=True):
    """A multipart upload in progress. Parts and completion are below `address`."""

    client: httpx.Client
    headers: Mapping[str, str]
    address: str
    url: str

    @property
    def id(self) -> str:
        return self.address.partition("?")[0].rpartition("/")[2]

    def put(self, number: int | str, data: bytes) -> httpx.Response:
        return self.client.put(url_below(self.address, str(number)), content=data, headers=self.headers)

    def keep(self, number: int, data: bytes) -> Part:
        """Send the part and return its entry for the completion."""
        response = self.put(number, data)
        assert response.status_code == 200, response.text
        return {"partNumber": number, "etag": response.headers["etag"]}

    def complete(self, parts: Sequence[Part]) -> httpx.Response:
        return self.client.post(url_below(self.address, "complete"), json={"parts": parts}, headers=self.headers)

    def complete_at_last(self, parts: Sequence[Part]) -> httpx.Response:
        """Complete again after a 503, which a slow machine gives while another request joins the parts for seconds."""
        while (answer := self.complete(parts)).status_code == 503:
            pass
        return answer


class SdkUpload(MultipartUpload, frozen=True):
    """An upload of fal's serverless SDK (`MultipartUploadGCS` of `fal` 1.83).

    The SDK appends to the whole upload URL, asks for the URL of each part, and sends no API key with the bytes. Its
    package needs far more than these requests (gRPC, docker), so it is not a dependency of the tests.
    """

    @property
    def id(self) -> str:
        return self.address.rpartition("/gcs/")[0].rpartition("/")[2]

    def put(self, number: int | str, data: bytes) -> httpx.Response:
        opened = self.client.post(f"{self.address}/{number}", headers=self.headers)
        return self.client.put(opened.json()["upload_url"], content=data) if opened.is_success else opened

    def keep(self, number: int, data: bytes) -> Part:
        response = self.put(number, data)
        assert response.status_code == 200, response.text
        return {"part_number": number, "etag": response.headers["etag"].strip('"')}


def begin_as_python(
    client: httpx.Client, account: Account, name: str = "", declared: str = "", **headers: str
) -> MultipartUpload:
    """Begin as fal-client does: with a key, below the file's URL."""
    declared = {"X-Fal-File-Name": name, "Content-Type": declared}
    given = {**{key: text for key, text in declared.items() if text}, **headers}
    begun = BEGIN.send(client, account.key, headers=given).json()
    return MultipartUpload(
        client, auth(account.key), f"{begun['access_url']}/multipart/{begun['uploadId']}", begun["access_url"]
    )


def begin_as_javascript(
    client: httpx.Client, account: Account, name: str = "", declared: str = "", **headers: str
) -> MultipartUpload:
    """Begin as @fal-ai/client does: with a token in the URL and no key."""
    declared = {"file_name": name or None, "content_type": declared or None}
    begun = INITIATE_PARTS.send(client, account.key, json=declared, headers=headers).json()
    return MultipartUpload(client, {}, begun["upload_url"], begun["file_url"])


def begin_as_sdk(
    client: httpx.Client, account: Account, name: str = "", declared: str = "", **headers: str
) -> MultipartUpload:
    """Begin as the SDK does: with a key, and with a token in the path of the URL."""
    declared = {"file_name": name or None, "content_type": declared or None}
    path = f"{INITIATE_PARTS.path}?storage_type=gcs"
    begun = INITIATE_PARTS.send(client, account.key, path=path, json=declared, headers=headers).json()
    return SdkUpload(client, auth(account.key), begun["upload_url"], begun["file_url"])


Begin = Callable[..., MultipartUpload]
WAYS: dict[str, Begin] = {"python": begin_as_python, "javascript": begin_as_javascript, "sdk": begin_as_sdk}


def etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()}"'


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def put_all_parts(upload: MultipartUpload, data: bytes, size: int) -> list[Part]:
    """Send all parts of the data, in order."""
    return [upload.keep(number, piece) for number, piece in enumerate(cut(data, size), 1)]


def more(*names: str) -> Counter[str]:
    """Counts of one more file, to be added to earlier counts."""
    return Counter(names)
