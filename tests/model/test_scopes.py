import pytest

from mediatheque.model import AREAS, Scope, included


@pytest.mark.parametrize("area", sorted(AREAS))
def test_every_area_is_part_of_admin_and_of_its_broad_scope(area: Scope) -> None:
    broad = Scope(area.partition(":")[2])
    assert area in included(frozenset({Scope.ADMIN})) & included(frozenset({broad}))
    assert area not in included(frozenset({Scope.READ, Scope.WRITE} - {broad}))


def test_admin_includes_all_but_the_instance_and_the_instance_nothing() -> None:
    assert included(frozenset({Scope.ADMIN})) == frozenset(Scope) - {Scope.INSTANCE}
    assert included(frozenset({Scope.INSTANCE})) == {Scope.INSTANCE}


def test_key_that_may_change_assets_may_add_some() -> None:
    assert included(frozenset({Scope.ASSETS_WRITE})) == {Scope.ASSETS_WRITE, Scope.UPLOADS_WRITE}
    assert included(frozenset({Scope.UPLOADS_WRITE})) == {Scope.UPLOADS_WRITE}
