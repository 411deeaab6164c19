"""Full-text search: words in title, caption and file name, words that name tags, and words with misspellings.

Each function of a query returns SQL for `id` and `rank`, best first from 1. The query has at least one word.
"""

from collections.abc import Sequence

from mediatheque.records.search.scopes import Estimate, Query
from mediatheque.records.search.text_query import Condition, TextQuery
from mediatheque.records.search.words import Word, lexeme

_MAX_RANKED = 5_000  # assets with the words that are ranked, where very many have them
_MAX_FUZZY = 500  # assets of the workspace with a similar word that are compared, in a large scope
_MAX_TAGS = 20
_MAX_LONG = 4  # words that are compared with misspellings
_MAX_PHRASE = 4  # words of a tag
_MAX_RUN = 30  # characters of a run without spaces
_MIN_SIMILARITY = 0.45  # trigram similarity from which a word counts as a misspelt tag
_MIN_FUZZY_LENGTH = 4  # letters of a word that may be misspelt


def by_words(scope: Estimate, query: TextQuery, limit: int) -> Query:
    """Find assets with all the words, by stem or verbatim.

    The last word may be the beginning of one; in a large scope, only when fewer than `limit` assets have it whole: to
    collect all words with a common beginning takes the index longer than all else.
    """
    _, values = scope.clause()
    conditions = {"simple": _joined(query.conditions, "simple"), "english": _joined(query.conditions, "english")}
    also = " ".join(f"&& to_tsquery('{name}', %({name})s)" for name, text in conditions.items() if text)
    found = _with_words(scope, "unfinished", also)
    if not scope.small:
        found = f"""
            WITH whole AS MATERIALIZED ({_with_words(scope, "verbatim", also)})
            SELECT * FROM whole WHERE (SELECT count(*) FROM whole) >= %(limit)s
            UNION ALL
            SELECT * FROM ({found}) f WHERE (SELECT count(*) FROM whole) < %(limit)s
        """  # noqa: S608 - constants and clauses of ours
    sql = f"SELECT id, row_number() OVER (ORDER BY weight DESC, id) AS rank FROM ({found}) y"  # noqa: S608 - ours
    return sql, {
        **values,
        "limit": limit,
        "stems": _expression(query),
        "verbatim": _expression(query),
        "unfinished": _expression(query, unfinished=True),
        **conditions,
    }


def _with_words(scope: Estimate, words: str, also: str) -> str:
    """Return SQL for `id` and `weight` of the best assets with the words of this parameter, or with the stems."""
    where, _ = scope.clause()
    return f"""
        SELECT id, ts_rank(document, query) AS weight FROM (
            SELECT a.id, a.document, q.query {scope.source} CROSS JOIN (
                SELECT (to_tsquery('english', %(stems)s) || to_tsquery('simple', %({words})s)) {also} AS query
            ) q WHERE {where} AND a.document @@ q.query LIMIT {_MAX_RANKED}
        ) x ORDER BY weight DESC, id LIMIT %(limit)s
    """  # noqa: S608 - constants and clauses of ours


