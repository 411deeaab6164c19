"""Keeps: accepting, reading, canceling and retrying them."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.errors import Conflict, Invalid, Missing, NotFound
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.library.keep import record
from mediatheque.library.keep.config import KeepConfig
from mediatheque.library.keep.labels import check_labels
from mediatheque.library.keep.outputs import find_outputs
from mediatheque.library.keep.provider import Progress, Provider, Report, RequestRef
from mediatheque.library.keep.provider_keys import ProviderKeys
from mediatheque.library.keep.vault import Vault
from mediatheque.model import Cursor
from mediatheque.model.keep import Keep, KeepFilter, KeepState, Labels
from mediatheque.model.urls import normal_form
from mediatheque.records.database import Connection, Database
from mediatheque.records.keep import keeps as rows
from mediatheque.records.keep import outputs as output_rows


class KeepOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a client wants kept: a request by its id or a URL of the API, the URL of an output, or a result it has.

    `key` is the provider's API key for this keep alone.
    """

    provider: str
    request_id: str | None = None
    url: str | None = None
    response: Any = None
    endpoint: str | None = None
    key: str | None = None
    labels: Labels = Labels()


class Keeps:
    """Operations on keeps."""

    def __init__(
        self,
        database: Database,
        providers: Mapping[str, Provider],
        keys: ProviderKeys,
        vault: Vault,
        config: KeepConfig,
    ) -> None:
        self._database = database
        self._providers = providers
        self._keys = keys
        self._vault = vault
        self._lifetime = timedelta(hours=config.give_up_hours)

    async def accept(self, workspace_id: UUID, order: KeepOrder, claim: Claim | None = None) -> Keep:
        """Record durably what is to be kept, and return the keep. The same request again is the same keep.

        One that failed or was canceled begins again. Raises `Invalid` and `Missing` for an order that cannot work, and
        `NotFound` for labels that do not exist.
        """
        provider = self._providers[order.provider]
        reference, report = await asyncio.to_thread(_resolve, provider, order)  # megabytes, perhaps
        subject = await asyncio.to_thread(_subject, order, reference)
        is_asked = report is None or report.progress is Progress.RUNNING
        if is_asked and order.key is None and not await self._keys.has(workspace_id, order.provider):
            raise Missing(f"An API key of {order.provider} is needed: none is stored.", param="key")
        keep = msgspec.structs.replace(
            record.new_keep(workspace_id, order.provider, subject, self._lifetime, order.labels),
            request_id=reference and reference.request_id,
            endpoint=(reference and reference.endpoint) or order.endpoint,
            sealed_key=self._seal(workspace_id, order.key),
        )
        return await self._database.repeat_after_outage(partial(self._accept, keep, report, claim))

    async def get(self, workspace_id: UUID, id: UUID) -> Keep:
        """Return the keep with its outputs. Raises `NotFound`."""
        async with self._database.connection() as conn:
            return await _with_outputs(conn, await rows.find(conn, workspace_id, id))

    async def page(
        self, workspace_id: UUID, wanted: KeepFilter, after: Cursor | None, limit: int
    ) -> tuple[list[Keep], bool]:
        """Return at most `limit` keeps with their outputs after the cursor, newest first, and whether more follow."""
        async with self._database.connection() as conn:
            found = await rows.page(conn, workspace_id, wanted, after, limit + 1)
            outputs = await output_rows.list_all(conn, [keep.id for keep in found[:limit]])
        shown = [msgspec.structs.replace(keep, outputs=outputs[keep.id]) for keep in found[:limit]]
        return shown, len(found) > limit

    async def cancel(self, workspace_id: UUID, id: UUID, claim: Claim | None = None) -> Keep:
        """Give the keep up; what is kept stays. Raises `NotFound`, and `Conflict` when it has ended."""
        async with self._database.transaction() as conn:
            keep = await _locked(conn, workspace_id, id)
            if keep.has_ended:
                raise Conflict(f"This keep has ended: it is {keep.state.value}.")
            keep = await _with_outputs(conn, await record.end(conn, keep, KeepState.CANCELED, "A client canceled it."))
            await store_reply(conn, claim, keep)
        return keep

    async def retry(self, workspace_id: UUID, id: UUID, key: str | None, claim: Claim | None = None) -> Keep:
        """Begin a dead letter again, with the provider's API key if one is given.

        Raises `NotFound`, and `Conflict` when the keep has not failed.
        """
        async with self._database.transaction() as conn:
            keep = await _locked(conn, workspace_id, id)
            if keep.state is not KeepState.FAILED:
                raise Conflict(f"Only a keep that has failed is retried; this one is {keep.state.value}.")
            keep = await record.revive(conn, keep, self._lifetime)
            keep = msgspec.structs.replace(keep, sealed_key=self._seal(workspace_id, key))
            keep = await _with_outputs(conn, await record.learn(conn, keep, None))
            await store_reply(conn, claim, keep)
        return keep

    async def _accept(self, keep: Keep, report: Report | None, claim: Claim | None) -> Keep:
        async with self._database.transaction() as conn:
            await check_labels(conn, keep.workspace_id, keep.labels)
            keep = await record.begin(conn, keep, report, self._lifetime, revives=True)
            keep = await _with_outputs(conn, keep)
            await store_reply(conn, claim, keep)
        return keep

    def _seal(self, workspace_id: UUID, key: str | None) -> bytes | None:
        return self._vault.seal(key, key_context(workspace_id)) if key else None


def key_context(workspace_id: UUID) -> str:
    """Return the context in which the key of a keep is sealed."""
    return f"keep of {workspace_id}"


def _resolve(provider: Provider, order: KeepOrder) -> tuple[RequestRef | None, Report | None]:
    """Return the request that the order names, and what is known about it already."""
    if order.response is not None:
        report = provider.read(order.response)
        id = order.request_id or report.request_id
        reference = RequestRef(request_id=id, endpoint=order.endpoint or report.endpoint) if id else None
        if reference is None and report.progress is not Progress.DONE:
            raise Invalid("The response is not a result, and does not name its request.", param="response")
        if reference:
            provider.check(reference, to_ask=report.progress is Progress.RUNNING)
        return reference, report
    if order.url is not None:
        reference = provider.parse_url(order.url)
        if reference is None:
            return None, Report(progress=Progress.DONE, outputs=_only_output(order.url))
    elif order.request_id is not None:
        reference = RequestRef(request_id=order.request_id, endpoint=order.endpoint)
    else:
        raise Missing("One of request_id, url and response is required.", param="request_id")
    provider.check(reference, to_ask=True)
    return reference, None


def _only_output(url: str) -> Any:
    found = find_outputs(url, certain=True)
    if not found:
        raise Invalid("url is neither an http URL nor a data URI.", param="url")
    return found


def _subject(order: KeepOrder, reference: RequestRef | None) -> str:
    """Return what identifies the result: equal for equal orders."""
    if reference:
        return reference.request_id
    named = normal_form(order.url) if order.url else msgspec.json.encode(order.response, order="sorted").decode()
    return f"sha256:{hashlib.sha256(named.encode('utf-8', 'surrogatepass')).hexdigest()}"


async def _locked(conn: Connection, workspace_id: UUID, id: UUID) -> Keep:
    keep = await rows.lock(conn, id, workspace_id)
    if keep is None:
        raise NotFound
    return keep


async def _with_outputs(conn: Connection, keep: Keep | None) -> Keep:
    if keep is None:
        raise NotFound
    return msgspec.structs.replace(keep, outputs=(await output_rows.list_all(conn, [keep.id]))[keep.id])
