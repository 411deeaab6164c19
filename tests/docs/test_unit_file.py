"""The unit file for systemd, and the page that shows it."""

from configparser import ConfigParser
from pathlib import Path

from mediatheque.config import Config

ROOT = Path(__file__).parents[2]
UNIT = (ROOT / "deploy" / "mediatheque.service").read_text()


def test_the_page_shows_the_unit_file() -> None:
    assert f"```ini\n{UNIT}```\n" in (ROOT / "docs" / "operations" / "deploy.md").read_text()


def test_systemd_lets_requests_and_tasks_drain() -> None:
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    unit.read_string(UNIT)
    assert unit["Service"]["KillMode"] == "mixed"
    assert int(unit["Service"]["TimeoutStopSec"]) > 2 * Config().drain_seconds
