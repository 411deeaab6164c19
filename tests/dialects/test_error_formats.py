"""Every row of every dialect's error table, against the vendor's documentation."""

import inspect
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest
import structlog
from litestar import Litestar, Request, Response
from litestar.datastructures import State

from mediatheque import errors
from mediatheque.dialects import DIALECTS, error_format_for
from mediatheque.errors import LibraryError
from mediatheque.http.dialect import ErrorContext, ErrorFormat, to_library_error
from mediatheque.http.urls import Origins
from tests.contracts.dialect import ErrorTable

ERROR_CLASSES = {
    name: kind for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, LibraryError)
}
TABLES: dict[str, ErrorTable] = {
    name: table
    for dialect in DIALECTS
    for name, table in import_module(f"tests.dialects.{dialect.name}.endpoints").ERROR_TABLES.items()
}
BY_NAME = {error_format.name: error_format for dialect in DIALECTS for error_format in dialect.error_formats}


def example_of(kind: type[LibraryError]) -> LibraryError:
    arguments = {
        errors.TooLarge: (100,),
        errors.RateLimited: (7,),
        errors.QuotaExceeded: (100,),
        errors.DeclaredTypeMismatch: ("image/png", "image/jpeg"),
    }.get(kind, ())
    return kind(*arguments)  # type: ignore[arg-type]  # four of them take arguments of their own


def rendered(error_format: ErrorFormat, error: LibraryError) -> httpx.Response:
    """Return the response as the middleware would send it."""
    response: Response[bytes] = error_format.render(error, ErrorContext("4711", "http://127.0.0.1"))
    headers = {**response.headers, "content-type": response.media_type or "", "x-request-id": "4711"}
    return httpx.Response(response.status_code or 0, headers=headers, content=response.content)


def test_each_format_has_a_row_per_error() -> None:
    assert set(BY_NAME) == set(TABLES)
    for table in TABLES.values():
        assert set(table.refusals) == set(ERROR_CLASSES)


@pytest.mark.parametrize("meaning", ERROR_CLASSES)
@pytest.mark.parametrize("dialect", TABLES)
def test_error_renders_as_documented(dialect: str, meaning: str) -> None:
    table = TABLES[dialect]
    status, code = table.refusals[meaning]
    response = rendered(BY_NAME[dialect], example_of(ERROR_CLASSES[meaning]))
    assert response.status_code == status
    assert response.headers["content-type"] == BY_NAME[dialect].content_type
    table.check_error(response, code)
    if table.spec:
        table.spec.check(response)


@pytest.mark.parametrize("dialect", TABLES)
def test_retryable_errors_have_retry_after(dialect: str) -> None:
    error_format = BY_NAME[dialect]
    assert rendered(error_format, errors.RateLimited(7)).headers["retry-after"] == "7"
    assert rendered(error_format, errors.DatabaseUnavailable()).headers["retry-after"] == "1"
    assert rendered(error_format, errors.InProgress()).headers["retry-after"] == "1"
    assert "retry-after" not in rendered(error_format, errors.NotFound()).headers


@pytest.mark.parametrize("dialect", TABLES)
def test_internal_messages_are_not_shown(dialect: str) -> None:
    assert "Grüße" in rendered(BY_NAME[dialect], errors.Invalid("Grüße")).text
    assert "secret" not in rendered(BY_NAME[dialect], to_library_error(RuntimeError("secret"))).text


def test_heygen_v3_names_the_invalid_field() -> None:
    with_field = rendered(BY_NAME["heygen_v3"], errors.Invalid("No.", param="file")).json()
    page = "http://127.0.0.1/docs/error-codes#invalid-parameter"
    assert with_field == {"error": {"code": "invalid_parameter", "message": "No.", "param": "file", "doc_url": page}}
    without = rendered(BY_NAME["heygen_v3"], errors.Invalid("No.")).json()
    assert without == {"error": {"code": "invalid_parameter", "message": "No.", "param": None, "doc_url": page}}


def test_doc_url_is_null_without_server_address() -> None:
    response = BY_NAME["heygen_v3"].render(errors.NotFound(), ErrorContext("4711"))
    assert msgspec.json.decode(response.content)["error"]["doc_url"] is None


