"""Measure the shape of the source: `python -m tools.shape [FOLDER]`.

Prints files per folder, the median and the longest file and function, private names of former versions that are still
there, and import cycles among modules and among packages of one folder. A review tool: it judges nothing and exits 0.
"""

import ast
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
RETIRED = ROOT / "tools" / "retired_names.txt"
MAX_FILES = 15
SHOWN = 5


class Function(NamedTuple):
    """A function or method, and how many lines it has with its signature."""

    lines: int
    name: str
    path: Path


class Module(NamedTuple):
    """A parsed file."""

    name: str
    path: Path
    lines: int
    tree: ast.Module


def modules(source: Path) -> dict[str, Module]:
    """Parse every Python file below the folder, by dotted module name."""
    found = {}
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text()
        found[name] = Module(name, path, text.count("\n"), ast.parse(text))
    return found


def functions(module: Module) -> Iterator[Function]:
    """List the functions of a module, methods included."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function((node.end_lineno or node.lineno) - node.lineno + 1, node.name, module.path)


def imports(module: Module, known: dict[str, Module]) -> set[str]:
    """Name the modules of the project that the module imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else node.module)
    return {name for name in found if name in known and name != module.name}


def cycles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Find the strongly connected components of more than one node, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in arrows.get(node, ()):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            component = []
            while (member := stack.pop()) != node:
                component.append(member)
            if component:
                found.append(sorted([*component, node]))

    sys.setrecursionlimit(10_000)
    for node in arrows:
        if node not in index:
            visit(node)
    return found


def between_packages(arrows: dict[str, set[str]], folder: str, known: dict[str, Module]) -> dict[str, set[str]]:
    """Draw the imports among the direct members of a package: its files, and its sub-packages as one box each."""

    def member(name: str) -> str | None:
        rest = name.removeprefix(f"{folder}.")
        return None if rest == name else rest.split(".")[0]

    drawn: dict[str, set[str]] = defaultdict(set)
    for name, targets in arrows.items():
        source = member(name)
        if source is not None and name in known:
            drawn[source] |= {box for target in targets if (box := member(target)) not in (None, source)}  # type: ignore[misc]
    return drawn


def retired(found: dict[str, Module]) -> Counter[str]:
    """Count the retired names that are still defined: classes, functions, methods and module-level variables."""
    names = set(RETIRED.read_text().split())
    still: Counter[str] = Counter()
    for module in found.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name in names:
                still[f"{module.name}:{node.name}"] += 1
    return still


def report(found: dict[str, Module], source: Path) -> Iterator[str]:
    """Say what was measured, a line each."""
    folders = Counter(module.path.parent.relative_to(source.parent) for module in found.values())
    yield f"{len(found)} files in {len(folders)} folders"
    large = [f"{count} {name}" for name, count in folders.most_common() if count > MAX_FILES]
    yield f"folders with more than {MAX_FILES} files: {_listed(large)}"
    yield f"largest folders: {_listed([f'{count} {name}' for name, count in folders.most_common(SHOWN)])}"
    by_length = sorted((m for m in found.values() if m.lines > 1), key=lambda m: m.lines, reverse=True)
    longest = [f"{m.lines} {m.path.relative_to(source)}" for m in by_length[:SHOWN]]
    yield f"files: median {statistics.median(m.lines for m in by_length):.0f} lines; longest: {_listed(longest)}"
    written = sorted((f for module in found.values() for f in functions(module)), reverse=True)
    longest = [f"{f.lines} {f.path.relative_to(source)}:{f.name}" for f in written[:SHOWN]]
    median = statistics.median(f.lines for f in written)
    yield f"functions: {len(written)}, median {median:.0f} lines; longest: {_listed(longest)}"
    left = sorted(retired(found))
    yield f"retired names still defined: {len(left)}: {_listed(left[:20])}"


def report_imports(found: dict[str, Module]) -> Iterator[str]:
    """Say which cycles there are, and how many arrows stand between the members of each room."""
    arrows = {name: imports(module, found) for name, module in found.items()}
    yield f"import cycles among modules: {_listed([' <-> '.join(cycle) for cycle in cycles(arrows)])}"
    packages = [name for name, module in found.items() if module.path.name == "__init__.py"]
    among = [
        f"{package}: {' <-> '.join(cycle)}"
        for package in packages
        for cycle in cycles(between_packages(arrows, package, found))
    ]
    yield f"import cycles among members of one package: {_listed(among)}"
    for room in (name for name in packages if name.count(".") == 1):
        drawn = between_packages(arrows, room, found)
        boxes = set(drawn).union(*drawn.values())
        yield f"{room}: {len(boxes)} boxes, {sum(map(len, drawn.values()))} arrows"


def main() -> None:
    """Print the report."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "src" / "mediatheque"
    found = modules(source)
    for line in (*report(found, source), *report_imports(found)):
        print(line)


def _listed(items: list[str]) -> str:
    return "; ".join(items) or "none"


if __name__ == "__main__":
    main()
