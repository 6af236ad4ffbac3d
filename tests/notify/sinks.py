"""Where the tests' notifications go: an HTTP server and a mail server on free loopback ports, which answer as they are told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, NamedTuple

from aiohttp import web
from aiosmtpd import smtp

Answer = tuple[int, Mapping[str, str], bytes]
OK: Answer = (200, {}, b"")


class Posted(NamedTuple):
    """A request that came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class HttpSink:
    """A running server. `answer` decides about each request; None: it hangs until the server ends."""

    answer: Callable[[Posted], Answer | None] = lambda _: OK
    posted: list[Posted] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self.port}"

    def ids(self) -> list[str]:
        """The webhook-id of each request, in the order they came."""
        return [one.headers["webhook-id"] for one in self.posted]

    async def handle(self, request: web.Request) -> web.Response:
        """Takes one request."""
        posted = Posted(request.path, dict(request.headers), await request.read())
        self.posted.append(posted)
        answer = self.answer(posted)
        if answer is None:
            await asyncio.sleep(60)
            answer = OK
        status, headers, body = answer
        return web.Response(status=status, headers=headers, body=body)


@contextmanager
def http_sink(answer: Callable[[Posted], Answer | None] = lambda _: OK) -> Iterator[HttpSink]:
    """A web server in a thread of its own, for the length of the block."""
    sink = HttpSink(answer)

    @asynccontextmanager
    async def serve() -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", sink.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        sink.port = runner.addresses[0][1]
        yield
        await runner.cleanup()

    with _in_thread(serve):
        yield sink


class MailSink:
    """Keeps the mails that a server took; `refusal` is what it says instead, `password` is the one it knows."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.refusal = ""
        self.password = ""
        self.port = 0

    def authenticate(self, server: object, session: object, envelope: object, mechanism: str, data: Any) -> smtp.AuthResult:
        """Whether the password is the right one."""
        return smtp.AuthResult(success=data.password == self.password.encode(), handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope, address: str, options: list[str]
    ) -> str:
        """One recipient."""
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """One mail."""
        assert isinstance(envelope.content, bytes)
        mail: Any = message_from_bytes(envelope.content, policy=SMTP)
        self.mails.append((envelope.rcpt_tos, mail))
        return "250 OK"


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """A mail server in a thread of its own, for the length of the block."""
    sink = MailSink()

    @asynccontextmanager
    async def serve() -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def connected() -> smtp.SMTP:
            return smtp.SMTP(sink, hostname="127.0.0.1", loop=loop, authenticator=sink.authenticate, auth_require_tls=False)

        server = await loop.create_server(connected, "127.0.0.1", 0)
        sink.port = server.sockets[0].getsockname()[1]
        yield
        server.close()

    with _in_thread(serve):
        yield sink


@contextmanager
def _in_thread(serve: Callable[[], AbstractAsyncContextManager[None]]) -> Iterator[None]:
    started = threading.Event()
    stop: asyncio.Future[None] | None = None
    loop: asyncio.AbstractEventLoop | None = None

    async def run() -> None:
        nonlocal loop, stop
        loop = asyncio.get_running_loop()
        stop = loop.create_future()
        async with serve():
            started.set()
            await stop

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert started.wait(10)
        yield
    finally:
        if loop is not None and stop is not None:
            loop.call_soon_threadsafe(stop.set_result, None)
        thread.join()
