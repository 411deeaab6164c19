"""Hooks: URLs for the providers' webhooks, and what arrives there."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec
import uuid_utils.compat as uuids

from mediatheque.errors import Malformed, NotFound, SignatureRefused
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.library.keep import record
from mediatheque.library.keep.config import KeepConfig
from mediatheque.library.keep.labels import check_labels
from mediatheque.library.keep.provider import Delivery, Progress, Provider, Report, RequestRef, read_json
from mediatheque.library.keep.provider_keys import ProviderKeys
from mediatheque.library.keep.vault import SecretLost, Vault
from mediatheque.model import Cursor, Principal
from mediatheque.model.keep import Hook, Keep, Labels
from mediatheque.records.database import Database
from mediatheque.records.keep import hooks as rows

_TOKEN_PREFIX = "mth_"  # noqa: S105 - by which logs hide it
_TOKEN_BYTES = 32


class NewHook(msgspec.Struct, frozen=True):
    """A new hook, and its token, which is not stored."""

    hook: Hook
    token: str


class Hooks:
    """Operations on hooks: create, list, delete, and receive what providers send."""

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

    async def create(
        self,
        principal: Principal,
        provider: str,
        labels: Labels,
        *,
        endpoint: str | None = None,
        secret: str | None = None,
        claim: Claim | None = None,
    ) -> NewHook:
        """Create a hook, with the secret that the provider signs with if it is known.

        Raises `NotFound` for labels that do not exist, and `Invalid` for an endpoint that the provider cannot have.
        """
        workspace_id = principal.workspace_id
        if endpoint is not None:
            self._providers[provider].check(RequestRef(request_id="any", endpoint=endpoint), to_ask=False)
        hook = Hook(
            id=uuids.uuid7(),
            workspace_id=workspace_id,
            key_id=principal.key_id,
            provider=provider,
            created_at=datetime.now(UTC),
            endpoint=endpoint,
            labels=labels,
            sealed_secret=self._seal(workspace_id, secret) if secret else None,
        )
        created = NewHook(hook, _TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES))
        async with self._database.transaction() as conn:
            await check_labels(conn, workspace_id, labels)
            await rows.insert(conn, hook, _hash(created.token))
            await store_reply(conn, claim, created)
        return created

    async def page(self, workspace_id: UUID, after: Cursor | None, limit: int) -> tuple[list[Hook], bool]:
        """Return at most `limit` hooks after the cursor, newest first, and whether there are more."""
        async with self._database.connection() as conn:
            found = await rows.page(conn, workspace_id, after, limit + 1)
        return found[:limit], len(found) > limit

    async def get(self, workspace_id: UUID, id: UUID) -> Hook:
        """Return the hook. Raises `NotFound`."""
        async with self._database.connection() as conn:
            hook = await rows.find(conn, workspace_id, id)
        if hook is None:
            raise NotFound
        return hook

    async def set_secret(self, workspace_id: UUID, id: UUID, secret: str, claim: Claim | None = None) -> Hook:
        """Set or replace the secret that the provider signs with. Raises `NotFound`."""
        async with self._database.transaction() as conn:
            hook = await rows.find(conn, workspace_id, id, lock=True)
            if hook is None:
                raise NotFound
            hook = msgspec.structs.replace(hook, sealed_secret=self._seal(workspace_id, secret))
            await rows.set_secret(conn, hook, hook.sealed_secret or b"")
            await store_reply(conn, claim, hook)
        return hook

    async def delete(self, workspace_id: UUID, id: UUID, claim: Claim | None = None) -> None:
        """Revoke the hook: what is sent to it from now on is unknown. Raises `NotFound`."""
        async with self._database.transaction() as conn:
            if not await rows.delete(conn, workspace_id, id):
                raise NotFound
            await store_reply(conn, claim, None)

    async def authorize(self, provider: str, token: str) -> Hook:
        """Return the provider's hook with this token. Raises `NotFound`."""
        find = partial(self._find, provider, token)
        hook = await self._database.repeat_after_outage(find)
        if hook is None:
            raise NotFound
        return hook

    async def receive(self, hook: Hook, headers: Mapping[str, str], body: bytes) -> Keep | None:
        """Verify a webhook and record durably what it announces. Return None when that is nothing to keep.

        The same request again, in any order, is the same keep. Raises `SignatureRefused`, and `Malformed` or `Invalid`
        when the provider cannot have sent this; then nothing is stored.
        """
        provider = self._providers[hook.provider]
        await provider.verify(
            Delivery(headers=headers, body=body, received_at=datetime.now(UTC), secret=self._secret(hook, provider))
        )
        report = await asyncio.to_thread(_read, provider, body)
        if report.request_id is None:
            return None
        provider.check(RequestRef(request_id=report.request_id, endpoint=report.endpoint), to_ask=False)
        if not provider.signs and await self._keys.has(hook.workspace_id, hook.provider):
            report = Report(
                progress=Progress.RUNNING, request_id=report.request_id, endpoint=report.endpoint
            )  # what somebody says whom nobody knows is asked for
        return await self._database.repeat_after_outage(partial(self._record, hook, report))

    async def _record(self, hook: Hook, report: Report) -> Keep:
        subject = report.request_id or ""
        keep = record.new_keep(hook.workspace_id, hook.provider, subject, self._lifetime, hook.labels)
        keep = msgspec.structs.replace(keep, request_id=subject, endpoint=report.endpoint or hook.endpoint)
        async with self._database.transaction() as conn:
            return await record.begin(conn, keep, report, self._lifetime, revives=False)

    async def _find(self, provider: str, token: str) -> Hook | None:
        async with self._database.connection() as conn:
            return await rows.find_by_token(conn, _hash(token), provider)

    def _seal(self, workspace_id: UUID, secret: str) -> bytes:
        return self._vault.seal(secret, _context(workspace_id))

    def _secret(self, hook: Hook, provider: Provider) -> str | None:
        if not provider.signs_with_secret:
            return None
        if hook.sealed_secret is None:
            raise SignatureRefused("This hook does not know the secret that its webhooks are signed with.")
        try:
            return self._vault.open(hook.sealed_secret, _context(hook.workspace_id))
        except SecretLost as error:
            raise SignatureRefused("The secret of this hook cannot be read; set it again.") from error


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _context(workspace_id: UUID) -> str:
    return f"hook of {workspace_id}"


def _read(provider: Provider, body: bytes) -> Report:
    """Read the webhook, which may hold megabytes. Raises `Malformed` and `Invalid`."""
    try:
        return provider.read(read_json(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("The webhook is not valid JSON.") from error
