"""Every setting of every room, added up. The only reader of the environment.

A setting is looked for in the environment (`MEDIATHEQUE_` + section + name, upper case, joined by `_`; with `_FILE`
behind it, the name of a file with the value), then in the TOML file that `MEDIATHEQUE_CONFIG` names, then its default
applies. `docs/settings.md` lists them all.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
import structlog
from msgspec import Meta

from mediatheque import environment as variables
from mediatheque.blobs.config import BlobsConfig
from mediatheque.embedding import check_installed
from mediatheque.embedding.config import EmbeddingConfig, with_absolute_folder
from mediatheque.embedding.errors import ModelError
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.http.middleware.cors import CorsConfig
from mediatheque.http.middleware.request import RequestConfig
from mediatheque.http.rate_config import RateConfig
from mediatheque.library.ingest.policy import GIB
from mediatheque.library.keep.config import KeepConfig
from mediatheque.media.config import SandboxConfig
from mediatheque.providers.config import ProvidersConfig
from mediatheque.records.connections.config import DatabaseConfig
from mediatheque.redaction import hide, remember
from mediatheque.setting_values import convert

_PREFIX = "MEDIATHEQUE_"
_EXPORTED = "MEDIATHEQUE_RESOLVED"
"""The variable in which `serve` hands its finished configuration to the processes it starts."""
_IN_DATA_FOLDER = {
    "blobs.location": "blobs",
    "blobs.spool": "incoming",
    "embedding.cache": "models",
    "keep.key_file": "keep.key",
}
"""Settings whose default is a folder or a file in the data folder, by its name there."""
_PROBLEM = re.compile(r"(?P<text>.*) - at `\$\.(?P<key>[\w.]+)[^`]*`", re.DOTALL)
"""A message of msgspec; `key` is a setting, or the section whose `__post_init__` raised `text`."""
_log = structlog.get_logger()


class ConfigError(Exception):
    """A setting or an argument has a value that cannot work; the message is one line for the operator."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What `mediatheque` runs with."""

    data: Path = Path("mediatheque-data")
    """Folder of the embedded database, the blobs and the lock."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8000
    """Port to listen on."""
    server_processes: Annotated[int, Meta(ge=1, le=64)] = 1
    """Processes that answer requests; `serve --workers` sets it, too."""
    run_worker: bool = True
    """Run a worker process beside them, for tasks and housekeeping."""
    decoder_processes: Annotated[int, Meta(ge=1)] = 2
    """Processes of each server process that probe media files, one file at a time each; as many more decode pixels
    when they are needed."""
    public_url: Annotated[str, Meta(pattern=r"^https?://[^\s/?#]+[^\s?#]*$")] | None = None
    """URL under which clients reach this server, used in URLs that it returns; by default the URL of each request."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks (`10.0.0.0/8`) of reverse proxies, separated by commas, whose X-Forwarded-Proto and
    X-Forwarded-Host make up those URLs when there is no public URL, and whose X-Forwarded-For tells the address of
    the client in the audit log; `*` trusts every client."""
    accel_redirect: Annotated[str, Meta(pattern=r"^(/[\w.~-]+)+/?$")] | None = None
    """Location in the configuration of nginx in front that stands for the store of blobs, such as `/_blobs/`: nginx
    then sends the bytes of files; by default this server sends them."""
    max_upload_bytes: Annotated[int, Meta(ge=1)] = 5 * GIB
    """Largest file, in bytes, where the vendor of a dialect names no limit."""
    max_versions: Annotated[int, Meta(ge=0, le=1000)] = 20
    """Older versions that are kept of each asset whose content is replaced, the oldest is deleted; 0 keeps none."""
    keep_alive_seconds: Annotated[int, Meta(ge=1, le=86_400)] = 75
    """Seconds for which a connection stays open without a request, and that the headers of a request may take; longer
    than a load balancer keeps its connections, mostly 60."""
    max_connections: Annotated[int, Meta(ge=16)] = 1024
    """Most connections of each server process, fewer where the limit of open files is lower; others wait."""
    drain_seconds: Annotated[int, Meta(ge=1, le=1800)] = 60
    """Seconds that requests in flight may take after SIGTERM, and tasks after them, 1 to 1800."""
    sweep_seconds: Annotated[int, Meta(ge=1)] = 300
    """Seconds between two rounds of garbage collection, in each worker process."""
    trash_days: Annotated[int, Meta(ge=0, le=3650)] = 30
    """Days for which deleted assets stay in the trash, 0 to 3650; with 0 they are deleted at once."""
    audit_days: Annotated[int, Meta(ge=1, le=36_500)] = 400
    """Days for which entries of the audit log are kept."""
    database: DatabaseConfig = DatabaseConfig()
    blobs: BlobsConfig = BlobsConfig()
    embedding: EmbeddingConfig = EmbeddingConfig()
    request: RequestConfig = RequestConfig()
    cors: CorsConfig = CorsConfig()
    rate: RateConfig = RateConfig()
    fetch: FetchConfig = FetchConfig()
    sandbox: SandboxConfig = SandboxConfig()
    keep: KeepConfig = KeepConfig()
    providers: ProvidersConfig = ProvidersConfig()


_RENAMED = {
    "workers": "server_processes",
    "worker": "run_worker",
    "sandbox.workers": "decoder_processes",
    "database_url": "database.url",
    "pool_max": "database.pool_max",
    "blobs": "blobs.location",
    "blobs_public_endpoint": "blobs.public_endpoint",
    "embedder": "embedding.model",
    **{f"gate.{name}": f"request.{name}" for name in RequestConfig.__struct_fields__},
}
"""Former keys of settings, which are understood with a warning, and the present ones."""


def load(environment: Mapping[str, str], **arguments: Any) -> Config:
    """Read the configuration from arguments, environment, file and defaults; the first of them that has a value wins.

    An argument is named as its variable: `embedding_model` for `embedding.model`; None is no value.
    Raises ConfigError when a setting is wrong or unknown; the message names it.
    """
    _tell_service_links(environment)
    given = {key: arguments[name] for key in settings() if (name := _argument(key)) in arguments}
    values = {
        **_from_file(_read(environment, _PREFIX + "CONFIG")),
        **_from_environment(environment),
        **{key: value for key, text in given.items() if (value := _parsed(key, text, key)) is not None},
    }
    remember((value for value in values.values() if isinstance(value, str)), environment)
    data = Path(values.get("data") or Config().data).absolute()
    values["data"] = str(data)
    for key, folder in _IN_DATA_FOLDER.items():
        values[key] = values.get(key) or str(data / folder)
    if isinstance(model := values.get("embedding.model"), str):
        values["embedding.model"] = with_absolute_folder(model)
    try:
        return msgspec.convert(_nested(values), Config, strict=False, dec_hook=_decode)
    except ValueError as error:
        raise _translate(error) from None


def with_database_url(config: Config, url: str) -> Config:
    """Return the configuration with the URL of the database that runs."""
    return msgspec.structs.replace(config, database=msgspec.structs.replace(config.database, url=url))


def check_model_installed(config: Config) -> None:
    """Raise ConfigError when the configured model is in a package that is not installed."""
    try:
        check_installed(config.embedding.model)
    except ModelError as error:
        raise wrong_setting("embedding.model", error) from None


@cache
def settings() -> Mapping[str, Any]:
    """Return every setting by its key in the file (`sandbox.memory_bytes`), with its type."""
    return dict(_walk(Config))


def variable(key: str) -> str:
    """Return the environment variable of a setting. Raises KeyError when there is no such setting."""
    if key not in settings():
        raise KeyError(key)
    return _PREFIX + _argument(key).upper()


def wrong_setting(key: str, problem: object) -> ConfigError:
    """Return the error that says what is wrong with a setting and names its key and its variable."""
    return ConfigError(hide(f"configuration: {key} ({variable(key)}): {problem}"))


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return variables that begin like settings and are no settings: misspelt, most likely."""
    known = {*map(variable, settings()), *map(_former_variable, _RENAMED), _PREFIX + "CONFIG", _EXPORTED}
    return variables.unknown(environment, _PREFIX, known)


