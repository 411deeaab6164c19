"""Saving one output of a keep as an asset. Safe to repeat: the asset's id was chosen before the first attempt."""

import re
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from mediatheque.errors import (
    Conflict,
    FetchFailed,
    Invalid,
    LibraryError,
    NotFound,
    StorageFull,
    Unavailable,
    UnsupportedKind,
    UrlRefused,
)
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.ingest.request import Body, IngestRequest
from mediatheque.library.ingest.sources import Importer, RemoteContent
from mediatheque.library.keep.config import KeepConfig
from mediatheque.library.keep.data_uri import DataUri
from mediatheque.library.keep.provider import Provider
from mediatheque.media.sandbox.sandbox import Unexamined
from mediatheque.model import Asset, Input, Origin, Provenance
from mediatheque.model.keep import Keep, KeepOutput, OutputState
from mediatheque.model.urls import normal_form
from mediatheque.records.database import Database
from mediatheque.records.keep import outputs as rows

_GONE = frozenset({401, 403, 404, 410, 451})
"""Answers of a URL that has ended, or never was."""
_MAX_GONE = 5
_MAX_EXAMINED = 3
_MAX_INDEXED_URL = 2_000
_MAX_INPUTS = 100
_MAX_NAME = 255
_MAX_REASON = 500
_FILE_PATH = re.compile(r"/files/b/(?P<id>[0-9a-f]{32})/")
"""The path of a file of this library, under whatever host; only files of the same workspace are looked for."""


class OutputSaver:
    """Fetches outputs and makes assets of them."""

    def __init__(self, database: Database, intake: Intake, importer: Importer, config: KeepConfig) -> None:
        self._database = database
        self._intake = intake
        self._importer = importer
        self._max_bytes = config.max_bytes

    async def save(self, keep: Keep, output: KeepOutput, provider: Provider, *, number: int) -> KeepOutput:
        """Return the output as it is after one attempt, and write that. `number` is its place among several, or 0.

        Raises `Unavailable` and `StorageFull`: those are no faults of the output.
        """
        output = msgspec.structs.replace(output, attempts=output.attempts + 1)
        try:
            asset_id = await self._asset_id(keep, output, provider, number)
        except (Unavailable, StorageFull):
            raise
        except LibraryError as error:
            output = _after(output, error)
        else:
            output = msgspec.structs.replace(output, asset_id=asset_id, state=OutputState.KEPT, reason=None)
        async with self._database.connection() as conn:
            await rows.update(conn, keep.id, output)
        return output

    async def _asset_id(self, keep: Keep, output: KeepOutput, provider: Provider, number: int) -> UUID:
        async with self._database.connection() as conn:
            if await rows.asset_exists(conn, keep.workspace_id, output.asset_id):
                return output.asset_id  # an attempt before this one ended between the asset and its record
        fields = _fields(keep, output, number)
        try:
            return (await self._import(keep, output, provider, fields)).id
        except (NotFound, Invalid):  # a tag or the collection is gone: the content matters more
            bare = msgspec.structs.replace(fields, tag_ids=(), collection_id=None)
            return (await self._import(keep, output, provider, bare)).id

    async def _import(self, keep: Keep, output: KeepOutput, provider: Provider, fields: AssetFields) -> Asset:
        is_data = output.url.startswith("data:")
        body: Body = DataUri(output.url, output.name) if is_data else provider.body(output.url)
        if not is_data and len(output.url) <= _MAX_INDEXED_URL:
            source = RemoteContent(output.url, body, self._max_bytes)
            return await self._importer.import_asset(keep.workspace_id, source, fields)
        request = IngestRequest(
            workspace_id=keep.workspace_id,
            body=body,
            policy=Policy(max_bytes=self._max_bytes),
            describe=lambda _: fields,
        )
        return await self._intake.create_asset(request)


def is_gone(error: LibraryError) -> bool:
    """Whether the error says that the URL has ended."""
    return isinstance(error, FetchFailed) and error.status in _GONE


def _after(output: KeepOutput, error: LibraryError) -> KeepOutput:
    """Return the output after an attempt that failed with the error."""
    reason = _reason(output, error)[:_MAX_REASON]
    if isinstance(error, FetchFailed | Conflict):
        gone = output.gone + is_gone(error)
        state = OutputState.FAILED if gone >= _MAX_GONE else OutputState.PENDING
        return msgspec.structs.replace(output, gone=gone, state=state, reason=reason)
    if isinstance(error, Unexamined) and output.attempts < _MAX_EXAMINED:
        return msgspec.structs.replace(output, state=OutputState.PENDING, reason=reason)
    is_other = isinstance(error, UnsupportedKind | UrlRefused) and not output.is_media
    return msgspec.structs.replace(output, state=OutputState.SKIPPED if is_other else OutputState.FAILED, reason=reason)


def _reason(output: KeepOutput, error: LibraryError) -> str:
    if isinstance(error, UrlRefused):
        try:
            host = urlsplit(output.url).hostname or "its host"
        except ValueError:  # what vendors write may look like a URL and be none
            return "This is no URL that can be read."
        return f"Outputs are not fetched from {host}: it is not among the allowed hosts."
    return error.message


def _fields(keep: Keep, output: KeepOutput, number: int) -> AssetFields:
    labels = keep.labels
    title = labels.title and (f"{labels.title} {number}" if number else labels.title)
    request_id = keep.request_id and keep.request_id[:_MAX_NAME]
    return AssetFields(
        id=output.asset_id,
        title=title,
        caption=keep.prompt,
        tags=labels.tags,
        tag_ids=labels.tag_ids,
        collection_id=labels.collection_id,
        metadata=labels.metadata,
        provenance=Provenance(
            declared_source=Origin.RESPONSE,
            request_id=request_id,
            endpoint=keep.endpoint,
            prompt=keep.prompt,
            inputs=tuple(map(_input, keep.inputs[:_MAX_INPUTS])) if request_id else (),
        ),
    )


def _input(url: str) -> Input:
    found = _FILE_PATH.search(url)
    return Input(url=normal_form(url), file_id=UUID(hex=found["id"]) if found else None)
