"""What the pages about the code name is there."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "docs" / "architecture.md",
    ROOT / "docs" / "release.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
]
MAX_GLOSSARY = 25
_ADDED = "acme"
"""The dialect that an example of CONTRIBUTING.md adds."""
_SPAN = re.compile(r"`([^`\s]+)`")
_PATH = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(py|md|sql|toml|txt|lock|yaml))")
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def _paths(page: Path) -> Iterator[str]:
    for span in _SPAN.findall(_FENCE.sub("", page.read_text())):
        if _PATH.fullmatch(span):
            yield span


def _exists(path: str) -> bool:
    return (ROOT / path).exists() or (ROOT / "src" / "mediatheque" / path).exists()


def _imports(page: Path) -> Iterator[tuple[str, str]]:
    for block in _PYTHON.findall(page.read_text()):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module and _ADDED not in node.module:
                yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_paths_exist(page: Path) -> None:
    assert [path for path in _paths(page) if not _exists(path)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_imports_in_examples_exist(page: Path) -> None:
    missing = [f"{module}.{name}" for module, name in _imports(page) if not _has(module, name)]
    assert missing == []


def _has(module: str, name: str) -> bool:
    try:
        return hasattr(importlib.import_module(module), name) or bool(importlib.import_module(f"{module}.{name}"))
    except ModuleNotFoundError:
        return False


def test_glossary_is_short() -> None:
    rows = re.findall(r"^\| (?!word|-)", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)
    assert 0 < len(rows) <= MAX_GLOSSARY
