"""The operations on keeps, put together."""

from collections.abc import Mapping

from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.ingest.sources import Importer
from mediatheque.library.keep.asking import Asking
from mediatheque.library.keep.config import KeepConfig
from mediatheque.library.keep.hooks import Hooks
from mediatheque.library.keep.keeps import Keeps
from mediatheque.library.keep.provider import Provider
from mediatheque.library.keep.provider_keys import ProviderKeys
from mediatheque.library.keep.saving import OutputSaver
from mediatheque.library.keep.vault import Vault
from mediatheque.library.keep.work import KeepWork
from mediatheque.records.database import Database


class KeepServices:
    """The operations on keeps, hooks and providers' keys, over one database and these providers."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        importer: Importer,
        config: KeepConfig,
        providers: Mapping[str, Provider],
    ) -> None:
        self.vault = Vault(config)
        self.provider_keys = ProviderKeys(database, self.vault)
        self.keeps = Keeps(database, providers, self.provider_keys, self.vault, config)
        self.hooks = Hooks(database, providers, self.provider_keys, self.vault, config)
        saver = OutputSaver(database, intake, importer, config)
        self.work = KeepWork(database, Asking(providers, self.provider_keys, self.vault), saver)
