"""What the dashboard is made of: its files and headers, without a browser."""

from __future__ import annotations

import gzip
import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from streamer.web import STATIC, routes
from streamer.web.headers import HEADERS

FILES = sorted(STATIC.iterdir())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
PAGES = ["/", "/alerts", "/model", "/leads/lead-1", "/leads/a%2Fb", "/login"]
FIRST_PAGE_BYTES_MAX = 100 * 1024
LINES_MAX = 300
TEXT = re.compile(r'^  "([a-z0-9-]+)": \["(.+)", "(.+)", "(.+)"\],$')


@pytest.fixture
def client() -> TestClient:
    """A client of the dashboard alone."""
    return TestClient(Starlette(routes=routes()))


@pytest.mark.parametrize("path", [*PAGES, *(f"/assets/{path.name}" for path in FILES), "/assets/missing.js"])
def test_every_answer_keeps_foreign_code_out(client: TestClient, path: str) -> None:
    """Every page and file, found or not, comes with the strict policy, and may be kept only if it is asked for again."""
    answer = client.get(path)
    assert answer.status_code == (404 if "missing" in path else 200)
    assert HEADERS.items() <= {name.title(): value for name, value in answer.headers.items()}.items()
    assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/assets/../headers.py", "/assets/%2e%2e/headers.py", "/assets//etc/passwd"])
def test_nothing_but_the_files_is_sent(client: TestClient, path: str) -> None:
    """No path leads out of the folder of the files."""
    assert client.get(path).status_code == 404


def test_a_file_that_is_known_is_not_sent_again(client: TestClient) -> None:
    """A browser that has a file is told that it is still the same."""
    first = client.get("/assets/main.js")
    again = client.get("/assets/main.js", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert not again.content


def test_the_first_page_is_small() -> None:
    """All files of the dashboard together are at most 100 KiB on the wire."""
    assert sum(len(gzip.compress(path.read_bytes())) for path in FILES) <= FIRST_PAGE_BYTES_MAX


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix in {".js", ".html"}], ids=lambda path: path.name)
def test_data_becomes_text_and_never_markup(path: object) -> None:
    """No file writes markup, evaluates text, holds a style or a script in the page, or names a foreign host."""
    text = STATIC.joinpath(str(path)).read_text(encoding="utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "Function(", "javascript:", ".style"):
        assert word not in text.replace("/assets/style.css", ""), word
    assert not re.findall(r"<script(?! (?:type=\"module\" )?src=\"/assets/)| style=| on\w+=", text)
    assert not set(re.findall(r"https?://[\w./]+", text)) - {"http://www.w3.org/2000/svg"}


def test_every_word_is_there_in_every_language() -> None:
    """Each text has its English, Russian and Polish, with the same places for values; each is used, and each used one is there."""
    lines = (STATIC / "texts.js").read_text(encoding="utf-8").split("const TEXTS = {\n")[1].split("\n};")[0].splitlines()
    texts = {}
    for line in filter(None, lines):
        found = TEXT.match(line)
        assert found, line
        name, *words = found.groups()
        assert len({frozenset(re.findall(r"\{\w+\}", text)) for text in words}) == 1, name
        assert name not in texts
        texts[name] = words
    code = "\n".join(path.read_text(encoding="utf-8") for path in FILES if path.suffix in {".js", ".html"} and path.name != "texts.js")
    used = set(re.findall(r'\bt\("([a-z0-9-]+)"', code)) | set(re.findall(r'data-(?:text|label)="([a-z0-9-]+)"', code))
    assert used <= texts.keys()
    unused = [name for name in texts if not re.search(rf'["`]{name}["`]', code) and not re.fullmatch("kind-.*", name) and name not in FIELDS]
    assert not unused


FIELDS = {"stage", "score", "category", "city", "manager", "order", "hottest", "coldest", "recent", "live", "up", "down"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short(path: object) -> None:
    """No script is longer than a reader can keep in mind, and each begins by saying what it is."""
    text = STATIC.joinpath(str(path)).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES_MAX
    assert text.startswith("// ")
