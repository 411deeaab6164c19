"""Health, metrics, request ids, and requests without a route."""

import re
import time
from uuid import uuid4

import httpx
import pytest

from tests.acceptance.endpoints import (
    assert_fal_error,
    assert_fal_storage_error,
    assert_heygen_v1_error,
    assert_heygen_v3_error,
    assert_krea_error,
    bearer,
)

REQUESTS = [
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/assets/0f0e0d0c-0b0a-4908-8706-050403020100"),
    ("POST", "/assets"),
    ("POST", "/v1/asset"),
    ("POST", "/v3/assets"),
    ("POST", "/v1/assets/uploads"),
    ("POST", "/files/upload"),
    ("PUT", "/storage/upload/0f0e0d0c0b0a49088706050403020100"),
    ("GET", "/files/b/0f0e0d0c0b0a49088706050403020100/x"),
    ("GET", "/nowhere/at/all"),
    ("DELETE", "/v3/assets"),
    ("OPTIONS", "/assets"),
]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_checks_get_200(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 200


def test_metrics_are_prometheus_text(http: httpx.Client) -> None:
    response = http.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    lines = [line for line in response.text.splitlines() if line and not line.startswith("#")]
    assert lines
    assert all(re.fullmatch(r"[a-zA-Z_:][\w:]*(\{.*\})? [0-9.eE+-]+( \d+)?|.* NaN", line) for line in lines)


def test_metrics_count_requests_without_paths(http: httpx.Client) -> None:
    """A request is counted when it has ended, which may be a moment after its response."""

    def count() -> float:
        lines = http.get("/metrics").text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if 'status="404"' in line and "_count{" in line)

    odd = uuid4().hex
    before = count()
    http.get(f"/nowhere/{odd}")
    deadline = time.monotonic() + 10
    while count() <= before:
        assert time.monotonic() < deadline
    assert odd not in http.get("/metrics").text


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_every_response_has_request_id(http: httpx.Client, method: str, path: str) -> None:
    first, second = (http.request(method, path).headers["x-request-id"] for _ in range(2))
    assert first
    assert first != second
    given = f"mine-{uuid4()}"
    assert http.request(method, path, headers={"x-request-id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "é", "<script>", '{"a":1}', "a\tb"])
def test_unsafe_request_id_is_replaced(http: httpx.Client, given: str) -> None:
    response = http.get("/healthz", headers={"x-request-id": given.encode()})
    assert response.headers["x-request-id"] not in (given, "")


def test_error_body_has_same_request_id(http: httpx.Client) -> None:
    response = http.post("/v1/assets/uploads", json={}, headers={"x-request-id": "mine"})
    assert response.json()["error"]["request_id"] == response.headers["x-request-id"] == "mine"


def test_unrouted_request_gets_error_of_dialect(http: httpx.Client, key: str) -> None:
    for method, path, status, assert_error in (
        ("GET", "/assets/x/y", 404, assert_krea_error),
        ("PATCH", "/assets", 405, assert_krea_error),
        ("GET", "/v1/assets/nowhere/at/all", 404, assert_fal_error),
        ("PUT", "/storage/nowhere", 404, assert_fal_storage_error),
        ("GET", "/files/upload", 405, assert_fal_storage_error),
        ("GET", "/v1/asset/nowhere", 404, assert_heygen_v1_error),
        ("PUT", "/v1/asset", 405, assert_heygen_v1_error),
        ("GET", "/v3/nowhere", 404, assert_heygen_v3_error),
        ("PUT", "/v3/assets", 405, assert_heygen_v3_error),
    ):
        response = http.request(method, path, headers=bearer(key))
        assert response.status_code == status, (method, path, response.text)
        if (status, assert_error) != (405, assert_fal_error):
            assert_error(response)


def test_other_paths_get_problem_documents(http: httpx.Client) -> None:
    response = http.get("/nowhere")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code == 404
