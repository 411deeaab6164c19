"""A stored file in a workspace."""

import secrets

from mediatheque.library import Library
from mediatheque.model import File, Scope
from tests import samples
from tests.library.ingest_requests import ingest_request


async def store(library: Library, workspace: str) -> File:
    """Store a picture that is like no other in the workspace of that name, and return its file."""
    principal = await library.accounts.authenticate(await library.accounts.create_key(workspace, frozenset(Scope)))
    content = samples.jpeg() + secrets.token_bytes(8)
    return (await library.ingest.create_asset(ingest_request(principal.workspace_id, content))).file