def test_fal_storage_has_no_409() -> None:
    """fal-client retries a 409 ten times."""
    assert 409 not in {answer.status for answer in BY_NAME["fal-storage"].table.values()}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/assets", "krea"),
        ("/assets/x/y/z", "krea"),
        ("/assetsx", "native"),
        ("/v1/assets", "fal"),
        ("/v1/assets/uploads/x", "fal"),
        ("/v1/storage/settings", "fal-platform-storage"),
        ("/v1/asset", "heygen_v1"),
        ("/v1/asset/list", "heygen_v1"),
        ("/v1/folders", "heygen_v1"),
        ("/v1/folders/x/trash", "heygen_v1"),
        ("/v1/talking_photo", "heygen_v1"),
        ("/v1/talking_photo.list", "heygen_v1"),
        ("/v2/talking_photo/x", "heygen_v1"),
        ("/v2", "native"),
        ("/v1", "native"),
        ("/v3", "heygen_v3"),
        ("/v3/anything", "heygen_v3"),
        ("/storage/upload", "fal-storage"),
        ("/files/upload", "fal-storage"),
        ("/files/upload/multipart", "fal-storage"),
        ("/files/b/1/x", "native"),
        ("/files/uploads", "native"),
        ("/", "native"),
        ("", "native"),
    ],
)
def test_path_prefix_decides_error_format(path: str, name: str) -> None:
    assert error_format_for(path).name == name


def _renaming_format() -> ErrorFormat:
    return msgspec.structs.replace(BY_NAME["heygen_v3"], params={"part_number": "partNumber", "images": "references"})


@pytest.mark.parametrize(
    ("message", "param", "vendor_message", "vendor_param"),
    [
        ("part_number is from 1 to 10.", "part_number", "partNumber is from 1 to 10.", "partNumber"),
        ("A part_number is from 1 to 10.", "part_number", "A part_number is from 1 to 10.", "partNumber"),
        ("part_numbers are wrong.", "part_number", "part_numbers are wrong.", "partNumber"),
        ("images[2]: not found.", "images[2]", "references[2]: not found.", "references[2]"),
        ("images[2]: not found.", "images", "references[2]: not found.", "references"),
        ("name is empty.", "name", "name is empty.", "name"),
    ],
)
def test_error_param_is_renamed_to_vendor_field(
    message: str, param: str, vendor_message: str, vendor_param: str
) -> None:
    error = rendered(_renaming_format(), errors.Invalid(message, param=param)).json()["error"]
    assert (error["message"], error["param"]) == (vendor_message, vendor_param)


@pytest.mark.parametrize("dialect", sorted(set(TABLES) - {"heygen_v3"}))
def test_validation_error_names_the_invalid_field(dialect: str) -> None:
    """Shapes without a place for the field have it in the message, once."""
    error_format = BY_NAME[dialect]
    assert error_format.message(errors.Invalid("Not this.", param="name")) == "name: Not this."
    assert error_format.message(errors.Missing("A tag has a name.", param="name")) == "A tag has a name."
    assert error_format.message(errors.UrlRefused(param="url")) == f"url: {errors.UrlRefused().message}"
    assert error_format.message(errors.Conflict("Taken.", param="name")) == "Taken."


def test_vendor_sentence_replaces_error_message() -> None:
    error = errors.DeclaredTypeMismatch("image/png", "image/jpeg")
    sentence = "Content type not match: declared image/png, found image/jpeg."
    assert rendered(BY_NAME["heygen_v1"], error).json()["message"] == sentence
    assert sentence not in rendered(BY_NAME["krea"], error).text


@pytest.mark.parametrize("kind", [errors.DatabaseUnavailable, errors.BlobsUnavailable, errors.StorageFull])
def test_request_that_is_not_served_is_logged_in_one_line(kind: type[LibraryError]) -> None:
    error = kind()
    error.__cause__ = OSError("connection failed\nDETAIL: content of a row")
    with structlog.testing.capture_logs() as logged:
        BY_NAME["native"].handle(fake_request(), error)
    (line,) = logged
    assert line == {
        "event": "request_not_served",
        "log_level": "error",
        "reason": error.message,
        "cause": "connection failed",
    }


def fake_request() -> Request[Any, Any, Any]:
    app = Litestar(state=State({"context": SimpleNamespace(origins=Origins("http://127.0.0.1"))}), openapi_config=None)
    return Request({"type": "http", "app": app, "litestar_app": app, "state": {"request_id": "4711"}, "headers": []})
