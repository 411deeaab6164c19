"""Requests made from the OpenAPI document, valid ones and others: schemathesis against a real server.

No answer is a failure of the server, has a status or a media type that is not documented, or a body that its schema
does not describe. Half of the requests about things are about real ones, which the rows of the contracts create.
"""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mediatheque.dialects.native.endpoint import Operation
from mediatheque.model import Scope
from tests.dialects.database.snapshot import StoredData
from tests.dialects.native.endpoints import auth
from tests.dialects.native.openapi.checks import DOCUMENT, OPERATIONS
from tests.dialects.native.rows import all_rows
from tests.rounds import AT_LENGTH
from tests.server import Serve

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT.content)
ROWS = all_rows()
EXAMPLES = settings(
    max_examples=100 if AT_LENGTH else 5,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


@pytest.fixture(scope="module")
def own_server() -> Iterator[Serve]:
    """A server that reads no URLs, whose keys and workspaces may come and go."""
    with (
        tempfile.TemporaryDirectory(prefix="mediatheque-requests-") as folder,
        Serve(Path(folder) / "data", env={"MEDIATHEQUE_FETCH_HOSTS": "none"}) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def caller(own_server: Serve) -> Iterator[Any]:
    """What rows take: a client, a key that may do everything, and what is stored."""
    with (
        httpx.Client(base_url=own_server.url, timeout=60) as client,
        psycopg.connect(own_server.database_url, autocommit=True) as connection,
    ):
        stored = StoredData(connection, own_server.data / "blobs")
        account = stored.account(own_server.new_key(Scope.ADMIN, Scope.INSTANCE))
        yield SimpleNamespace(client=client, account=account, stored=stored, server=own_server)


@pytest.mark.sampled
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.id)
def test_answers_are_as_documented(caller: Any, operation: Operation) -> None:
    described = SCHEMA[operation.path][operation.method]
    cases = st.one_of(*(described.as_strategy(generation_mode=mode) for mode in GenerationMode))

    @EXAMPLES
    @given(case=cases, is_real=st.booleans())
    def send(case: Case, is_real: bool) -> None:
        if is_real and operation.path_params and operation.id in ROWS:
            case.path_parameters = _real_parameters(caller, operation)
        response = case.call(base_url=caller.server.url, headers=auth(caller.account.key), timeout=60)
        case.validate_response(response, checks=CHECKS)

    send()


def _real_parameters(caller: Any, operation: Operation) -> dict[str, str]:
    """Create what the operation is about, and return the parts of its path."""
    path = httpx.URL(ROWS[operation.id].valid(caller)["path"]).path
    found = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", operation.path), path)
    assert found, path
    return found.groupdict()
