"""The pages for operators name every finding, task and state."""

from pathlib import Path

from mediatheque.library.maintenance.verify import FindingKind
from mediatheque.library.tasks import TASKS

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations"


def test_verify_page_names_every_finding() -> None:
    page = (OPERATIONS / "verify.md").read_text()
    assert [fault.value for fault in FindingKind if f"`{fault.value}`" not in page] == []


def test_tasks_page_names_every_task() -> None:
    page = (OPERATIONS / "tasks.md").read_text()
    assert [task for task in TASKS if f"| `{task}` |" not in page] == []
