"""Facets, and searches with filters."""

import httpx

from tests.dialects.database.snapshot import Account
from tests.dialects.native.endpoints import auth, check_error
from tests.dialects.native.search.library import Made


def facet(made: Made, by: str, **params: str) -> dict[str, int]:
    answer = made.get("/api/facets", {"by": by, **params}).raise_for_status().json()
    assert answer["is_complete"]
    assert list(answer["facets"]) == [by]
    return {value["label"]: value["count"] for value in answer["facets"][by]}


def test_counts_by_every_facet(made: Made) -> None:
    assert facet(made, "kind") == {"image": 3, "audio": 1, "video": 1}
    assert facet(made, "tag") == {"Red": 2, "blue": 2}
    assert facet(made, "source") == {"upload": 4, "response": 1}
    assert facet(made, "endpoint") == {"fal-ai/flux": 1}
    assert facet(made, "month") == {"2026-01": 1, "2026-02": 1, "2026-03": 3}


def test_counts_within_a_filter(made: Made) -> None:
    assert facet(made, "kind", tag="red") == {"image": 2}
    assert facet(made, "tag", **{"metadata.shot": "12"}) == {"Red": 2, "blue": 1}
    assert facet(made, "month", **{"size[lt]": "1"}) == {}


def test_all_facets_are_counted_if_none_is_named(made: Made) -> None:
    answer = made.get("/api/facets", {}).json()
    assert list(answer["facets"]) == ["kind", "tag", "source", "endpoint", "month"]
    assert answer["total"] == {"count": 5, "more": False}


def test_unknown_facet_is_refused(made: Made) -> None:
    answer = made.get("/api/facets", {"by": "size"})
    assert answer.status_code == 422
    check_error(answer)


def test_another_workspace_has_no_values(made: Made, client: httpx.Client, fresh: Account) -> None:
    answer = client.get("/api/facets", headers=auth(fresh.key)).json()
    assert answer["total"] == {"count": 0, "more": False}
    assert not any(answer["facets"].values())


def test_searches_with_filters(made: Made) -> None:
    def found(**params: str) -> set[str]:
        items = made.get("/api/search", {"q": "a", **params}).raise_for_status().json()["items"]
        return set(made.letters([item["id"] for item in items]))

    by_words = {"like": made.ids["a"]}
    answer = made.get("/api/search", {**by_words, "metadata.shot": "12"})
    assert set(made.letters([item["id"] for item in answer.json()["items"]])) <= {"a", "b"}
    assert found() == {"a"}
    assert found(**{"metadata.shot": "12"}) == {"a"}
    assert found(**{"metadata.shot[exists]": "false"}) == set()
    assert found(**{"size[lt]": "1"}) == set()
    assert found(tag="red") == {"a"}
