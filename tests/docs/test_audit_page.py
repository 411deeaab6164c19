import re
from pathlib import Path

import mediatheque

ROOT = Path(__file__).parents[2]
_TRIGGER = re.compile(r"EXECUTE FUNCTION audit_\w+\('([a-z_.]+)'\)")
_CALL = re.compile(r"audit\.record\(conn, \"([a-z_.]+)\"")


def test_page_names_every_action() -> None:
    """Triggers write the entries; what has no table is recorded by a call."""
    source = Path(mediatheque.__file__).parent
    migrations = "".join(path.read_text() for path in source.glob("records/migrations/versions/*.sql"))
    calls = "".join(path.read_text() for path in source.rglob("*.py"))
    actions = {*_TRIGGER.findall(migrations), *_CALL.findall(calls), "file.create"}
    page = (ROOT / "docs" / "native" / "audit.md").read_text()
    assert len(actions) > 40
    assert sorted(action for action in actions if f"`{action}`" not in page) == []
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", page[page.index("## Actions") : page.index("One request")]))
    assert sorted(named - actions) == []
