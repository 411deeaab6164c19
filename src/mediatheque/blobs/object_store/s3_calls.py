"""Calls of the S3 API that obstore does not have: multipart uploads and presigned URLs for clients."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from obstore.store import S3Store

from mediatheque.blobs.errors import map_os_errors
from mediatheque.blobs.object_store.connection import REQUEST_TIMEOUT_SECONDS
from mediatheque.blobs.object_store.s3_client import S3Settings
from mediatheque.blobs.store import TRUNCATED_MESSAGE, Presigned
from mediatheque.blobs.threads import ThreadRunner
from mediatheque.errors import BlobsUnavailable, LibraryError, NotFound, StorageFull

_NOT_FOUND = frozenset({"NoSuchUpload", "NoSuchKey", "InvalidPart"})
_FULL = 507
"""MinIO's status for a full disk, and WebDAV's."""

_HEADERS = {
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
}

_log = structlog.get_logger()


class S3:
    """Calls on objects by their names below the prefix, each on a thread. Sends nothing before the first.

    Every call raises `NotFound` (no such object, upload or part), `StorageFull` and `BlobsUnavailable`.
    """

    def __init__(self, store: S3Store, public_endpoint: str = "") -> None:
        settings = S3Settings(store)
        self._client = settings.client()
        self._signer = settings.client(public_endpoint) if public_endpoint else self._client
        self._encryption = settings.encryption
        self._bucket = settings.bucket
        self._prefix = f"{store.prefix}/" if store.prefix else ""
        self._threads = ThreadRunner(8, "s3")

    async def create_multipart_upload(self, name: str) -> str:
        """Return the id of a new multipart upload."""
        create = partial(self._client.create_multipart_upload, **self._at(name), **self._encryption)
        created = await self._call(create, REQUEST_TIMEOUT_SECONDS)
        return str(created["UploadId"])

    async def upload_part(self, name: str, upload_id: str, number: int, path: Path, size: int) -> str:
        """Send the file's `size` bytes as a part, never whole in memory, and return its ETag."""
        upload = partial(self._client.upload_part, **self._at(name), UploadId=upload_id, PartNumber=number)
        return str((await self._call(partial(_send_file, upload, path, size)))["ETag"])

    async def put_object(self, name: str, path: Path, size: int) -> None:
        """Send the file's `size` bytes as an object."""
        put = partial(self._client.put_object, **self._at(name), **self._encryption)
        await self._call(partial(_send_file, put, path, size))

    async def complete_multipart_upload(self, name: str, upload_id: str, etags: dict[int, str]) -> None:
        """Join the parts with these numbers and ETags into the object, and delete the others."""
        parts = {"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in etags.items()]}
        complete = partial(self._client.complete_multipart_upload, **self._at(name), UploadId=upload_id)
        await self._call(partial(complete, MultipartUpload=parts))

    async def abort_multipart_upload(self, name: str, upload_id: str) -> None:
        """Delete the parts."""
        abort = partial(self._client.abort_multipart_upload, **self._at(name), UploadId=upload_id)
        await self._call(abort, REQUEST_TIMEOUT_SECONDS)

    async def presign(self, name: str, size: int, seconds: int) -> Presigned:
        """Return a URL that accepts a PUT of exactly `size` bytes: Content-Length is signed."""
        parameters = {**self._at(name), **self._encryption, "ContentLength": size}
        sign = partial(self._signer.generate_presigned_url, "put_object", Params=parameters, ExpiresIn=seconds)
        url = await self._call(sign, REQUEST_TIMEOUT_SECONDS)
        return Presigned(str(url), {_HEADERS[parameter]: value for parameter, value in self._encryption.items()})

    async def close(self) -> None:
        """Wait for the calls in flight."""
        await self._threads.close()

    def _at(self, name: str) -> dict[str, Any]:
        return {"Bucket": self._bucket, "Key": self._prefix + name}

    async def _call(self, work: Callable[[], Any], seconds: float | None = None) -> Any:
        """Run the call on a thread. Raises `BlobsUnavailable` when it takes longer than `seconds`."""
        with _map_s3_errors(), map_os_errors():
            async with asyncio.timeout(seconds):
                return await self._threads.run(work)


def _send_file(call: Callable[..., Any], path: Path, size: int) -> Any:
    with path.open("rb") as body:
        if os.fstat(body.fileno()).st_size != size:
            raise BlobsUnavailable(TRUNCATED_MESSAGE)
        return call(Body=body, ContentLength=size)


@contextmanager
def _map_s3_errors() -> Iterator[None]:
    """Turn what botocore raises into errors of the library. Its messages name objects, so only codes are logged."""
    try:
        yield
    except ClientError as error:
        raise _to_library_error(error) from error
    except BotoCoreError as error:
        _log.warning("blob_store_unavailable", error=type(error).__name__)
        raise BlobsUnavailable from error


def _to_library_error(error: ClientError) -> LibraryError:
    code = error.response.get("Error", {}).get("Code", "")
    if code in _NOT_FOUND:
        return NotFound()
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    _log.warning("blob_store_refused", operation=error.operation_name, code=code, status=status)
    return StorageFull() if status == _FULL else BlobsUnavailable()
