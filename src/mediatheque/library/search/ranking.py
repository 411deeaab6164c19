"""Ranking: several ranked lists fused into one, and cosines brought to the range that answers have.

Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009) needs no scores that can be compared: the distance of a
vector and the rank of a full-text match have no common scale.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

_RANK_CONSTANT = 60  # the paper's k: the larger it is, the less a first place outweighs two lists that agree
_WEIGHTS = {"vectors": 1.0, "words": 1.0, "tags": 1.0, "fuzzy": 0.5}


def reciprocal_rank_fusion(lists: Mapping[str, Sequence[UUID]], limit: int) -> list[UUID]:
    """Return the ids with the highest sums of weight / (60 + rank) over their lists; of equals the newer first."""
    scores: dict[UUID, float] = {}
    for name, ids in lists.items():
        for rank, id in enumerate(ids, start=1):
            scores[id] = scores.get(id, 0.0) + _WEIGHTS[name] / (_RANK_CONSTANT + rank)
    best = sorted(scores.items(), key=lambda scored: (scored[1], scored[0]), reverse=True)
    return [id for id, _ in best[:limit]]


def similarity_of(cosine: float) -> float:
    """Clamp a cosine to 0..1: rounding takes it above 1, and below 0 things have nothing in common."""
    return min(1.0, max(0.0, cosine))
