"""What the dashboard is made of: its files and headers, without a browser."""

from __future__ import annotations

import gzip
import http.client
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from streamer.web import STATIC, routes
from streamer.web.headers import HEADERS
from tests.serve.served import free_port, listens
from tests.stream.cluster import wait_until

FILES = sorted(STATIC.iterdir())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
CODE = [path for path in FILES if path.suffix in {".js", ".html"}]
PAGES = ["/", "/alerts", "/model", "/leads/lead-1", "/leads/a%2Fb", "/leads/a%0Ab", "/login"]
FIRST_PAGE_BYTES_MAX = 100 * 1024
LINES_MAX = 300
MARKUP = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "Function(", "javascript:", ".style.")
INLINE = re.compile(r'<script(?! (?:type="module" )?src="/assets/)|<style| style=| on\w+=')
TEXT = re.compile(r'^  "([a-z0-9-]+)": \["(.+)", "(.+)", "(.+)"\],$')
NAMED_BY_DATA = {"kind-threshold", "kind-rule", "kind-stage", "up", "down"}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server that serves the dashboard alone."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes()), port=port, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: listens(port), lambda: "the server does not listen")
        yield port
    finally:
        server.should_exit = True
        thread.join()


def get(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    """The answer to one request, its body read into `answer.content`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


@pytest.mark.parametrize("path", [*PAGES, *(f"/assets/{path.name}" for path in FILES)])
def test_every_answer_keeps_foreign_code_out(port: int, path: str) -> None:
    """Every page and file comes with the strict policy, and may be kept only if it is asked for again."""
    answer = get(port, path)
    assert answer.status == 200
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/assets/../headers.py", "/assets/%2e%2e/headers.py", "/assets//etc/passwd", "/assets/", "/assets/missing.js"]
)
def test_nothing_but_the_files_is_sent(port: int, path: str) -> None:
    """No path leads out of the folder of the files, or lists it."""
    assert get(port, path).status == 404


def test_a_file_that_is_known_is_not_sent_again(port: int) -> None:
    """A browser that has a file is told that it is still the same."""
    etag = get(port, "/assets/main.js").headers["etag"]
    assert get(port, "/assets/main.js", if_none_match=etag).status == 304


def test_the_first_page_is_small() -> None:
    """All files of the dashboard together are at most 100 KiB on the wire."""
    assert sum(len(gzip.compress(path.read_bytes())) for path in FILES) <= FIRST_PAGE_BYTES_MAX


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.name)
def test_data_becomes_text_and_never_markup(path: Path) -> None:
    """No file writes markup or styles from data, evaluates text, holds a script or style of its own, or names a foreign host."""
    text = path.read_text(encoding="utf-8")
    assert not [word for word in MARKUP if word in text]
    if path.suffix == ".html":
        assert not INLINE.findall(text)
    assert set(re.findall(r"https?://[\w./]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_every_word_is_there_in_every_language() -> None:
    """Each text has its English, Russian and Polish, with the same places for values; each is used, and each that is used is there."""
    lines = (STATIC / "texts.js").read_text(encoding="utf-8").split("const TEXTS = {\n")[1].split("\n};")[0].splitlines()
    names = set()
    for line in filter(None, lines):
        found = TEXT.match(line)
        assert found, line
        name, *words = found.groups()
        assert name not in names
        assert len({frozenset(re.findall(r"\{\w+\}", text)) for text in words}) == 1, name
        names.add(name)
    code = "\n".join(path.read_text(encoding="utf-8") for path in CODE if path.name != "texts.js")
    used = set(re.findall(r'\bt\("([a-z0-9-]+)"', code)) | set(re.findall(r'data-(?:text|label)="([a-z0-9-]+)"', code))
    assert used <= names
    assert not [name for name in names - NAMED_BY_DATA if not re.search(rf"\b{name}\b", code)]


def test_scripts_are_fetched_all_at_once() -> None:
    """The page names every script that its first one needs, so that none waits until another has come."""
    needed = {"main.js"}
    for _ in SCRIPTS:
        needed |= {name for path in SCRIPTS if path.name in needed for name in re.findall(r'from "\./(\w+\.js)"', path.read_text("utf-8"))}
    named = re.findall(r'"/assets/(\w+\.js)"', (STATIC / "index.html").read_text("utf-8"))
    assert sorted(named) == sorted(needed | {"theme.js"})


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short(path: Path) -> None:
    """No script is longer than a reader can keep in mind, and each begins by saying what it is."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES_MAX
    assert text.startswith("// ")
