import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import msgspec
import pytest

from mediatheque.config import Config, ConfigError, load, unknown_variables

DOCS = Path(__file__).parent.parent / "docs" / "settings.md"


def settings(shape: type = Config, prefix: str = "MEDIATHEQUE_") -> Iterator[tuple[str, type, str]]:
    """Every setting: its variable, the struct it lives in, its name there."""
    for name, hint in get_type_hints(shape).items():
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            yield from settings(hint, f"{prefix}{name.upper()}_")
        else:
            yield prefix + name.upper(), shape, name


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = set(re.findall(r"^\| `(MEDIATHEQUE_\w+)`", DOCS.read_text(), re.MULTILINE))
    assert documented == {variable for variable, _, _ in settings()} | {"MEDIATHEQUE_CONFIG"}


def test_arguments_beat_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mediatheque.toml"
    file.write_text('host = "file"\nport = 1\nworkers = 3\n[gate]\naccess_log = false\n')
    environment = {"MEDIATHEQUE_CONFIG": str(file), "MEDIATHEQUE_PORT": "2", "MEDIATHEQUE_HOST": "environment"}
    config = load(environment, host="argument", workers=None)
    assert (config.host, config.port, config.workers, config.gate.access_log) == ("argument", 2, 3, False)


def test_lists_are_parted_by_commas() -> None:
    config = load({"MEDIATHEQUE_FETCH_HOSTS": "a.example, b.example:9000,"})
    assert config.fetch.hosts == ("a.example", "b.example:9000")


def test_an_empty_list_is_a_list() -> None:
    assert load({"MEDIATHEQUE_CORS_ORIGINS": ""}).cors.origins == ()


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({"MEDIATHEQUE_PORT": "many"}, "port"),
        ({"MEDIATHEQUE_PORT": "0"}, "port"),
        ({"MEDIATHEQUE_PORT": "65536"}, "port"),
        ({"MEDIATHEQUE_WORKERS": "0"}, "workers"),
        ({"MEDIATHEQUE_DRAIN_SECONDS": "0"}, "drain_seconds"),
        ({"MEDIATHEQUE_SWEEP_SECONDS": "0"}, "sweep_seconds"),
        ({"MEDIATHEQUE_MAX_UPLOAD_BYTES": "0"}, "max_upload_bytes"),
        ({"MEDIATHEQUE_PUBLIC_URL": "media.example.com"}, "public_url"),
        ({"MEDIATHEQUE_BLOBS": "ftp://somewhere"}, "ftp"),
        ({"MEDIATHEQUE_RATE_LIMIT": "often"}, "rate"),
        ({"MEDIATHEQUE_WORKER": "perhaps"}, "worker"),
        ({"MEDIATHEQUE_CORS_ORIGINS": "app.example"}, "cors.origins"),
        ({"MEDIATHEQUE_CORS_ORIGINS": "https://app.example/"}, "cors.origins"),
        ({"MEDIATHEQUE_CORS_MAX_AGE": "-1"}, "cors.max_age"),
        ({"MEDIATHEQUE_SANDBOX_WORKERS": "0"}, "workers"),
        ({"MEDIATHEQUE_FETCH_NETWORKS": "everywhere"}, "everywhere"),
        ({"MEDIATHEQUE_CONFIG": "/does/not/exist.toml"}, "MEDIATHEQUE_CONFIG"),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], names: str) -> None:
    with pytest.raises(ConfigError, match=names):
        load(environment)


def test_an_unknown_setting_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mediatheque.toml"
    file.write_text("[gate]\nacess_log = false\n")
    with pytest.raises(ConfigError, match=r"gate\.acess_log"):
        load({"MEDIATHEQUE_CONFIG": str(file)})


def test_unknown_variables_are_found() -> None:
    environment = {"MEDIATHEQUE_PORTS": "1", "MEDIATHEQUE_PORT": "1", "MEDIATHEQUE_GATE_ACCESS_LOG": "1", "HOME": "/"}
    assert unknown_variables(environment) == ["MEDIATHEQUE_PORTS"]
