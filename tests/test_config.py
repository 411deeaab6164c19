import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from structlog.testing import capture_logs

import mediatheque
from mediatheque.config import Config, ConfigError, load, settings, unknown_variables, variable, wrong_setting

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "settings.md"
SOURCES = Path(mediatheque.__file__).parent
OLD_NAMES = {
    "workers": ("3", "server_processes", 3),
    "worker": ("false", "run_worker", False),
    "sandbox.workers": ("3", "decoder_processes", 3),
    "database_url": ("postgresql:///x", "database.url", "postgresql:///x"),
    "pool_max": ("7", "database.pool_max", 7),
    "blobs": ("s3://bucket", "blobs.location", "s3://bucket"),
    "embedder": ("onnx-clip:/models/clip", "embedding.model", "onnx-clip:/models/clip"),
    "gate.access_log": ("false", "request.access_log", False),
}
"""Names of settings in the first version: a value as text, the present key, and the value there."""


def field_docs(section: type) -> dict[str, str]:
    """The string below each field of the section."""
    docs: dict[str, str] = {}
    for base in reversed(section.__mro__):
        if base.__module__.startswith("mediatheque."):
            [definition] = ast.parse(inspect.getsource(base)).body
            assert isinstance(definition, ast.ClassDef)
            for field, below in zip(definition.body, definition.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
                    docs[ast.unparse(field.target)] = " ".join(ast.literal_eval(below.value).split("\n\n")[0].split())
    return docs


def rows(section: type = Config, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every setting by its key, and the row that documents it."""
    docs = field_docs(section)
    for field in msgspec.structs.fields(section):
        hint = get_type_hints(section)[field.name]
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            yield from rows(hint, f"{prefix}{field.name}.")
        else:
            key = prefix + field.name
            default = " ".join(field.default) if isinstance(field.default, tuple) else str(field.default)
            shown = "none" if key in IN_DATA_FOLDER or default in ("", "None") else f"`{default}`"
            yield key, f"| `{variable(key)}` | {shown} | {docs[field.name]} |"


IN_DATA_FOLDER = {"blobs.location", "blobs.spool", "embedding.cache", "keep.key_file"}


def value(config: Config, key: str) -> Any:
    found: Any = config
    for name in key.split("."):
        found = getattr(found, name)
    return found


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = set(re.findall(r"^\| `(MEDIATHEQUE_\w+)`", PAGE.read_text(), re.MULTILINE))
    assert documented == {variable(key) for key, _ in rows()} | {"MEDIATHEQUE_CONFIG"}


def test_documented_defaults_and_meanings_are_those_of_the_code() -> None:
    page = PAGE.read_text().splitlines()
    assert [row for _, row in rows() if row not in page] == []


def test_messages_help_texts_and_pages_name_existing_variables() -> None:
    existing = {*map(variable, settings()), "MEDIATHEQUE_CONFIG", "MEDIATHEQUE_RESOLVED"}
    existing |= {f"{name}_FILE" for name in existing}
    existing.add("MEDIATHEQUE_KEY")  # a client's own variable, in examples
    texts = [file.read_text() for file in (DOCS.parent / "README.md", *DOCS.rglob("*.md")) if file != PAGE]
    for file in SOURCES.rglob("*.py"):
        texts += [
            node.value
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
    named = {name for text in texts for name in re.findall(r"MEDIATHEQUE_[A-Z]\w*", text)}
    assert named - existing == set()
    assert "MEDIATHEQUE_SANDBOX_MEMORY_BYTES" in named


def test_only_existing_settings_can_be_called_wrong() -> None:
    message = "configuration: sandbox.memory_bytes (MEDIATHEQUE_SANDBOX_MEMORY_BYTES): too small"
    assert str(wrong_setting("sandbox.memory_bytes", "too small")) == message
    with pytest.raises(KeyError):
        wrong_setting("media.memory_bytes", "too small")


def test_every_default_can_be_given_in_the_environment(tmp_path: Path) -> None:
    plain = load({"MEDIATHEQUE_DATA": str(tmp_path)})
    defaults = {key: value(plain, key) for key in settings()}
    environment = {
        variable(key): ",".join(value) if isinstance(value, tuple) else str(value)
        for key, value in defaults.items()
        if value is not None
    }
    assert load(environment) == plain


def test_folders_are_in_the_data_folder_by_default(tmp_path: Path) -> None:
    file = tmp_path / "mediatheque.toml"
    file.write_text(f'data = "{tmp_path}/library"\n')
    config = load({"MEDIATHEQUE_CONFIG": str(file)})
    assert config.data == tmp_path / "library"
    assert config.blobs.folder == tmp_path / "library" / "blobs"
    assert config.blobs.spool == tmp_path / "library" / "incoming"
    assert config.embedding.cache == tmp_path / "library" / "models"


@pytest.mark.parametrize("old", OLD_NAMES)
def test_old_names_in_the_environment_are_understood_with_a_warning(old: str) -> None:
    text, key, expected = OLD_NAMES[old]
    name = "MEDIATHEQUE_" + old.replace(".", "_").upper()
    with capture_logs() as logs:
        config = load({name: text})
    assert value(config, key) == expected
    assert unknown_variables({name: text}) == []
    warnings = [log for log in logs if log["event"] == "setting_renamed"]
    if name == variable(key):
        assert warnings == []
    else:
        assert [(log["log_level"], log["former"], log["use"]) for log in warnings] == [("warning", name, variable(key))]


@pytest.mark.parametrize("old", OLD_NAMES)
def test_old_names_in_the_file_are_understood_with_a_warning(old: str, tmp_path: Path) -> None:
    text, key, expected = OLD_NAMES[old]
    section, _, name = old.rpartition(".")
    file = tmp_path / "mediatheque.toml"
    quoted = text if text.isdecimal() or text == "false" else f'"{text}"'
    file.write_text((f"[{section}]\n" if section else "") + f"{name} = {quoted}\n")
    with capture_logs() as logs:
        config = load({"MEDIATHEQUE_CONFIG": str(file)})
    assert value(config, key) == expected
    warnings = [log for log in logs if log["event"] == "setting_renamed"]
    assert [(log["log_level"], log["former"], log["use"]) for log in warnings] == [("warning", old, key)]


def test_present_names_beat_old_ones(tmp_path: Path) -> None:
    assert load({"MEDIATHEQUE_WORKERS": "3", "MEDIATHEQUE_SERVER_PROCESSES": "2"}).server_processes == 2
    file = tmp_path / "mediatheque.toml"
    file.write_text("workers = 3\nserver_processes = 2\n")
    assert load({"MEDIATHEQUE_CONFIG": str(file)}).server_processes == 2
    assert load({"MEDIATHEQUE_CONFIG": str(file), "MEDIATHEQUE_WORKERS": "4"}).server_processes == 4


def test_arguments_beat_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mediatheque.toml"
    file.write_text('host = "file"\nport = 1\nserver_processes = 3\n[request]\naccess_log = false\n')
    environment = {"MEDIATHEQUE_CONFIG": str(file), "MEDIATHEQUE_PORT": "2", "MEDIATHEQUE_HOST": "environment"}
    config = load(environment, host="argument", server_processes=None)
    assert (config.host, config.port, config.server_processes) == ("argument", 2, 3)
    assert config.request.access_log is False


def test_lists_are_parted_by_commas() -> None:
    assert load({"MEDIATHEQUE_FETCH_HOSTS": "none"}).fetch.hosts == ()
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
        ({"MEDIATHEQUE_SERVER_PROCESSES": "0"}, r"server_processes \(MEDIATHEQUE_SERVER_PROCESSES\): .*>= 1"),
        ({"MEDIATHEQUE_DRAIN_SECONDS": "0"}, "drain_seconds"),
        ({"MEDIATHEQUE_SWEEP_SECONDS": "0"}, "sweep_seconds"),
        ({"MEDIATHEQUE_MAX_UPLOAD_BYTES": "0"}, "max_upload_bytes"),
        ({"MEDIATHEQUE_PUBLIC_URL": "media.example.com"}, "public_url"),
        ({"MEDIATHEQUE_ACCEL_REDIRECT": "_blobs"}, "accel_redirect"),
        ({"MEDIATHEQUE_ACCEL_REDIRECT": "https://media.example.com/_blobs/"}, "accel_redirect"),
        ({"MEDIATHEQUE_ACCEL_REDIRECT": "/_blobs?x"}, "accel_redirect"),
        ({"MEDIATHEQUE_BLOBS_LOCATION": "ftp://somewhere"}, "ftp"),
        ({"MEDIATHEQUE_RATE_LIMIT": "often"}, r"rate\.limit"),
        ({"MEDIATHEQUE_RUN_WORKER": "perhaps"}, "run_worker"),
        ({"MEDIATHEQUE_CORS_ORIGINS": "app.example"}, "cors.origins"),
        ({"MEDIATHEQUE_CORS_ORIGINS": "https://app.example/"}, "cors.origins"),
        ({"MEDIATHEQUE_CORS_MAX_AGE": "-1"}, "cors.max_age"),
        ({"MEDIATHEQUE_DECODER_PROCESSES": "0"}, "decoder_processes"),
        (
            {"MEDIATHEQUE_SANDBOX_MEMORY_BYTES": "0"},
            r"sandbox\.memory_bytes \(MEDIATHEQUE_SANDBOX_MEMORY_BYTES\): must be at least 1, not 0",
        ),
        ({"MEDIATHEQUE_BLOBS_PUBLIC_ENDPOINT": "media.example"}, "blobs.public_endpoint"),
        ({"MEDIATHEQUE_BLOBS_PUBLIC_ENDPOINT": "http://media.example"}, "MEDIATHEQUE_BLOBS_PUBLIC_ENDPOINT"),
        ({"MEDIATHEQUE_EMBEDDING_MODEL": "clip"}, "MEDIATHEQUE_EMBEDDING_MODEL"),
        ({"MEDIATHEQUE_EMBEDDING_THREADS": "0"}, "MEDIATHEQUE_EMBEDDING_THREADS"),
        ({"MEDIATHEQUE_DATABASE_POOL_MAX": "1"}, "MEDIATHEQUE_DATABASE_POOL_MAX"),
        ({"MEDIATHEQUE_FETCH_NETWORKS": "everywhere"}, r"fetch\.networks .*everywhere"),
        ({"MEDIATHEQUE_CONFIG": "/does/not/exist.toml"}, "MEDIATHEQUE_CONFIG"),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], names: str) -> None:
    with pytest.raises(ConfigError, match=names):
        load(environment)


def test_an_unknown_setting_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mediatheque.toml"
    file.write_text("[request]\nacess_log = false\n")
    with pytest.raises(ConfigError, match=r"request\.acess_log"):
        load({"MEDIATHEQUE_CONFIG": str(file)})


def test_unknown_variables_are_found() -> None:
    environment = {
        "MEDIATHEQUE_PORTS": "1",
        "MEDIATHEQUE_PORT": "1",
        "MEDIATHEQUE_REQUEST_ACCESS_LOG": "1",
        "HOME": "/",
    }
    assert unknown_variables(environment) == ["MEDIATHEQUE_PORTS"]
