"""GET /v3/users/me, with which clients test a key."""

import httpx

from tests.dialects.database.snapshot import Account
from tests.dialects.heygen_v3.endpoints import auth, check_error
from tests.server import Serve


def test_key_is_told_its_workspace(client: httpx.Client, server: Serve, reader: Account, writer: Account) -> None:
    for who in (reader, writer):
        for path in ("/v3/users/me", "/v3/user/me"):
            response = client.get(path, headers=auth(who.key))
            assert response.status_code == 200, response.text
            user = response.json()["data"]
            assert set(user) == {"username", "email", "first_name", "last_name"}
            assert user["username"].strip()
            assert all(isinstance(value, str) for value in user.values())


def test_bad_key_is_refused(client: httpx.Client) -> None:
    for headers in ({}, auth("mtq_nonsense")):
        response = client.get("/v3/users/me", headers=headers)
        assert response.status_code == 401
        check_error(response, "authentication_failed")
