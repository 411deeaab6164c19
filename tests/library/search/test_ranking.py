"""Reciprocal rank fusion: what several lists agree on goes before what one has first."""

from uuid import UUID

import pytest

from mediatheque.library.search.ranking import reciprocal_rank_fusion

A, B, C, D = (UUID(int=number) for number in range(1, 5))


@pytest.mark.parametrize(
    ("lists", "order"),
    [
        ({}, []),
        ({"vectors": [], "words": []}, []),
        ({"vectors": [B, A]}, [B, A]),
        ({"vectors": [A, B, C], "words": [C, B]}, [C, B, A]),
        ({"vectors": [A], "words": [B]}, [B, A]),  # of equals the newer first
        ({"vectors": [A, B], "words": [B, A]}, [B, A]),
        ({"fuzzy": [D], "vectors": [A, B, C]}, [A, B, C, D]),  # half as much
        ({"vectors": [A, B, C], "tags": [D, C]}, [C, D, A, B]),
    ],
)
def test_order_of_fused_lists(lists: dict[str, list[UUID]], order: list[UUID]) -> None:
    assert reciprocal_rank_fusion(lists, 10) == order
    assert reciprocal_rank_fusion(lists, 2) == order[:2]
