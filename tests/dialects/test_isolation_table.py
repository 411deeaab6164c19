"""The isolation tests in tests/acceptance cover every operation."""

import pytest
from litestar.routes import HTTPRoute

from mediatheque.dialects import DIALECTS
from tests.acceptance.isolation.probe import route_of
from tests.acceptance.isolation.probes import PROBES, WITHOUT_WORKSPACE
from tests.acceptance.isolation.state import LISTS, SEARCHES

PROBED = {each.route for each in (*PROBES, *LISTS, *SEARCHES)}


def operations() -> set[str]:
    """Return the operations of the application, without OPTIONS."""
    found = set()
    routers = (router for dialect in DIALECTS for router in dialect.routers)
    for route in (route for router in routers for route in router.routes):
        methods = route.methods - {"OPTIONS"} if isinstance(route, HTTPRoute) else {"GET"}
        found |= {route_of(method, route.path) for method in methods}
    return found


def test_each_operation_has_an_isolation_probe() -> None:
    assert PROBED | set(WITHOUT_WORKSPACE) == operations()
    assert not PROBED & set(WITHOUT_WORKSPACE)


@pytest.mark.parametrize("route", sorted(operations() - set(WITHOUT_WORKSPACE)))
def test_probe_uses_foreign_id_in_path(route: str) -> None:
    places = [probe.path.count("{") - probe.path.count("{my_") for probe in PROBES if probe.route == route]
    assert "{}" not in route or any(places)
