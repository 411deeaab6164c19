"""S3's own calls, those that obstore has not: an upload in parts, and URLs that clients send to."""

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from obstore.store import S3Store

from mediatheque.blobs.errors import map_os_errors
from mediatheque.blobs.object_store.connection import ANSWER_SECONDS
from mediatheque.blobs.object_store.s3_client import S3Settings
from mediatheque.blobs.store import ENDS_EARLY, Presigned
from mediatheque.errors import BlobsUnavailable, LibraryError, NotFound, StorageFull

_GONE = frozenset({"NoSuchUpload", "NoSuchKey", "InvalidPart"})
_FULL = 507
"""MinIO's status for a disk that is full, and WebDAV's."""

_HEADERS = {
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
}

_log = structlog.get_logger()


class S3:
    """Calls on objects by their names below the prefix, each on a thread. Sends nothing before the first.

    Every call raises `NotFound` for what is not there, `StorageFull` and `BlobsUnavailable`.
    """

    def __init__(self, store: S3Store, public_endpoint: str = "") -> None:
        settings = S3Settings(store)
        self._client = settings.client()
        self._signer = settings.client(public_endpoint) if public_endpoint else self._client
        self._encryption = settings.encryption
        self._bucket = settings.bucket
        self._prefix = f"{store.prefix}/" if store.prefix else ""
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="s3")

    async def begin(self, name: str) -> str:
        """Begins an upload in parts and returns its id."""
        begin = partial(self._client.create_multipart_upload, **self._at(name), **self._encryption)
        begun = await self._call(begin, ANSWER_SECONDS)
        return str(begun["UploadId"])

    async def send(self, name: str, upload: str, number: int, path: Path, size: int) -> str:
        """Sends the file's `size` bytes as a part, never whole in memory, and returns its tag."""
        part = partial(self._client.upload_part, **self._at(name), UploadId=upload, PartNumber=number)
        return str((await self._call(partial(_pour, part, path, size)))["ETag"])

    async def put(self, name: str, path: Path, size: int) -> None:
        """Sends the file's `size` bytes as an object."""
        put = partial(self._client.put_object, **self._at(name), **self._encryption)
        await self._call(partial(_pour, put, path, size))

    async def complete(self, name: str, upload: str, tags: dict[int, str]) -> None:
        """Joins the parts with these numbers and tags into the object, and forgets the others."""
        parts = {"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in tags.items()]}
        complete = partial(self._client.complete_multipart_upload, **self._at(name), UploadId=upload)
        await self._call(partial(complete, MultipartUpload=parts))

    async def abort(self, name: str, upload: str) -> None:
        """Removes the parts."""
        abort = partial(self._client.abort_multipart_upload, **self._at(name), UploadId=upload)
        await self._call(abort, ANSWER_SECONDS)

    async def presign(self, name: str, size: int, seconds: int) -> Presigned:
        """A URL that takes exactly `size` bytes by PUT: their number is signed."""
        parameters = {**self._at(name), **self._encryption, "ContentLength": size}
        sign = partial(self._signer.generate_presigned_url, "put_object", Params=parameters, ExpiresIn=seconds)
        url = await self._call(sign, ANSWER_SECONDS)
        return Presigned(str(url), {_HEADERS[parameter]: value for parameter, value in self._encryption.items()})

    async def close(self) -> None:
        """Waits for calls in flight."""
        await asyncio.to_thread(self._threads.shutdown)

    def _at(self, name: str) -> dict[str, Any]:
        return {"Bucket": self._bucket, "Key": self._prefix + name}

    async def _call(self, work: Callable[[], Any], seconds: float | None = None) -> Any:
        """What takes longer than `seconds` counts as no answer."""
        with _map_s3_errors(), map_os_errors():
            async with asyncio.timeout(seconds):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _pour(call: Callable[..., Any], path: Path, size: int) -> Any:
    with path.open("rb") as body:
        if os.fstat(body.fileno()).st_size != size:
            raise BlobsUnavailable(ENDS_EARLY)
        return call(Body=body, ContentLength=size)


@contextmanager
def _map_s3_errors() -> Iterator[None]:
    """Turns what botocore raises into this library's words. Its messages name objects: only codes are logged."""
    try:
        yield
    except ClientError as error:
        raise _to_library_error(error) from error
    except BotoCoreError as error:
        _log.warning("blob store does not answer", error=type(error).__name__)
        raise BlobsUnavailable from error


def _to_library_error(error: ClientError) -> LibraryError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in _GONE:
        return NotFound()
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    _log.warning("blob store refuses", verb=error.operation_name, code=code, status=status)
    return StorageFull() if status == _FULL else BlobsUnavailable()
