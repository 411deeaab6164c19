"""Reciprocal rank fusion: what several lists agree on goes before what one has first."""

from uuid import UUID

import pytest

from mediatheque.records.search.hybrid import reciprocal_rank_fusion

A, B, C, D = (UUID(int=number) for number in range(1, 5))


@pytest.mark.parametrize(
    ("legs", "order"),
    [
        ({}, []),
        ({"meaning": [], "words": []}, []),
        ({"meaning": [B, A]}, [B, A]),
        ({"meaning": [A, B, C], "words": [C, B]}, [C, B, A]),
        ({"meaning": [A], "words": [B]}, [B, A]),  # of equals the newer first
        ({"meaning": [A, B], "words": [B, A]}, [B, A]),
        ({"nearly": [D], "meaning": [A, B, C]}, [A, B, C, D]),  # half as much
        ({"meaning": [A, B, C], "tags": [D, C]}, [C, D, A, B]),
    ],
)
def test_in_what_order(legs: dict[str, list[UUID]], order: list[UUID]) -> None:
    assert reciprocal_rank_fusion(legs, 10) == order
    assert reciprocal_rank_fusion(legs, 2) == order[:2]
