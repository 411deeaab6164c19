"""Asking the provider of a keep, with the key that came with it or that its workspace has stored."""

from collections.abc import Mapping

import msgspec

from mediatheque.errors import LibraryError
from mediatheque.library.keep.keeps import key_context
from mediatheque.library.keep.provider import Provider, Report, RequestRef
from mediatheque.library.keep.provider_keys import ProviderKeys
from mediatheque.library.keep.vault import Vault
from mediatheque.model.keep import Keep


class Asking:
    """Providers, and the keys for them."""

    def __init__(self, providers: Mapping[str, Provider], keys: ProviderKeys, vault: Vault) -> None:
        self._providers = providers
        self._keys = keys
        self._vault = vault

    def provider_of(self, keep: Keep) -> Provider:
        """Return the keep's provider. Raises `LibraryError` when this server does not know it."""
        try:
            return self._providers[keep.provider]
        except KeyError:
            raise LibraryError(f"This server knows no provider {keep.provider}.") from None

    async def ask(self, keep: Keep) -> Report | None:
        """Return what the provider tells of the request now; None when it cannot be asked, without a key or an id.

        Raises `SecretLost`, and what `Provider.ask` raises. The reason of a failure does not repeat the key.
        """
        key = await self._key_of(keep)
        if keep.request_id is None or key is None:
            return None
        request = RequestRef(request_id=keep.request_id, endpoint=keep.endpoint)
        report = await self.provider_of(keep).ask(request, key)
        return msgspec.structs.replace(report, reason=report.reason and report.reason.replace(key, "***"))

    async def _key_of(self, keep: Keep) -> str | None:
        if keep.sealed_key is not None:
            return self._vault.open(keep.sealed_key, key_context(keep.workspace_id))
        return await self._keys.reveal(keep.workspace_id, keep.provider)
