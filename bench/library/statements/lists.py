"""Pages of assets, and how many there are."""

from uuid import UUID

from bench.library.filling import moment
from bench.library.seeded import SeededLibrary
from bench.library.statements.base import LISTED, Call, Statement
from mediatheque.library.catalog.assets import MAX_COUNT
from mediatheque.model import Cursor, Filter, Kind
from mediatheque.records.catalog import listing

_PAGE = 51


def pages(stock: SeededLibrary) -> list[Statement]:
    one, five, thirty = stock.tags.values()
    index = "An index has the assets in the order of the list: the page is read and nothing is sorted."
    members = "The memberships' own index has them in the order of the list; each asset is then looked up by its id."
    deep = Cursor(moment(stock.size // 5), UUID(int=0))
    asked: list[tuple[str, str, Filter, Cursor | None]] = [
        ("the first page", index, Filter(), None),
        ("a page four fifths down", "The same index, entered at the position: as many rows are read.", Filter(), deep),
        ("the four kinds of fal's lists", index, Filter(kinds=LISTED), None),
        (
            "of one kind, four fifths down",
            "The index of kinds, entered at the position.",
            Filter(kinds=(Kind.VIDEO,)),
            deep,
        ),
        (
            "of the rarest kind",
            "The index of kinds again: rare or not, the page is read.",
            Filter(kinds=(Kind.MODEL,)),
            None,
        ),
        ("of one source", "The index of sources.", Filter(sources=("upload",)), deep),
        ("favourites", "The index that has favourites only.", Filter(favorites=True), deep),
        ("with a tag", members, Filter(kinds=LISTED, tag_ids=(one,)), deep),
        ("with two tags", members, Filter(kinds=LISTED, tag_ids=(one, thirty), all_tags=True), None),
        ("with any of two tags", "No sort of a whole tag where both are common.", Filter(tag_ids=(five, thirty)), deep),
        ("in a collection", members, Filter(collection_id=stock.collection_id), None),
        ("in a folder", "The index of folders.", Filter(folder_id=stock.target.folder_id), deep),
        ("in no folder", "The index of folders, which has those without one, too.", Filter(without_folder=True), deep),
    ]
    return [Statement(f"list: {title}", see, _page(stock, wanted, after)) for title, see, wanted, after in asked]


def counts(stock: SeededLibrary) -> list[Statement]:
    see = f"At most {MAX_COUNT + 1:,} entries are counted, however many there are."
    asked = [
        ("everything", Filter()),
        ("the four kinds of fal's lists", Filter(kinds=LISTED)),
        ("favourites", Filter(favorites=True)),
        ("a tag", Filter(kinds=LISTED, tag_ids=(stock.tags["1 %"],))),
        ("a collection", Filter(collection_id=stock.collection_id)),
    ]
    return [Statement(f"count: {title}", see, _count(stock, wanted)) for title, wanted in asked]


def _page(stock: SeededLibrary, wanted: Filter, after: Cursor | None) -> Call:
    return lambda conn: listing.page(conn, stock.workspace_id, wanted, after, _PAGE)


def _count(stock: SeededLibrary, wanted: Filter) -> Call:
    return lambda conn: listing.count(conn, stock.workspace_id, wanted, max_count=MAX_COUNT)
