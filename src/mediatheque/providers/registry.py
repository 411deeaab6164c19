"""Every provider."""

from collections.abc import Mapping

from mediatheque.http.fetch.config import FetchConfig
from mediatheque.library.keep.config import KeepConfig
from mediatheque.library.keep.provider import Provider
from mediatheque.providers.config import ProvidersConfig
from mediatheque.providers.fal import Fal
from mediatheque.providers.heygen import HeyGen
from mediatheque.providers.krea import Krea
from mediatheque.providers.replicate import Replicate
from mediatheque.providers.service import Access


def open_providers(config: ProvidersConfig, keep: KeepConfig, fetch: FetchConfig) -> Mapping[str, Provider]:
    """Return every provider by its name."""

    def access(url: str, hosts: tuple[str, ...]) -> Access:
        return Access.of(url, hosts, config, keep, fetch)

    found: tuple[Provider, ...] = (
        Fal(access(config.fal_url, config.fal_hosts), config),
        HeyGen(access(config.heygen_url, config.heygen_hosts), config.leeway_seconds),
        Krea(access(config.krea_url, config.krea_hosts)),
        Replicate(access(config.replicate_url, config.replicate_hosts), config.leeway_seconds),
    )
    return {provider.name: provider for provider in found}
