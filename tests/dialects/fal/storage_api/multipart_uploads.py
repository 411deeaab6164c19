"""Uploads in parts, as each of fal's clients speaks of them."""

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
    """A URL one step below, with the same query."""
    path, mark, query = url.partition("?")
    return f"{path}/{end}{mark}{query}"


class MultipartUpload(msgspec.Struct, frozen=True):
    """An upload in parts that has begun: `address` is what its parts and its completion are below."""

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
        """The part as a client lists it afterwards."""
        response = self.put(number, data)
        assert response.status_code == 200, response.text
        return {"partNumber": number, "etag": response.headers["etag"]}

    def complete(self, parts: Sequence[Part]) -> httpx.Response:
        return self.client.post(url_below(self.address, "complete"), json={"parts": parts}, headers=self.headers)


def begin_as_python(
    client: httpx.Client, account: Account, name: str = "", declared: str = "", **headers: str
) -> MultipartUpload:
    """As fal-client: with a key, below the file's own URL."""
    declared = {"X-Fal-File-Name": name, "Content-Type": declared}
    given = {**{key: text for key, text in declared.items() if text}, **headers}
    begun = BEGIN.send(client, account.key, headers=given).json()
    return MultipartUpload(
        client, auth(account.key), f"{begun['access_url']}/multipart/{begun['uploadId']}", begun["access_url"]
    )


def begin_as_javascript(
    client: httpx.Client, account: Account, name: str = "", declared: str = "", **headers: str
) -> MultipartUpload:
    """As @fal-ai/client: with a token in the URL, and no key."""
    declared = {"file_name": name or None, "content_type": declared or None}
    begun = INITIATE_PARTS.send(client, account.key, json=declared, headers=headers).json()
    return MultipartUpload(client, {}, begun["upload_url"], begun["file_url"])


Begin = Callable[..., MultipartUpload]
WAYS: dict[str, Begin] = {"python": begin_as_python, "javascript": begin_as_javascript}


def etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()}"'


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def put_all_parts(upload: MultipartUpload, data: bytes, size: int) -> list[Part]:
    """All parts of the data, in order."""
    return [upload.keep(number, piece) for number, piece in enumerate(cut(data, size), 1)]


def more(*names: str) -> Counter[str]:
    """One more of each, to be added to what was in stored."""
    return Counter(names)
