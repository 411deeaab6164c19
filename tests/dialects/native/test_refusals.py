"""/files/b/...: errors for missing files."""

from uuid import UUID

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.idempotency import until
from tests.dialects.native.endpoints import check_error
from tests.dialects.native.hosting import DATA, get, host
from tests.dialects.wire import sockets
from tests.server import Serve


class TestRefusals:
    """Errors for missing files."""

    @pytest.mark.parametrize(
        "path",
        [
            "/files/b/" + "0" * 32 + "/a",
            f"/files/b/{UUID(int=7)}/a",
            "/files/b/not-an-id/a",
            "/files/b/%00/a",
            "/files/b",
            "/files",
            "/files/b/" + "0" * 32,
            "/files/b/" + "0" * 32 + "/a/b",
            "/files/b/" + "0" * 32 + "/..%2f..%2fetc%2fpasswd",
            "/files/b/..%2f..%2fetc/passwd",
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_unknown_file_is_not_found(self, client: httpx.Client, path: str, method: str) -> None:
        response = client.request(method, path)
        assert response.status_code == 404
        assert response.headers["x-request-id"]
        if method == "GET":
            check_error(response)

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_write_methods_are_refused(self, client: httpx.Client, url: str, method: str) -> None:
        response = client.request(method, url, content=b"x")
        assert response.status_code == 405
        assert {"GET", "HEAD"} <= set(response.headers["allow"].split(", "))
        check_error(response)
        assert get(client, url).content == DATA

    def test_path_traversal_is_not_found(self, server: Serve) -> None:
        for path in ("/files/b/../../../../etc/passwd", "/../etc/passwd", "//etc/passwd", "/files/b/%2e%2e/%2e%2e/x"):
            answer = sockets.exchange(server.port, sockets.head("GET", path, {}, 0))
            assert answer
            assert answer.status_code == 404

    def test_url_of_deleted_file_is_not_found(self, client: httpx.Client, account: Account, stored: StoredData) -> None:
        url = host(client, account, samples.png(seed=70))
        id = url.split("/")[-2]
        assert client.head(url).status_code == 200
        stored.database.execute("DELETE FROM file WHERE id = %s", [id])
        stored.mark_unreferenced()
        until(lambda: client.head(url).status_code == 404)