def by_tags(scope: Estimate, query: TextQuery, limit: int) -> Query:
    """Find assets with a tag that the query names verbatim, by its stems, or with misspellings; newest first."""
    where, values = scope.clause()
    sql = f"""
        SELECT id, row_number() OVER (ORDER BY sure DESC, moment DESC, id DESC) AS rank FROM (
            SELECT m.id, max(t.sure) AS sure, max(m.moment) AS moment FROM (
                SELECT id, 2 AS sure FROM tag WHERE workspace_id = %(s0)s AND fold(name) = ANY(%(phrases)s)
                UNION ALL
                (SELECT id, 2 FROM tag WHERE workspace_id = %(s0)s
                    AND to_tsvector('english', search_text(name)) @@ to_tsquery('english', %(any)s)
                    AND tsvector_to_array(to_tsvector('english', search_text(name)))
                        <@ tsvector_to_array(to_tsvector('english', %(lexemes)s)) LIMIT {_MAX_TAGS})
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
        "lexemes": " ".join(lexemes := _lexemes(query.words)),
        "any": " | ".join(f"'{lexeme}'" for lexeme in lexemes),
        "phrases": _phrases(query.words),
        "long": _long(query.words),
    }


def fuzzy(scope: Estimate, query: TextQuery, limit: int) -> Query:
    """Find assets by words that no asset of the workspace has: misspelt in the query or in the asset.

    Stop words (`this`, `with`) are left out. `OFFSET 0` has the words looked up before any asset is compared.
    """
    where, values = scope.clause()
    like = (_fuzzy_in_small if scope.small and not scope.whole else _fuzzy_in_large)(scope, where)
    sql = f"""
        SELECT id, row_number() OVER (ORDER BY weight DESC, id) AS rank FROM (
            SELECT near.id, sum(near.similarity) AS weight FROM (
                SELECT l.word FROM unnest(%(long)s::text[]) AS l (word)
                WHERE to_tsvector('english', l.word) <> '' AND NOT EXISTS (
                    SELECT FROM asset x
                    WHERE x.workspace_id = %(s0)s AND x.trashed_at IS NULL
                    AND x.document @@ to_tsquery('simple', '''' || l.word || '''')
                ) OFFSET 0
            ) w, LATERAL (
                SELECT id, word_similarity(w.word, like_it.words) AS similarity FROM ({like}) like_it
                ORDER BY similarity DESC, id LIMIT %(limit)s
            ) near
            GROUP BY near.id ORDER BY weight DESC, near.id LIMIT %(limit)s
        ) y
    """  # noqa: S608 - constants and clauses of ours
    return sql, {**values, "limit": limit, "long": _long(query.words)}


def _fuzzy_in_small(scope: Estimate, where: str) -> str:
    """Compare every asset. `OFFSET 0` keeps the planner from the index, which searches the whole workspace first."""
    return f"""
        SELECT * FROM (SELECT a.id, a.words {scope.source} WHERE {where} OFFSET 0) few WHERE w.word <%% few.words
    """  # noqa: S608 - constants and clauses of ours


def _fuzzy_in_large(scope: Estimate, where: str) -> str:
    """Look for similar words by the index and check the scope for a limited number: very many assets can have one."""
    return f"""
        SELECT a.id, a.words {scope.source} WHERE {where} AND a.id IN (
            SELECT x.id FROM asset x
            WHERE x.workspace_id = %(s0)s AND x.trashed_at IS NULL AND w.word <%% x.words LIMIT {_MAX_FUZZY}
        )
    """  # noqa: S608 - constants and clauses of ours


def condition(number: int, condition: Condition) -> Query:
    """Return the condition for an asset `a`: its words, or one of its tags, have what the query asks for or excludes.

    Its parameters are `c0` for number 0, and so on, and `workspace`. The workspace's tags with the words are looked up
    once, by the index `tag_words`: reading the words of every tag takes seconds where there are tens of thousands.
    """
    query = f"to_tsquery('{condition.configuration}', %(c{number})s)"
    sql = f"""(a.document @@ {query} OR EXISTS (
        SELECT FROM asset_tag m WHERE m.asset_id = a.id AND m.tag_id = ANY(ARRAY(
            SELECT t.id FROM tag t WHERE t.workspace_id = %(workspace)s AND
                (to_tsvector('simple', search_text(t.name)) || to_tsvector('english', search_text(t.name))) @@ {query}
        ))
    ))"""  # noqa: S608 - constants of ours
    return f"NOT {sql}" if condition.is_excluded else sql, {f"c{number}": condition.expression}


def _expression(query: TextQuery, *, unfinished: bool = False) -> str:
    """Return the alternatives in the syntax of `to_tsquery`; with `unfinished`, the last word may be a beginning."""
    last = len(query.alternatives) - 1, len(query.alternatives[-1]) - 1
    groups = [
        [word.expression(unfinished=unfinished and (i, j) == last) for j, word in enumerate(words)]
        for i, words in enumerate(query.alternatives)
    ]
    return " | ".join(f"({' & '.join(group)})" for group in groups)


def _joined(conditions: Sequence[Condition], configuration: str) -> str:
    """Return the conditions of one configuration in the syntax of `to_tsquery`, empty for none."""
    ours = [each for each in conditions if each.configuration == configuration]
    return " & ".join(f"{'!' if each.is_excluded else ''}({each.expression})" for each in ours)


def _lexemes(words: Sequence[Word]) -> list[str]:
    """Return the words' lexemes, and those of the single characters in runs: a tag may end with any of them."""
    singles = [lexeme(character) for word in words if not word.is_spelt for character in word.text[:_MAX_RUN]]
    return list(dict.fromkeys([each for word in words for each in word.lexemes] + singles))


def _long(words: Sequence[Word]) -> list[str]:
    return [word.text for word in words if word.is_spelt and len(word.text) >= _MIN_FUZZY_LENGTH][:_MAX_LONG]


def _phrases(words: Sequence[Word]) -> list[str]:
    """Return every run of words that can be the name of a tag."""
    texts = [word.text for word in words]
    lengths = range(1, _MAX_PHRASE + 1)
    return [" ".join(texts[at : at + length]) for length in lengths for at in range(len(texts) - length + 1)]