def export_config(config: Config) -> None:
    """Put the configuration into the environment of this process, for the processes that it starts."""
    os.environ[_EXPORTED] = msgspec.json.encode(config, enc_hook=str).decode()


def import_config() -> Config:
    """Take the configuration that the parent process exported out of the environment: it may hold credentials."""
    config = msgspec.json.decode(os.environ.pop(_EXPORTED), type=Config, dec_hook=_decode)
    remember((config.database.url, config.database.direct_url, config.blobs.location, config.rate.storage), os.environ)
    return config


def _walk(section: type, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, hint in get_type_hints(section).items():
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            yield from _walk(hint, f"{prefix}{name}.")
        else:
            yield prefix + name, hint


def _argument(key: str) -> str:
    return key.replace(".", "_")


def _former_variable(key: str) -> str:
    return _PREFIX + _argument(key).upper()


def _from_file(path: str | None) -> dict[str, Any]:
    """Return the settings of the file by their keys. Raises ConfigError when it cannot be read or has unknown ones."""
    if path is None or variables.is_absent(path):
        return {}
    try:
        values = dict(_flat(tomllib.loads(variables.decode(Path(path).read_bytes()))))
    except (OSError, ValueError) as error:
        raise ConfigError(hide(f"configuration: {_PREFIX}CONFIG: {path}: {_reason(error)}")) from None
    for key in values:
        if key not in settings() and key not in _RENAMED:
            raise ConfigError(f"configuration: {path}: unknown setting {key}")
    for former in values.keys() & _RENAMED.keys():
        value, key = values.pop(former), _RENAMED[former]
        _log.warning("setting_renamed", file=path, former=former, use=key)
        values.setdefault(key, value)
    parsed = {key: _parsed(key, value, key) for key, value in values.items()}
    return {key: value for key, value in parsed.items() if value is not None}


def _flat(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings in the environment by their keys; where a former variable and its successor are set, the
    successor counts.
    """
    values: dict[str, Any] = {}
    for former, key in _RENAMED.items():
        name = _former_variable(former)
        if name != variable(key) and (value := _parsed(key, _read(environment, name), name)) is not None:
            _log.warning("setting_renamed", former=name, use=variable(key))
            values[key] = value
    for key in settings():
        if (value := _parsed(key, _read(environment, variable(key)), variable(key))) is not None:
            values[key] = value
    return values


def _read(environment: Mapping[str, str], name: str) -> str | None:
    try:
        return variables.read(environment, name)
    except ValueError as error:
        raise ConfigError(hide(f"configuration: {name}: {error}")) from None


def _parsed(key: str, value: Any, name: str) -> Any:
    """Return the value of a text by the type of its setting; None when it stands for no value."""
    if not isinstance(value, str):
        return value
    try:
        return convert(key, settings()[key], value)
    except ValueError as error:
        remember((value,), {})
        if name in (key, variable(key)):
            raise wrong_setting(key, error) from None
        raise ConfigError(hide(f"configuration: {name}: {error}")) from None


def _tell_service_links(environment: Mapping[str, str]) -> None:
    """Log which variables a container platform has set for a service of our name: they look like settings."""
    ours = sorted(name for name in environment if name.startswith(_PREFIX))
    if links := [name for name in ours if variables.is_service_link(name, environment[name])]:
        _log.info("service_links_ignored", variables=links)


def _reason(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        (nested.setdefault(section, {}) if section else nested)[name] = value
    return nested


def _decode(kind: type, value: Any) -> Any:
    """Convert what msgspec has no conversion for: paths."""
    return kind(value)


def _translate(error: ValueError) -> ConfigError:
    """Name the setting that msgspec, or the `__post_init__` of a section in the form `name: problem`, complains of."""
    found = _PROBLEM.fullmatch(str(error))
    if not found:
        return ConfigError(hide(f"configuration: {error}"))
    key, problem = found["key"], found["text"]
    name, colon, rest = problem.partition(": ")
    if colon and f"{key}.{name}" in settings():
        key, problem = f"{key}.{name}", rest
    return wrong_setting(key, problem) if key in settings() else ConfigError(f"configuration: {key}: {problem}")
