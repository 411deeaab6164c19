import pytest

from mediatheque.dialects import DIALECTS
from mediatheque.dialects.heygen_v3.errors import ERRORS
from mediatheque.http.content_encoding import codings_of
from mediatheque.http.dialect import router


@pytest.mark.parametrize("values", [[], [""], ["identity"], ["Identity, identity"], ["identity", ""]])
def test_identity_is_no_coding(values: list[str]) -> None:
    assert codings_of(values) == []


def test_every_coding_is_found() -> None:
    assert codings_of(["identity, GZip", "br"]) == ["gzip", "br"]


def test_routers_of_all_dialects_refuse_encoded_bodies() -> None:
    guards = router(ERRORS, []).guards
    assert guards
    for dialect in DIALECTS:
        assert all(set(guards) <= set(each.guards or ()) for each in dialect.routers)
