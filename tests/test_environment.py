"""The environment as container platforms, env files and files of secrets hand it over."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict
from structlog.testing import capture_logs

from mediatheque.config import ConfigError, load, unknown_variables
from mediatheque.environment import trim_credentials
from tests import command_line
from tests.server import free_port
from tests.test_config import value

KUBERNETES = {
    "MEDIATHEQUE_SERVICE_HOST": "10.0.0.7",
    "MEDIATHEQUE_SERVICE_PORT": "8000",
    "MEDIATHEQUE_SERVICE_PORT_HTTP": "8000",
    "MEDIATHEQUE_PORT": "tcp://10.0.0.7:8000",
    "MEDIATHEQUE_PORT_8000_TCP": "tcp://10.0.0.7:8000",
    "MEDIATHEQUE_PORT_8000_TCP_PROTO": "tcp",
    "MEDIATHEQUE_PORT_8000_TCP_PORT": "8000",
    "MEDIATHEQUE_PORT_8000_TCP_ADDR": "10.0.0.7",
    "MEDIATHEQUE_DATABASE_SERVICE_HOST": "10.0.0.8",
    "MEDIATHEQUE_DATABASE_PORT": "tcp://10.0.0.8:5432",
    "MEDIATHEQUE_DATABASE_PORT_5432_TCP_ADDR": "10.0.0.8",
}
DOCKER = {
    "MEDIATHEQUE_NAME": "/proxy/mediatheque",
    "MEDIATHEQUE_PORT": "udp://172.17.0.5:8000",
    "MEDIATHEQUE_PORT_8000_TCP_START": "tcp://172.17.0.5:8000",
    "MEDIATHEQUE_PORT_8000_TCP_PORT_END": "8003",
    "MEDIATHEQUE_ENV_LANG": "C.UTF-8",
}
PASSWORD = "hunter2/x"


@pytest.mark.parametrize("links", [KUBERNETES, DOCKER], ids=["Kubernetes", "Docker"])
def test_addresses_of_a_service_of_our_name_are_no_settings(links: dict[str, str]) -> None:
    with capture_logs() as logs:
        config = load(links)
    assert config == load({})
    assert unknown_variables(links) == []
    [line] = [log for log in logs if log["event"] == "service_links_ignored"]
    assert line["variables"] == sorted(links)
    assert load({**links, "MEDIATHEQUE_PORT": "81"}).port == 81


def test_a_misspelt_variable_is_no_service_link() -> None:
    assert unknown_variables({"MEDIATHEQUE_DATABASE_PORT": "5432"}) == ["MEDIATHEQUE_DATABASE_PORT"]


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", " \t{} ", '"{}"', "'{}'\n", '" {}\n"', "\ufeff{}", "{}\u00a0"])
def test_blanks_line_breaks_and_quotes_around_a_value_are_not_part_of_it(around: str) -> None:
    given = {
        "MEDIATHEQUE_PUBLIC_URL": "https://media.example",
        "MEDIATHEQUE_PORT": "81",
        "MEDIATHEQUE_RUN_WORKER": "no",
        "MEDIATHEQUE_BLOBS_LOCATION": "s3://bucket?region=us-east-1",
        "MEDIATHEQUE_DATABASE_URL": "host=db password=secret",
        "MEDIATHEQUE_CORS_ORIGINS": "https://app.example",
        "MEDIATHEQUE_DATA": "/srv/data",
    }
    assert load({name: around.format(text) for name, text in given.items()}) == load(given)
    assert load({}, host=around.format("::1")).host == "::1"


@pytest.mark.parametrize("absent", ["", " ", "\n", '""', "null", "None", "<no value>", "undefined"])
def test_an_absent_value_leaves_the_default_or_the_file(absent: str, tmp_path: Path) -> None:
    file = tmp_path / "mediatheque.toml"
    file.write_text('port = 81\npublic_url = ""\n')
    names = ("PUBLIC_URL", "PORT", "HOST", "DATA", "BLOBS_LOCATION", "DATABASE_URL", "EMBEDDING_MODEL")
    config = load({**{f"MEDIATHEQUE_{name}": absent for name in names}, "MEDIATHEQUE_CONFIG": str(file)})
    assert config == load({"MEDIATHEQUE_PORT": "81"})
    assert load({"MEDIATHEQUE_CONFIG": absent}) == load({})


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        *[("run_worker", text, True) for text in ("yes", "ON", "1", "True", "y", "enabled")],
        *[("run_worker", text, False) for text in ("no", "off", "0", "FALSE", "n", "disabled")],
        *[
            ("max_upload_bytes", text, 5 << 30)
            for text in ("5GiB", "5 GB", "5g", "5Gi", "5.36870912e+09", "5368709120")
        ],
        ("max_upload_bytes", "5_000_000", 5_000_000),
        ("request.body_min_rate", "1k", 1024),
        ("drain_seconds", "1m30s", 90),
        ("drain_seconds", "2 minutes", 120),
        ("database.pool_timeout", "500ms", 0.5),
        ("cors.max_age", "2h", 7200),
        ("port", "8000.0", 8000),
        (
            "cors.origins",
            '"https://a.example", https://b.example\nnull',
            ("https://a.example", "https://b.example", "null"),
        ),
        ("cors.origins", "none", ()),
    ],
)
@pytest.mark.parametrize("place", ["variable", "file", "TOML"])
def test_values_are_read_as_people_write_them(key: str, text: str, expected: Any, place: str, tmp_path: Path) -> None:
    name = "MEDIATHEQUE_" + key.replace(".", "_").upper()
    file = tmp_path / "file"
    section, _, field = key.rpartition(".")
    toml = (f"[{section}]\n" if section else "") + f"{field} = '''{text}'''\n"
    file.write_text(toml if place == "TOML" else f"{text}\n")
    environments = {
        "variable": {name: text},
        "file": {f"{name}_FILE": f"{file}\n"},
        "TOML": {"MEDIATHEQUE_CONFIG": str(file)},
    }
    assert value(load(environments[place]), key) == expected
    assert unknown_variables(environments[place]) == []


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("RUN_WORKER", "perhaps", r"RUN_WORKER.*expected true or false, not 'perhaps'"),
        ("RUN_WORKER", "none", "expected true or false"),
        ("PORT", "80 00", "expected a number, not '80 00'"),
        ("PORT", "8000.5", "expected a whole number, not '8000.5'"),
        ("PORT", "nan", "expected a number"),
        ("DRAIN_SECONDS", "1 fortnight", "expected seconds.*not '1 fortnight'"),
        ("DRAIN_SECONDS", "1.5", "expected a whole number"),
        ("MAX_UPLOAD_BYTES", "5XB", "expected bytes.*not '5XB'"),
        ("PUBLIC_URL", "https://media.example\nhttps://other.example", "PUBLIC_URL.*line break in the middle"),
        ("PUBLIC_URL", "https://media.example/a b", "PUBLIC_URL"),
        ("HOST", "${HOST}", r"HOST.*\$\{HOST\} was not replaced"),
        ("DATABASE_URL", "$(URL)", "DATABASE_URL.*was not replaced"),
        ("DATABASE_URL_FILE", "/does/not/exist", "DATABASE_URL_FILE: /does/not/exist cannot be read: No such file"),
        ("DATABASE_URL_FILE", "/dev/null", "DATABASE_URL_FILE: /dev/null is empty"),
        ("CONFIG", "/", "CONFIG: /: Is a directory"),
    ],
)
def test_an_error_names_the_variable_and_the_fault_of_its_value(name: str, text: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=f"(?s){fault}"):
        load({f"MEDIATHEQUE_{name}": text})


def test_a_variable_and_its_file_may_not_both_be_set(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://db/file\n")
    environment = {"MEDIATHEQUE_DATABASE_URL_FILE": str(tmp_path / "url")}
    assert load({**environment, "MEDIATHEQUE_DATABASE_URL": ""}).database.url == "postgresql://db/file"
    with pytest.raises(ConfigError, match="DATABASE_URL: it is set, and MEDIATHEQUE_DATABASE_URL_FILE is, too"):
        load({**environment, "MEDIATHEQUE_DATABASE_URL": "postgresql://db/variable"})


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfport = 81\r\n[request]\r\naccess_log = false\r\n", b"port = '81 '\n"]
)
def test_files_of_windows_editors_are_read(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    assert load({"MEDIATHEQUE_CONFIG": str(tmp_path / "file")}).port == 81


@pytest.mark.parametrize("content", ["port = 81\n".encode("utf-16"), b"host = '\xe9'\n", b"port = = 1\n"])
def test_a_file_that_is_no_toml_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"MEDIATHEQUE_CONFIG: {tmp_path}/file: .*") as error:
        load({"MEDIATHEQUE_CONFIG": str(tmp_path / "file")})
    assert "\n" not in str(error.value)


def test_variables_that_libraries_for_buckets_read_are_trimmed() -> None:
    environment = {"AWS_SECRET_ACCESS_KEY": "abc+/=\r\n", "AWS_ENDPOINT_URL": " ", "AZURE_X": "y", "HOME": "/root "}
    trim_credentials(environment)
    assert environment == {"AWS_SECRET_ACCESS_KEY": "abc+/=", "AZURE_X": "y", "HOME": "/root "}


AWAY = {"MEDIATHEQUE_DATABASE_URL": "host=127.0.0.1 port=1"}
SECRETS = {
    "a URL": {"MEDIATHEQUE_DATABASE_URL": "postgresql://me:hunter2x@127.0.0.1:1/db"},
    "a conninfo": {"MEDIATHEQUE_DATABASE_URL": "host=127.0.0.1 port=1 password=hunter2x"},
    "a quoted conninfo": {"MEDIATHEQUE_DATABASE_URL": r"host=127.0.0.1 port=1 password='hunter2x \' y'"},
    "a query": {"MEDIATHEQUE_DATABASE_URL": "postgresql://127.0.0.1:1/db?user=me&password=hunter2x"},
    "an unquoted blank": {"MEDIATHEQUE_DATABASE_URL": "host=127.0.0.1 port=1 password=my hunter2x"},
    "an @ in the password": {"MEDIATHEQUE_DATABASE_URL": "postgresql://me:p@hunter2x@127.0.0.1:1/db"},
    "a slash in the password": {"MEDIATHEQUE_DATABASE_URL": "postgresql://me:hunter2x/y@127.0.0.1:1/db"},
    "a percent sign in the password": {"MEDIATHEQUE_DATABASE_URL": "postgresql://me:hunter2x%zz@127.0.0.1:1/db"},
    "a misspelt keyword": {"MEDIATHEQUE_DATABASE_URL": "host=127.0.0.1 port=1 passwrd=hunter2x"},
    "a line break": {"MEDIATHEQUE_DATABASE_URL": "postgresql://me:hunter2x\n@127.0.0.1:1/db"},
    "Redis": {"MEDIATHEQUE_RATE_STORAGE": "bogus://:hunter2x@redis:6379"},
    "Redis without asyncio": {"MEDIATHEQUE_RATE_STORAGE": "memory://:hunter2x@redis:6379"},
    "a bucket": {"MEDIATHEQUE_BLOBS_LOCATION": "s3://b?secret_access_key=hunter2x&region=us-east-1&typo=1"},
    "a bucket with another scheme": {"MEDIATHEQUE_BLOBS_LOCATION": "ftp://me:hunter2x@host/b"},
    "a URL in place of a file": {
        "MEDIATHEQUE_DATABASE_URL_FILE": "postgresql://me:hunter2x@db/x",
        "MEDIATHEQUE_DATABASE_URL": "",
    },
    "a URL in place of the configuration": {"MEDIATHEQUE_CONFIG": "postgresql://me:hunter2x@db/x"},
    "a public URL": {"MEDIATHEQUE_PUBLIC_URL": "https://me:hunter2x@host/?x"},
}


@pytest.mark.parametrize("what", SECRETS)
def test_no_error_prints_a_secret(what: str, tmp_path: Path) -> None:
    arguments = ["serve", "--data", tmp_path / "data", "--port", str(free_port())]
    ended = command_line.here(*arguments, env={**AWAY, **SECRETS[what]})
    assert ended.returncode == 1
    assert "hunter2x" not in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("postgresql://me:hunter2x/y@db/library", "the port is no number: .*percent-encoded"),
        (
            "postgresql://me:1234/hunter2x@db/library",
            "an @ is in the name of the host or the database: .*percent-encoded",
        ),
        ("postgresql://me:p@hunter2x@db/library", "an @ is in the name of the host"),
        ("postgresql://me:hunter2x%zz@db/library", "invalid percent-encoded token: .*percent-encoded"),
        ("host=db password=my hunter2x", 'missing "=" after .*single quotes'),
        ("host=db passwrd=hunter2x", "invalid connection option"),
        ("mysql://me:hunter2x@db/library", "begins with neither postgresql://"),
    ],
)
def test_a_malformed_database_url_is_one_line_without_its_parts(url: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=rf"database\.url \(MEDIATHEQUE_DATABASE_URL\): {fault}") as error:
        load({"MEDIATHEQUE_DATABASE_URL": url})
    assert "hunter2x" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["postgresql:///library?host=/run/a%40b", "postgresql://u%40v:p%40q@db/x", "host=a,b port=1,2"]
)
def test_an_encoded_at_sign_is_no_fault(url: str) -> None:
    assert load({"MEDIATHEQUE_DATABASE_URL": url}).database.url == url


@pytest.mark.parametrize("name", ["URL", "DIRECT_URL"])
def test_the_keywords_of_a_conninfo_may_have_lines_of_their_own(name: str) -> None:
    both = {f"MEDIATHEQUE_DATABASE_{each}": "postgresql://db/x" for each in ("URL", "DIRECT_URL")}
    config = load({**both, f"MEDIATHEQUE_DATABASE_{name}": "host=a\n port=1\r\n dbname=x\n"})
    assert conninfo_to_dict(getattr(config.database, name.lower())) == {"host": "a", "port": "1", "dbname": "x"}


def test_a_configuration_is_shown_without_its_secrets() -> None:
    environment = {name: text for each in ("a URL", "Redis", "a bucket") for name, text in SECRETS[each].items()}
    config = load({**environment, "MEDIATHEQUE_BLOBS_LOCATION": "s3://b?secret_access_key=hunter2x"})
    assert "hunter2x" not in repr(config)
    assert "127.0.0.1:1/db" in repr(config)
    assert "hunter2x" in config.database.url


@pytest.mark.parametrize("text", ["nonsense", "mtq_nonsense_hunter2x"])
def test_a_key_is_not_repeated_in_an_error(text: str) -> None:
    ended = command_line.here("keys", "revoke", text)
    assert "hunter2x" not in ended.stderr
    assert "nonsense" in ended.stderr or "mtq_***" in ended.stderr


def test_verify_hides_secrets_as_the_other_commands_do(tmp_path: Path) -> None:
    ended = command_line.here("verify", "--data", tmp_path / "password=hunter2x")
    assert ended.returncode == 2
    assert "There is no library in" in ended.stderr
    assert "hunter2x" not in ended.stderr


LOGS = """
import logging, structlog
from mediatheque.config import load
from mediatheque.http import logs
logs.configure()
load({"MEDIATHEQUE_DATABASE_URL": "postgresql://me:hunter2x%2Fy@db/x", "AWS_SECRET_ACCESS_KEY": "hunter2x-of-aws"})
logging.getLogger("psycopg.pool").warning("cannot connect: %s", "password=hunter2x/y")
structlog.get_logger().info("request", path="/hunter2x-of-aws/mtp_0_hunter2x", url="https://a:hunter2x@b")
try:
    raise OSError("redis://:hunter2x@b refused")
except OSError:
    logging.getLogger("x").exception("hunter2x/y")
    structlog.get_logger().exception("failed")
raise RuntimeError("hunter2x/y")
"""


def test_no_log_line_and_no_traceback_holds_a_secret() -> None:
    ended = subprocess.run([sys.executable, "-c", LOGS], capture_output=True, text=True, check=False)
    assert "RuntimeError" in ended.stderr
    assert ended.stderr.count("Traceback") == 3
    assert "hunter2x" not in ended.stderr
