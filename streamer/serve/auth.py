"""Who may read: a request comes in, whether it knows the token leaves. A browser logs in once and then carries a cookie.

Without a token, which is only possible on the loopback interface, a request must be meant for this machine: a page of another site,
whose name was made to point here, is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qs

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from streamer.serve.answers import Error, json
from streamer.settings import Settings, is_loopback

COOKIE: Final = "streamer_session"
COOKIE_S: Final = 30 * 86_400
LOGIN_BYTES_MAX: Final = 4_096
GUARDED: Final = "/v1/"


class Gate:
    """Knows the token; the cookie is made from it, so that it outlives a restart and ends with a new token."""

    def __init__(self, settings: Settings) -> None:
        self._token = None if settings.serve_token is None else _digest(settings.serve_token)
        self._session = None if settings.serve_token is None else hmac.digest(settings.serve_token.encode(), b"session", "sha256").hex()
        self._only_local = settings.serve_token is None and is_loopback(settings.serve_host)

    def opens_for(self, token: str) -> bool:
        """Whether this is the token; the time it takes says nothing."""
        return self._token is None or hmac.compare_digest(self._token, _digest(token))

    def lets_in(self, request: HTTPConnection) -> bool:
        """Whether the request carries the token, or the cookie of one who did."""
        if self._session is None:
            return True
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.opens_for(token.strip()):
            return True
        return hmac.compare_digest(_digest(self._session), _digest(request.cookies.get(COOKIE, "")))

    def is_meant(self, request: HTTPConnection) -> bool:
        """Whether the request was meant for this server."""
        host = request.headers.get("host", "")
        return not self._only_local or is_loopback(host.rpartition(":")[0].strip("[]") if _has_port(host) else host.strip("[]"))

    async def log_in(self, request: Request) -> Response:
        """POST /login: the token as a form or JSON field comes in, the cookie leaves."""
        if not self.opens_for(await _given_token(request)):
            return Response(json(Error("the token is not the right one")), 401, media_type="application/json")
        response = Response(status_code=204)
        if self._session is not None:
            secure = request.scope["scheme"] == "https"
            response.set_cookie(COOKIE, self._session, COOKIE_S, httponly=True, samesite="strict", secure=secure)
        return response

    async def log_out(self, request: Request) -> Response:
        """POST /logout: the cookie is taken away."""
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return response


class Guard:
    """Stands before the application: what is not let in gets 401, what is not meant for it 400; every answer gets safe headers."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        if not self._gate.is_meant(request):
            await _refused("the address of this request is not that of this server", 400)(scope, receive, send)
        # The path as it is routed: an address put together with the header `host` may have another.
        elif scope["path"].startswith(GUARDED) and not self._gate.lets_in(request):
            await _refused("a token is needed: log in, or send it as `Authorization: Bearer ...`", 401)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _refused(why: str, status: int) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    return Response(json(Error(why)), status, headers, media_type="application/json")


async def _given_token(request: Request) -> str:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LOGIN_BYTES_MAX:
            return ""
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            return msgspec.json.decode(body, type=dict[str, str]).get("token", "")
        return parse_qs(body.decode()).get("token", [""])[0]
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return ""


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _has_port(host: str) -> bool:
    return host.rpartition(":")[2].isdecimal() and (host.count(":") == 1 or "]" in host)
