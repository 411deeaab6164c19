"""Packages that this program has no use for are kept out of its processes."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from mediatheque.config import export_config, load
from mediatheque.processes.imports import absent

_SERVER_PROCESS = """
import gc, json, multiprocessing.forkserver, sys
from mediatheque.server_process import create
create()
print(json.dumps({
    "modules": list(sys.modules),
    "collects": gc.isenabled(),
    "frozen": gc.get_freeze_count(),
    "forks": multiprocessing.forkserver._forkserver._forkserver_pid is not None,
}))
"""
_SERVE = """
import json, sys
import mediatheque.cli.serve
print(json.dumps(list(sys.modules)))
"""


def output_of(script: str) -> Any:
    return json.loads(subprocess.check_output([sys.executable, "-c", script], text=True, timeout=120))


def test_an_absent_package_cannot_be_imported_until_the_block_ends() -> None:
    sys.modules.pop("this", None)
    with absent("this", "json"):
        with pytest.raises(ImportError):
            import_module("this")
        assert import_module("json") is json, "it was imported before"
    assert "this" not in sys.modules


def test_a_server_process_imports_no_package_that_it_has_no_use_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIATHEQUE_RESOLVED", "")  # removed again after the test
    export_config(load({"MEDIATHEQUE_DATA": str(tmp_path), "MEDIATHEQUE_DATABASE_URL": "postgresql:///none"}))
    created = output_of(_SERVER_PROCESS)
    used_by_others = {"alembic", "av", "botocore", "granian", "pillow_heif", "procrastinate", "sqlalchemy"}
    used_by_nobody = {"pydantic", "rich"}
    assert not (used_by_others | used_by_nobody) & set(created["modules"])
    assert created["collects"]
    assert created["frozen"] > 100_000
    assert created["forks"], "the decoders are not imported meanwhile"


def test_serve_imports_before_postgres_starts_only_what_settings_need() -> None:
    modules = set(output_of(_SERVE))
    assert not {"alembic", "granian", "httpx", "limits", "litestar", "numpy", "psycopg"} & modules
    assert "mediatheque.library.library" not in modules
