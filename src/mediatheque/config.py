"""Every setting of every room, added up. The only reader of the environment.

A setting is looked for in the environment (`MEDIATHEQUE_` + section + name, upper case, joined by `_`), then in the
TOML file that `MEDIATHEQUE_CONFIG` names, then its default applies. `docs/settings.md` lists them all.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta

from mediatheque.blobs.config import BlobsConfig as StoreConfig
from mediatheque.embedding.config import EmbeddingConfig, absolute
from mediatheque.http.fetch.fetch import FetchConfig
from mediatheque.http.middleware.cors import CorsConfig
from mediatheque.http.middleware.request import RequestConfig
from mediatheque.http.rate_limit import RateConfig
from mediatheque.library.ingest.policy import GIB
from mediatheque.media.config import SandboxConfig
from mediatheque.records.database import DatabaseConfig

_PREFIX = "MEDIATHEQUE_"
# How `serve` hands its finished configuration to the server processes it starts.
_EXPORTED = "MEDIATHEQUE_RESOLVED"
# Parts of this size are joined without a copy: both of fal's clients send them (fal-client 1.0.3, @fal-ai/client 1.10).
_PART_BYTES = 10 * 1024 * 1024


class ConfigError(Exception):
    """A setting that cannot be right; `serve` stops with this line."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What `mediatheque` runs with."""

    data: Path = Path("mediatheque-data")
    """Folder of the embedded database, the blobs and the lock."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8000
    """Port to listen on."""
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    """Server processes."""
    worker: bool = True
    """Run a worker process beside them, for work that is put off and for housekeeping."""
    database_url: str | None = None
    """A PostgreSQL of your own, 15 or later with pgvector; without one, the embedded PostgreSQL runs."""
    blobs: str | None = None
    """Where bytes are kept: a folder, or `s3://bucket?endpoint=...`; without one, `blobs` in the data folder."""
    blobs_public_endpoint: Annotated[str, Meta(pattern=r"^https?://[^/?#]+/?$")] | None = None
    """Address under which clients reach an S3 bucket, when it differs from the endpoint: used in presigned URLs."""
    public_url: Annotated[str, Meta(pattern=r"^https?://[^/?#]+[^?#]*$")] | None = None
    """The address the world reaches this server under; without one, that of each request is used in URLs."""
    max_upload_bytes: Annotated[int, Meta(ge=1)] = 5 * GIB
    """Largest file for doors whose vendor names no limit."""
    drain_seconds: Annotated[int, Meta(ge=1, le=1800)] = 60
    """How long requests in flight may go on after SIGTERM, and tasks after them, 1 to 1800."""
    sweep_seconds: Annotated[int, Meta(ge=1)] = 300
    """Pause between two rounds of collecting what nothing refers to, in each worker process."""
    embedder: str = "basic"
    """What makes vectors for the search: `basic`, or `onnx-clip:` and a folder; changed by `mediatheque reindex`."""
    pool_max: Annotated[int, Meta(ge=2)] = 16
    """Database connections of each server or worker process."""
    gate: RequestConfig = RequestConfig()
    cors: CorsConfig = CorsConfig()
    rate: RateConfig = RateConfig()
    fetch: FetchConfig = FetchConfig()
    sandbox: SandboxConfig = SandboxConfig()

    def database(self, url: str | None = None) -> DatabaseConfig:
        """How to reach PostgreSQL, at `url` or where this configuration says."""
        return DatabaseConfig(url=url or self.database_url or "", pool_max=self.pool_max)

    def embedding(self) -> EmbeddingConfig:
        """What makes vectors, and where it keeps what it made of its weights."""
        return EmbeddingConfig(model=absolute(self.embedder), cache=self.data / "models")

    def store(self) -> StoreConfig:
        """Where bytes are kept."""
        return StoreConfig(
            location=self.blobs or str(self.data / "blobs"),
            spool=self.data / "incoming",
            public_endpoint=self.blobs_public_endpoint or "",
            slot_bytes=_PART_BYTES,
        )


def load(environment: Mapping[str, str], **arguments: Any) -> Config:
    """The configuration from arguments (those that are not None), environment, file and defaults.

    `ConfigError` names the setting that is wrong or unknown.
    """
    settings = _from_file(environment.get(_PREFIX + "CONFIG"))
    _merge_environment(settings, Config, _PREFIX, environment)
    settings.update({name: value for name, value in arguments.items() if value is not None})
    try:
        config = msgspec.convert(settings, Config, strict=False)
        config.store()
        config.embedding()
    except ValueError as error:
        raise ConfigError(f"configuration: {error}") from None
    return msgspec.structs.replace(config, data=config.data.absolute())


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like settings and are none: mistakes, most likely."""
    known = {*_variables(Config, _PREFIX), _PREFIX + "CONFIG", _EXPORTED}
    return sorted(name for name in environment if name.startswith(_PREFIX) and name not in known)


def export_config(config: Config) -> None:
    """Leave the configuration in this process's environment, for the processes it starts."""
    os.environ[_EXPORTED] = msgspec.json.encode(config, enc_hook=str).decode()


def import_config() -> Config:
    """The configuration that the parent process left; taken out, since it may hold credentials."""
    return msgspec.json.decode(os.environ.pop(_EXPORTED), type=Config, dec_hook=lambda kind, value: kind(value))


def _from_file(path: str | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        with Path(path).open("rb") as file:
            settings = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{_PREFIX}CONFIG: {error}") from None
    _refuse_unknown(settings, Config, "")
    return settings


def _refuse_unknown(settings: Mapping[str, Any], shape: type, where: str) -> None:
    hints = get_type_hints(shape)
    for name, value in settings.items():
        if name not in hints:
            raise ConfigError(f"unknown setting {where}{name}")
        if isinstance(value, dict) and isinstance(hints[name], type):
            _refuse_unknown(value, hints[name], f"{name}.")


def _merge_environment(settings: dict[str, Any], shape: type, prefix: str, environment: Mapping[str, str]) -> None:
    for variable, path, hint in _walk(shape, prefix):
        if variable in environment:
            section = settings
            for name in path[:-1]:
                section = section.setdefault(name, {})
            section[path[-1]] = _parsed(environment[variable], hint)


def _variables(shape: type, prefix: str) -> Iterator[str]:
    return (variable for variable, _, _ in _walk(shape, prefix))


def _walk(shape: type, prefix: str, path: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Every setting: its variable, the names that lead to it, and its type."""
    for name, hint in get_type_hints(shape).items():
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            yield from _walk(hint, f"{prefix}{name.upper()}_", (*path, name))
        else:
            yield prefix + name.upper(), (*path, name), hint


def _parsed(text: str, hint: Any) -> Any:
    """The text of a variable; for lists, its parts between commas."""
    if getattr(hint, "__origin__", None) is not tuple:
        return text
    return [part.strip() for part in text.split(",") if part.strip()]
