"""Full-text search: words in title, caption and file name, words that name tags, and words with misspellings.

Each function returns a query for `id` and `rank`, best first from 1. `words` are the text's, by `words_of`.
"""

import re
import unicodedata

from mediatheque.records.search.scopes import Estimate, Query

_MAX_RANKED = 5_000  # assets with the words that are ranked, where very many have them
_MAX_FUZZY = 500  # assets of the workspace with a similar word that are compared, in a large scope
_MAX_TAGS = 20
_MAX_WORDS = 16
_MAX_LONG = 4  # words that are compared with misspellings
_MAX_TEXT = 200  # characters
_MAX_PHRASE = 4  # words of a tag
_MIN_SIMILARITY = 0.45  # trigram similarity from which a word counts as a misspelt tag
_MIN_FUZZY_LENGTH = 4  # letters of a word that may be misspelt


def words_of(text: str) -> list[str]:
    """Return the first sixteen words in their order, folded as the SQL function `fold` does."""
    folded = "".join(_folded(character) for character in unicodedata.normalize("NFC", text))
    return list(dict.fromkeys(re.findall(r"\w+", folded)))[:_MAX_WORDS]


def _folded(character: str) -> str:
    """Map to upper and back to lower case where both are one character, as PostgreSQL does."""
    for other in (character.upper(), character.upper().lower()):
        character = other if len(other) == 1 else character
    return character


def by_words(scope: Estimate, text: str, words: list[str], limit: int) -> Query:
    """Find assets with all the words, by stem or verbatim; the last word may be the beginning of one."""
    where, values = scope.clause()
    sql = f"""
        SELECT id, row_number() OVER (ORDER BY weight DESC, id) AS rank FROM (
            SELECT id, ts_rank(document, query) AS weight FROM (
                SELECT a.id, a.document, q.query {scope.source} CROSS JOIN (
                    SELECT websearch_to_tsquery('english', fold(%(text)s)) || to_tsquery('simple', %(prefix)s) AS query
                ) q WHERE {where} AND a.document @@ q.query LIMIT {_MAX_RANKED}
            ) x ORDER BY weight DESC, id LIMIT %(limit)s
        ) y
    """  # noqa: S608 - constants and clauses of ours
    prefix = " & ".join([f"'{word}'" for word in words[:-1]] + [f"'{word}':*" for word in words[-1:]])
    return sql, {**values, "limit": limit, "text": _short(text), "prefix": prefix}


def by_tags(scope: Estimate, text: str, words: list[str], limit: int) -> Query:
    """Find assets with a tag that the text names verbatim, by its stems, or with misspellings; newest first."""
    where, values = scope.clause()
    sql = f"""
        SELECT id, row_number() OVER (ORDER BY sure DESC, moment DESC, id DESC) AS rank FROM (
            SELECT m.id, max(t.sure) AS sure, max(m.moment) AS moment FROM (
                SELECT id, 2 AS sure FROM tag WHERE workspace_id = %(s0)s AND fold(name) = ANY(%(phrases)s)
                UNION ALL
                (SELECT id, 2 FROM tag WHERE workspace_id = %(s0)s
                    AND to_tsvector('english', fold(name)) @@ to_tsquery('english', %(any)s)
                    AND tsvector_to_array(to_tsvector('english', fold(name)))
                        <@ tsvector_to_array(to_tsvector('english', fold(%(text)s))) LIMIT {_MAX_TAGS})
                UNION ALL
                (SELECT t.id, 1 FROM unnest(%(long)s::text[]) AS w (word) JOIN tag t
                 ON t.workspace_id = %(s0)s AND fold(t.name) %% w.word
                 AND similarity(fold(t.name), w.word) > {_MIN_SIMILARITY}
                 ORDER BY similarity(fold(t.name), w.word) DESC, t.id LIMIT {_MAX_TAGS})
            ) t, LATERAL (
                SELECT a.id, m.asset_created_at AS moment {scope.source} JOIN asset_tag m ON m.asset_id = a.id
                WHERE {where} AND m.tag_id = t.id
                ORDER BY m.asset_created_at DESC, m.asset_id DESC LIMIT %(limit)s
            ) m GROUP BY m.id ORDER BY sure DESC, moment DESC, m.id DESC LIMIT %(limit)s
        ) y
    """  # noqa: S608 - constants and clauses of ours
    return sql, {
        **values,
        "limit": limit,
        "text": _short(text),
        "any": " | ".join(f"'{word}'" for word in words),
        "phrases": _phrases(words),
        "long": _long(words),
    }


def fuzzy(scope: Estimate, words: list[str], limit: int) -> Query:
    """Find assets by words that no asset of the workspace has: misspelt in the query or in the asset.

    Stop words (`this`, `with`) are left out.
    """
    where, values = scope.clause()
    like = (_fuzzy_in_small if scope.small and not scope.whole else _fuzzy_in_large)(scope, where)
    sql = f"""
        SELECT id, row_number() OVER (ORDER BY weight DESC, id) AS rank FROM (
            SELECT near.id, sum(near.similarity) AS weight FROM unnest(%(long)s::text[]) AS w (word), LATERAL (
                SELECT id, word_similarity(w.word, like_it.words) AS similarity FROM ({like}) like_it
                ORDER BY similarity DESC, id LIMIT %(limit)s
            ) near
            WHERE to_tsvector('english', w.word) <> '' AND NOT EXISTS (
                SELECT FROM asset x
                WHERE x.workspace_id = %(s0)s AND x.document @@ to_tsquery('simple', '''' || w.word || '''')
            )
            GROUP BY near.id ORDER BY weight DESC, near.id LIMIT %(limit)s
        ) y
    """  # noqa: S608 - constants and clauses of ours
    return sql, {**values, "limit": limit, "long": _long(words)}


def _fuzzy_in_small(scope: Estimate, where: str) -> str:
    """Compare every asset. `OFFSET 0` keeps the planner from the index, which searches the whole workspace first."""
    return f"""
        SELECT * FROM (SELECT a.id, a.words {scope.source} WHERE {where} OFFSET 0) few WHERE w.word <%% few.words
    """  # noqa: S608 - constants and clauses of ours


def _fuzzy_in_large(scope: Estimate, where: str) -> str:
    """Look for similar words by the index and check the scope for a limited number: very many assets can have one."""
    return f"""
        SELECT a.id, a.words {scope.source} WHERE {where} AND a.id IN (
            SELECT x.id FROM asset x WHERE x.workspace_id = %(s0)s AND w.word <%% x.words LIMIT {_MAX_FUZZY}
        )
    """  # noqa: S608 - constants and clauses of ours


def _long(words: list[str]) -> list[str]:
    return [word for word in words if len(word) >= _MIN_FUZZY_LENGTH][:_MAX_LONG]


def _short(text: str) -> str:
    """Cut the text: each operator in it costs time for each asset with one of its words."""
    return " ".join(text.split()[:_MAX_WORDS])[:_MAX_TEXT]


def _phrases(words: list[str]) -> list[str]:
    """Return every run of words that can be the name of a tag."""
    lengths = range(1, _MAX_PHRASE + 1)
    return [" ".join(words[at : at + length]) for length in lengths for at in range(len(words) - length + 1)]
