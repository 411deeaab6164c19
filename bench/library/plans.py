"""How PostgreSQL does the statements that requests wait for: docs/query-plans.md, and a check of it.

PostgreSQL tells itself (auto_explain), so these are the very statements, those inside functions with them. Each is done
a dozen times before it is looked at: by then it is prepared, as it is in a server that has run for a while, and
PostgreSQL has decided whether one plan will do for all parameters.
"""

import asyncio
import re
from pathlib import Path
from uuid import UUID

from psycopg.errors import Diagnostic

from bench.library.figures import note
from bench.library.filling import moment
from bench.library.seeded import SeededLibrary
from bench.library.statements import TEXT, Example, Statement, statements
from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.library.search.embedding_models import EmbeddingModels
from mediatheque.library.search.encoders import Encoders
from mediatheque.model import Cursor, Filter
from mediatheque.records.catalog import listing
from mediatheque.records.database import Connection, Database, DatabaseConfig
from mediatheque.records.search.embeddings import to_pgvector

_EXPLAIN = """
    LOAD 'auto_explain';
    SET auto_explain.log_analyze = on; SET auto_explain.log_buffers = on; SET auto_explain.log_nested_statements = on;
    SET auto_explain.log_parameter_max_length = 0; SET client_min_messages = log;
"""
_QUEUE = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock)
    SELECT 'embed_asset', 'embed_asset', 'asset ' || n FROM generate_series(1, 20000) n;
    ANALYZE procrastinate_jobs;
"""
_TIMES = 12
_READ = re.compile(
    r"(Seq|Index|Index Only|Bitmap Heap) Scan (?:using \w+ )?on "
    r"(?:asset|file|blob|embedding|asset_tag|collection_asset|procrastinate_jobs)\b.*rows=([\d.]+) loops=(\d+)\)"
)
_MOST_READ = 15_000
"""Rows that a statement may read of a large table: somewhat more than are counted."""
_TRIFLES = re.compile(r" +(Index Searches: |Storage: |Window: |Heap Fetches: 0|Batches: )")
# A subplan for tags or collections, up to the next line that is not further in.
_EACH_ASSET = re.compile(
    r"^( *)(SubPlan \d+)\n\1  ->  Aggregate .*\n(?: +Buffers.*\n)?\1 +->  Sort .*\n(?:\1  .*\n)*", re.MULTILINE
)
_HEAD = """\
# How PostgreSQL does what requests wait for

Written by `make bench ARGS="--only library --million --plans docs/query-plans.md"`, which fails where a large table is
read from end to end, or more than {most:,} rows of it by an index. There are {size:,} assets in one workspace,
{vectors:,} vectors in all, tags on 1, 5 and 30 % of the assets, a collection of 10,000. Each statement was done
{times} times before: it is prepared by then, as in a server.
"""


def write(stock: SeededLibrary, to: Path) -> list[str]:
    """Writes the page; answers what should not be on it."""
    plans = asyncio.run(_explained(stock))
    with stock.connect() as conn:
        [(vectors,)] = conn.execute("SELECT count(*) FROM embedding WHERE vector IS NOT NULL").fetchall()
    head = _HEAD.format(size=stock.size, vectors=vectors, times=_TIMES, most=_MOST_READ)
    first, *others = plans
    to.write_text("\n".join([head, _section(*first), *(_section(each, _abridged(plan)) for each, plan in others)]))
    return [f"{each.title}: {read}" for each, plan in plans for read in _too_much(plan)]


def _too_much(plan: str) -> list[str]:
    found = _READ.finditer(plan)
    return [read[0] for read in found if read[1] == "Seq" or float(read[2]) * int(read[3]) > _MOST_READ]


def _section(statement: Statement, plan: str) -> str:
    return f"## {statement.title}\n\n{statement.see}\n\n```\n{plan}\n```\n"


async def _explained(stock: SeededLibrary) -> list[tuple[Statement, str]]:
    async with Database(DatabaseConfig(url=stock.url, pool_min=1, pool_max=1)) as database:
        example = await _example(database, stock)
        async with database.connection() as conn:
            await conn.execute(_QUEUE)
            await conn.execute(_EXPLAIN)
            found = [(each, await _plan(conn, each)) for each in statements(stock, example)]
            await conn.execute("DELETE FROM procrastinate_jobs")
        return found


async def _example(database: Database, stock: SeededLibrary) -> Example:
    encoders = Encoders(EmbeddingConfig(cache=stock.models))
    model = await EmbeddingModels(database, encoders).active()
    vector = to_pgvector(await encoders.encode_text(model, TEXT))
    await encoders.close()
    async with database.connection() as conn:
        [asset, *_] = await listing.page(conn, stock.workspace_id, Filter(), Cursor(moment(1_000), UUID(int=0)), 1)
    return Example(model, asset, vector)


async def _plan(conn: Connection, statement: Statement) -> str:
    """Of everything that reads a table; the statement itself comes after those inside its functions."""
    told: list[str] = []

    def hear(message: Diagnostic) -> None:
        text = message.message_primary or ""
        if "plan:" in text and " Scan " in text:
            told.append(_shortened(text))

    for _ in range(_TIMES):
        await statement.call(conn)
    await conn.execute("SET auto_explain.log_min_duration = 0")
    conn.add_notice_handler(hear)
    await statement.call(conn)
    conn.remove_notice_handler(hear)
    await conn.execute("SET auto_explain.log_min_duration = -1")
    note(f"plan of {statement.title}")
    return "\n\n".join(told)


def _shortened(message: str) -> str:
    """The plan without the query, and vectors without their numbers."""
    took = re.search(r"duration: (\S+ ms)", message)
    lines = message.partition("Query Text:")[2].splitlines()
    start = next(at for at, line in enumerate(lines) if "(cost=" in line)
    kept = [line for line in lines[start:] if not _TRIFLES.match(line)]
    return re.sub(r"'\[[^']{40,}'", "'[...]'", "\n".join(kept)) + f"\nTook: {took[1] if took else '?'}"


def _abridged(plan: str) -> str:
    """Without what every list does for each of its assets."""
    return _EACH_ASSET.sub(lambda found: f"{found[1]}{found[2]}: as in the first plan\n", plan)
