"""Any text is a question, and no workspace answers for another."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.search.hybrid import Example
from mediatheque.model import Filter, Scope
from mediatheque.records.search import full_text, hybrid, scopes
from mediatheque.records.search.text_query import parse
from mediatheque.records.search.words import words_of
from tests import samples
from tests.library.ingest_requests import ingest_request
from tests.rounds import examples

QUICK = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SYNTAX = st.sampled_from([*"&|!()<>-'\"\\:*%_?$@", "<->", "<2>", ":*", ":A", "''", "%s", "%(s0)s", " or ", " ", "cat"])
LETTERS = st.characters(codec="utf-8", exclude_characters="\0")
TEXTS = st.text(LETTERS, max_size=40) | st.lists(SYNTAX, max_size=15).map("".join) | st.text(LETTERS, min_size=300)
examples = ("Zugspitze bear", "größe", "ΣΊΣΥΦΟΣ", "100% a\\b'c", "cat:*")


@pytest.fixture
async def seeded(library: Library, workspace: UUID) -> dict[UUID, set[UUID]]:
    """Two workspaces with the same files, words and tags; the assets of each."""
    principal = await library.accounts.authenticate(await library.accounts.create_key("two", frozenset(Scope)))
    owned: dict[UUID, set[UUID]] = {}
    for owner in (workspace, principal.workspace_id):
        owned[owner] = set()
        for seed, name in enumerate(examples):
            tag = await library.catalog.tags.create(owner, f"Tag {name}"[:50])
            details = AssetFields(caption=f"caption {name}", title=name, tag_ids=(tag.id,))
            asset = await library.ingest.create_asset(ingest_request(owner, samples.png(seed=seed), details=details))
            await library.search.embeddings.embed(asset.id)
            owned[owner].add(asset.id)
    return owned


@pytest.mark.sampled
@QUICK
@given(text=TEXTS, limit=st.integers(1, 12))
async def test_results_of_any_text_stay_in_the_workspace(
    library: Library, seeded: dict[UUID, set[UUID]], text: str, limit: int
) -> None:
    for owner, owned in seeded.items():
        found = await library.search.hybrid.find(owner, Filter(), Example(text=text), limit)
        ids = [hit.asset.id for hit in found.hits]
        assert len(set(ids)) == len(ids)
        assert set(ids) <= owned
        if not parse(text).conditions:
            assert len(ids) == min(limit, len(examples))
            assert found.more is (limit < len(examples))
        assert not found.partial
        assert all(hit.similarity is not None and 0 <= hit.similarity <= 1 for hit in found.hits)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("zugspitze bear", "Zugspitze bear"),
        ("GRÖSSE größe", "größe"),
        ("gro\u0308ß", "größe"),
        ("σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("σίσυφ", "ΣΊΣΥΦΟΣ"),
        ("zugspize", "Zugspitze bear"),
        ("the tag zugspitze bears", "Zugspitze bear"),
    ],
)
async def test_each_ranked_list_stays_in_the_workspace(
    library: Library, seeded: dict[UUID, set[UUID]], text: str, name: str
) -> None:
    """By words, unfinished and misspelt ones, and tags: without vectors there is nothing else."""
    async with library.database.connection() as conn:
        await conn.execute("DELETE FROM embedding")
    for owner, owned in seeded.items():
        found = await library.search.hybrid.find(owner, Filter(), Example(text=text), 12)
        assert found.hits[0].asset.title == name
        assert {hit.asset.id for hit in found.hits} <= owned
        assert {hit.similarity for hit in found.hits} == {None}


@pytest.mark.parametrize(
    "text", ["größe", "GRÖẞE", "gro\u0308ße", "ΣΊΣΥΦΟΣ", "Ὀδυσσεύς", "\u041c\u043e", "Straße", "ŉ", "ﬁn", "ĳ", "ǅ"]
)
async def test_words_are_folded_like_the_database_does(library: Library, text: str) -> None:
    async with library.database.connection() as conn:
        cursor = await conn.execute("SELECT fold(normalize(%s, NFKC)) AS folded", (text,))
        row = await cursor.fetchone()
    assert row
    assert " ".join(word.text for word in words_of(text)) == row["folded"]


async def test_foreign_assets_do_not_change_the_ranking(library: Library, seeded: dict[UUID, set[UUID]]) -> None:
    """A word that is misspelt here is, even where somebody else has it."""
    mine, theirs = seeded
    async with library.database.connection() as conn:
        await conn.execute("DELETE FROM embedding")
    details = AssetFields(title="zugspize", caption="zugspize")
    await library.ingest.create_asset(ingest_request(theirs, samples.png(seed=99), details=details))
    await library.catalog.tags.create(theirs, "zugspize")
    found = await library.search.hybrid.find(mine, Filter(), Example(text="zugspize"), 12)
    assert [hit.asset.title for hit in found.hits] == ["Zugspitze bear"]


@pytest.mark.parametrize("small", [True, False])
async def test_misspelt_word_is_searched_in_the_filter(
    library: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch, small: bool
) -> None:
    """In a small scope whatever else there is like it; in a large one among the first that are."""
    monkeypatch.setattr(full_text, "_MAX_FUZZY", 1 if small else 3)
    tag = await library.catalog.tags.create(workspace, "blue")
    for seed, tags in enumerate([(), (), (tag.id,)]):
        details = AssetFields(title=f"Zugspitze {seed}", tag_ids=tags)
        await library.ingest.create_asset(ingest_request(workspace, samples.png(seed=seed), details=details))
    scope = scopes.Estimate(workspace, Filter(tag_ids=(tag.id,)), small=small)
    async with library.database.connection() as conn:
        legs = await hybrid.by_words(conn, scope, parse("zugspize"), 10)
        titles = await conn.execute("SELECT title FROM asset WHERE id = ANY(%s)", (list(legs["fuzzy"]),))
        assert [row["title"] for row in await titles.fetchall()] == ["Zugspitze 2"]


async def test_stop_words_are_not_misspelt(library: Library, workspace: UUID) -> None:
    details = AssetFields(title="that wither hiss")
    await library.ingest.create_asset(ingest_request(workspace, samples.png(), details=details))
    scope = scopes.Estimate(workspace, Filter(), small=True)
    async with library.database.connection() as conn:
        for text, found in (("with this", 0), ("withers hisses", 1), ("withr", 1)):
            legs = await hybrid.by_words(conn, scope, parse(text), 10)
            assert len({*legs["words"], *legs["fuzzy"]}) == found, text


async def test_beginnings_of_words_count_in_a_large_scope_where_few_assets_have_the_whole_word(
    library: Library, workspace: UUID
) -> None:
    ids = {}
    for seed, title in enumerate(("cat one", "cat two", "category three")):
        request = ingest_request(workspace, samples.png(seed=seed), details=AssetFields(title=title))
        ids[title] = (await library.ingest.create_asset(request)).id
    whole = {ids["cat one"], ids["cat two"]}
    async with library.database.connection() as conn:

        async def search(text: str, limit: int, *, small: bool) -> set[UUID]:
            scope = scopes.Estimate(workspace, Filter(), small=small)
            return {*(await hybrid.by_words(conn, scope, parse(text), limit))["words"]}

        assert await search("cat", 2, small=False) == whole
        assert await search("cat", 3, small=False) == {*ids.values()}
        assert await search("categ", 2, small=False) == {ids["category three"]}
        assert await search("cat", 3, small=True) == {*ids.values()}
