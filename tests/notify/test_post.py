"""HTTP: what each answer means, that redirects are not followed, and that no secret is ever said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from types import MappingProxyType

import pytest

from streamer.notify import post as post_module
from streamer.notify.outcome import LaterError, RefusedError
from streamer.notify.post import AFTER_MS_MAX, Poster, Request
from tests.notify.sinks import Answer, Posted, http_sink


def post(request: Request) -> None:
    """Posts one request."""

    async def run() -> None:
        async with Poster() as poster:
            await poster.post(request)

    asyncio.run(run())


def answered(
    status: int, headers: Mapping[str, str] = MappingProxyType({}), body: bytes = b"", secrets: tuple[str, ...] = ()
) -> LaterError | RefusedError:
    """What a post to a server that answers so ends with."""
    told: Answer = (status, headers, body)
    with http_sink(lambda _: told) as sink, pytest.raises((LaterError, RefusedError)) as raised:
        post(Request(f"{sink.url}/hook", b"{}", secrets=secrets))
    assert len(sink.posted) == 1
    error = raised.value
    assert isinstance(error, LaterError | RefusedError)
    return error


def test_success() -> None:
    """Any 2xx is success; the body and the headers are those of the request."""
    with http_sink(lambda _: (204, {}, b"")) as sink:
        post(Request(f"{sink.url}/a/b", b'{"x":1}', {"webhook-id": "7"}))
    (posted,) = sink.posted
    assert (posted.path, posted.body, posted.headers["webhook-id"]) == ("/a/b", b'{"x":1}', "7")
    assert posted.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422])
def test_refusals_are_final(status: int) -> None:
    """4xx will not get better by trying again; the words of the other side are in the reason."""
    error = answered(status, {}, b'{"error": "no such\nfield"}')
    assert isinstance(error, RefusedError)
    assert str(error) == f'127.0.0.1 answered {status}: {{"error": "no such field"}}'


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_may_work_later(status: int) -> None:
    """5xx, and the 4xx that are about the moment, may work later."""
    error = answered(status)
    assert isinstance(error, LaterError)
    assert not error.in_doubt


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    """The address is the one that the operator wrote; a server cannot send messages elsewhere."""
    with http_sink() as elsewhere:
        error = answered(status, {"Location": f"{elsewhere.url}/"})
    assert isinstance(error, RefusedError)
    assert str(error).endswith("redirects are not followed")
    assert elsewhere.posted == []


@pytest.mark.parametrize(
    ("headers", "body", "after_ms"),
    [
        ({"Retry-After": "7"}, b"", 7000),
        ({"Retry-After": "99999999"}, b"", AFTER_MS_MAX),
        ({"Retry-After": "soon"}, b"", 0),
        ({}, b'{"ok":false,"error_code":429,"parameters":{"retry_after":5}}', 5000),  # Telegram
        ({}, b'{"parameters":[]}', 0),
        ({}, b"\xff", 0),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], body: bytes, after_ms: int) -> None:
    """The other side may say how long it wants to be left alone, within an hour."""
    error = answered(429, headers, body)
    assert isinstance(error, LaterError)
    assert error.after_ms == after_ms


def test_how_long_to_wait_as_a_date() -> None:
    """Retry-After may be a date."""
    error = answered(503, {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)})
    assert isinstance(error, LaterError)
    assert 25_000 < error.after_ms <= 30_000


def test_no_answer_leaves_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A side that takes the message and does not answer may have it; one that is not there has not."""
    monkeypatch.setattr(post_module, "TIMEOUT_S", 0.3)
    with http_sink(lambda _: None) as sink, pytest.raises(LaterError, match=r"^127\.0\.0\.1 gave no answer: not within 0\.3 s$") as raised:
        post(Request(f"{sink.url}/hook", b"{}"))
    assert raised.value.in_doubt
    with pytest.raises(LaterError, match=r"^127\.0\.0\.1 cannot be reached: ") as raised:
        post(Request("http://127.0.0.1:1/hook/secret-token", b"{}"))
    assert not raised.value.in_doubt
    assert "secret-token" not in str(raised.value)


def test_no_secret_is_said() -> None:
    """A server that repeats what it was given does not bring it into a log."""
    error = answered(403, {}, b"wrong token SECRET-1 at /botSECRET-1/send", secrets=("SECRET-1",))
    assert "SECRET-1" not in str(error)
    assert "***" in str(error)


@pytest.mark.parametrize("form", ["Cannot POST {}", '{{"path": "{}"}}', "no {} here"])
def test_nothing_of_an_address_is_said(form: str) -> None:
    """An address may be the secret itself: a server that repeats it, whole or in part, does not bring it into a log."""
    path = "/services/T0001234/B0005678/SECRET%2DWORD?key=other-word"
    for said in (path, path.replace("/", "\\/"), "SECRET%2DWORD", "SECRET-WORD", "other-word"):
        told: Answer = (404, {}, form.format(said).encode())
        with http_sink(partial(_always, told)) as sink, pytest.raises(RefusedError) as raised:
            post(Request(sink.url + path, b"{}"))
        assert not any(word in str(raised.value) for word in ("T0001234", "B0005678", "SECRET", "WORD", "other-word"))


def _always(told: Answer, _: Posted) -> Answer:
    return told


@pytest.mark.parametrize("status", [200, 410])
def test_what_an_answer_means_stands_in_its_status(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that cannot be read, or that never ends, makes neither a success nor a refusal doubtful."""
    monkeypatch.setattr(post_module, "TIMEOUT_S", 0.3)
    head = f"HTTP/1.1 {status} So\r\nContent-Type: text/plain\r\n"
    for rest in ("Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "Content-Length: 9\r\n\r\n"):
        asyncio.run(_post_to_one_who_says((head + rest).encode(), is_refused=status == 410))


async def _post_to_one_who_says(words: bytes, *, is_refused: bool) -> None:
    ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(words)
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        async with Poster() as poster:
            request = Request(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", b"{}")
            if is_refused:
                with pytest.raises(RefusedError, match=r"answered 410$"):
                    await poster.post(request)
            else:
                await poster.post(request)
        await ended.wait()


def test_long_answer_is_cut() -> None:
    """Of a long answer a little is read and less is said."""
    assert len(str(answered(400, {}, b"x" * 10_000_000))) < 300
