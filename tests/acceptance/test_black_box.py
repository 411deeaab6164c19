"""These tests must not import the program, directly or through what they import."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def imported(source: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: relative imports hide what is imported"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def module_files(name: str) -> list[Path]:
    """Return the files of a test module and of the packages that contain it."""
    words = name.split(".") if name.startswith("tests.") else []
    places = [ROOT.joinpath(*words[: n + 1]) for n in range(len(words))]
    return [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py") if file.exists()]


def reachable(sources: set[Path]) -> dict[Path, set[str]]:
    """Return every test file reachable from these by imports, with the names it imports."""
    imports: dict[Path, set[str]] = {}
    while sources:
        source = sources.pop()
        imports[source] = imported(source)
        sources |= {file for name in imports[source] for file in module_files(name)} - imports.keys()
    return imports


def test_program_is_not_imported() -> None:
    files = reachable(set(Path(__file__).parent.rglob("*.py")))
    assert ROOT / "tests/samples.py" in files, "the search must follow imports"
    offenders = {file for file, names in files.items() if any(name.split(".")[0] == "mediatheque" for name in names)}
    assert not offenders


def test_nested_imports_are_detected(tmp_path: Path) -> None:
    (tmp_path / "nested.py").write_text("def f():\n    from mediatheque.model import Key\n    import mediatheque\n")
    assert imported(tmp_path / "nested.py") >= {"mediatheque", "mediatheque.model", "mediatheque.model.Key"}
