"""Health, metrics, request ids, and requests that no route takes."""

import re
import time
from uuid import uuid4

import httpx
import pytest

from tests.acceptance.endpoints import (
    bearer,
    refused_by_fal,
    refused_by_fal_storage,
    refused_by_heygen_v1,
    refused_by_heygen_v3,
    refused_by_krea,
)

EVERYWHERE = [
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
def test_it_is_well(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 200


def test_metrics_are_prometheus_text(http: httpx.Client) -> None:
    answer = http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    assert lines
    assert all(re.fullmatch(r"[a-zA-Z_:][\w:]*(\{.*\})? [0-9.eE+-]+( \d+)?|.* NaN", line) for line in lines)


def test_metrics_count_requests_and_name_no_path(http: httpx.Client) -> None:
    """A request is counted when it is over, which may be a moment after its answer."""

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


@pytest.mark.parametrize(("method", "path"), EVERYWHERE)
def test_every_answer_carries_a_request_id(http: httpx.Client, method: str, path: str) -> None:
    first, second = (http.request(method, path).headers["x-request-id"] for _ in range(2))
    assert first
    assert first != second
    given = f"mine-{uuid4()}"
    assert http.request(method, path, headers={"x-request-id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "é", "<script>", '{"a":1}', "a\tb"])
def test_a_request_id_that_cannot_stand_in_a_log_is_replaced(http: httpx.Client, given: str) -> None:
    answer = http.get("/healthz", headers={"x-request-id": given.encode()})
    assert answer.headers["x-request-id"] not in (given, "")


def test_the_body_of_an_error_names_the_same_request_id(http: httpx.Client) -> None:
    answer = http.post("/v1/assets/uploads", json={}, headers={"x-request-id": "mine"})
    assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"] == "mine"


def test_what_no_route_takes_is_refused_in_the_words_of_its_place(http: httpx.Client, key: str) -> None:
    for method, path, status, refused in (
        ("GET", "/assets/x/y", 404, refused_by_krea),
        ("PATCH", "/assets", 405, refused_by_krea),
        ("GET", "/v1/assets/nowhere/at/all", 404, refused_by_fal),
        ("PUT", "/storage/nowhere", 404, refused_by_fal_storage),
        ("GET", "/files/upload", 405, refused_by_fal_storage),
        ("GET", "/v1/asset/nowhere", 404, refused_by_heygen_v1),
        ("PUT", "/v1/asset", 405, refused_by_heygen_v1),
        ("GET", "/v3/nowhere", 404, refused_by_heygen_v3),
        ("PUT", "/v3/assets", 405, refused_by_heygen_v3),
    ):
        answer = http.request(method, path, headers=bearer(key))
        assert answer.status_code == status, (method, path, answer.text)
        if (status, refused) != (405, refused_by_fal):
            refused(answer)


def test_elsewhere_errors_are_problem_documents(http: httpx.Client) -> None:
    answer = http.get("/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code == 404
