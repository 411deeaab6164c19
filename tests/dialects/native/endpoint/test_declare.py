"""What a handler's signature must have."""

from uuid import UUID

import msgspec
import pytest

from mediatheque.dialects.native.endpoint import get, operation_of, post
from mediatheque.errors import AssetNotFound, NotFound
from mediatheque.http.context import AppRequest
from mediatheque.library.idempotency import Claim
from mediatheque.model import Scope


class Thing(msgspec.Struct):
    revision: str


class NewThing(msgspec.Struct):
    name: str


def test_path_and_signature_have_the_same_parameters() -> None:
    async def get_thing(request: AppRequest, name: str) -> Thing:
        raise NotImplementedError

    with pytest.raises(TypeError, match=r"get_thing: the path has \['id'\], the signature \['name'\]"):
        get("/api/things/{id}", scope=Scope.READ)(get_thing)


def test_mutation_takes_a_claim() -> None:
    async def create_thing(request: AppRequest, body: NewThing) -> Thing:
        raise NotImplementedError

    with pytest.raises(TypeError, match="create_thing: a mutation takes a claim"):
        post("/api/things", scope=Scope.WRITE)(create_thing)
    post("/api/things/search", scope=Scope.READ)(create_thing)


def test_operation_says_what_the_signature_says() -> None:
    @post("/api/things/{id}/{part}", scope=Scope.WRITE, status=201, not_found={"id": AssetNotFound})
    async def create_thing(
        request: AppRequest, id: UUID, part: int, body: NewThing | None, if_match: str | None, claim: Claim | None
    ) -> Thing:
        """Create a thing."""
        raise NotImplementedError

    operation = operation_of(create_thing)
    assert operation
    assert (operation.id, operation.doc, operation.status) == ("create_thing", "Create a thing.", 201)
    assert (operation.body, operation.body_required, operation.query) == (NewThing, False, None)
    assert operation.path_params == {"id": UUID, "part": int}
    assert [operation.not_found_for(name) for name in ("id", "part")] == [AssetNotFound, NotFound]
    assert (operation.has_claim, operation.has_if_match, operation.has_revision) == (True, True, True)
