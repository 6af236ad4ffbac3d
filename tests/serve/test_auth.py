"""Who may read: the token, the cookie made from it, and requests that were not meant for this machine."""

from __future__ import annotations

import pytest

from streamer.serve.auth import COOKIE
from streamer.settings import Settings, SettingsError, from_environment
from tests.serve.asked import asked

TOKEN = "a-token-for-tests"
NOWHERE = "redis://127.0.0.1:1/0"
OPEN = Settings(redis=NOWHERE)
GUARDED = Settings(redis=NOWHERE, serve_host="0.0.0.0", serve_token=TOKEN)


def test_with_a_token_data_need_it() -> None:
    """With a token every path of the data is 401 without it, or with a wrong one; with it the request gets through, here to no Redis."""
    wrong: list[dict[str, str]] = [{}, {"authorization": "Bearer wrong-token-here"}, {"authorization": TOKEN}]
    wrong += [{"cookie": f"{COOKIE}={TOKEN}"}]
    for path in ("/v1/leads", "/v1/leads/a", "/v1/alerts", "/v1/alerts/stream", "/v1/stats", "/v1/filters", "/v1/model"):
        for headers in wrong:
            told = asked(GUARDED, path, headers=headers)
            assert (told.status, list(told.content)) == (401, ["error"]), path
    assert asked(GUARDED, "/v1/leads", headers={"authorization": f"Bearer {TOKEN}"}).status == 503


@pytest.mark.parametrize("host", ["x/foo?", "x/foo#", "x?", "x\\", "["])
def test_no_host_gets_past_the_token(host: str) -> None:
    """Whatever a request says its host is, the path that is answered is the one that is guarded; logging in bears it too."""
    assert asked(GUARDED, "/v1/leads", headers={"host": host}).status == 401
    assert asked(GUARDED, "/login", "POST", b"token=" + TOKEN.encode(), headers={"host": host}).status == 204


def test_health_and_description_are_public() -> None:
    """How it stands and what the API is can be asked without a token; neither holds data."""
    assert asked(GUARDED, "/health").status == 503
    assert asked(GUARDED, "/openapi.json").status == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"token=" + TOKEN.encode(), "application/x-www-form-urlencoded"),
        (b'{"token": "%b"}' % TOKEN.encode(), "application/json"),
    ],
)
def test_login_gives_a_cookie_that_opens(body: bytes, kind: str) -> None:
    """A browser that posts the token gets a cookie no script can read, which opens like the token, and which does not hold it."""
    told = asked(GUARDED, "/login", "POST", body, headers={"content-type": kind})
    cookie = told.headers["set-cookie"]
    assert told.status == 204
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert TOKEN not in cookie
    assert asked(GUARDED, "/v1/leads", headers={"cookie": cookie.split(";")[0]}).status == 503
    other = Settings(redis=NOWHERE, serve_host="0.0.0.0", serve_token=TOKEN + "2")
    assert asked(other, "/v1/leads", headers={"cookie": cookie.split(";")[0]}).status == 401


@pytest.mark.parametrize("body", [b"", b"token=", b"token=wrong", b"\xff", b"{", b'{"token": 1}', b"token=" + b"x" * 10_000])
def test_login_with_anything_else_is_refused(body: bytes) -> None:
    """Whatever else is posted is 401, and sets no cookie."""
    for kind in ("application/x-www-form-urlencoded", "application/json"):
        told = asked(GUARDED, "/login", "POST", body, headers={"content-type": kind})
        assert told.status == 401
        assert "set-cookie" not in told.headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 503),
        ("localhost", 503),
        ("[::1]:8080", 503),
        ("evil.example", 400),
        ("evil.example:8080", 400),
        ("", 400),
        ("127.0.0.1.evil.example:8080", 400),
    ],
)
def test_without_a_token_only_requests_to_this_machine_are_answered(host: str, status: int) -> None:
    """A site that makes its name point to the loopback address reads nothing through a visitor's browser."""
    assert asked(OPEN, "/v1/leads", headers={"host": host}).status == status


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "leads.example"])
def test_beyond_loopback_a_token_is_needed(host: str) -> None:
    """Listening beyond loopback without a token is refused in one line that names the setting."""
    with pytest.raises(SettingsError, match=f"^STREAMER_SERVE_TOKEN: needed to listen on {host}, beyond loopback$"):
        from_environment({"STREAMER_SERVE_HOST": host})
    assert from_environment({"STREAMER_SERVE_HOST": host, "STREAMER_SERVE_TOKEN": TOKEN}).serve_host == host
    assert TOKEN not in repr(from_environment({"STREAMER_SERVE_TOKEN": TOKEN}))


def test_a_short_token_is_refused_and_not_shown() -> None:
    """A token that can be guessed is refused, without telling it."""
    with pytest.raises(SettingsError) as refused:
        from_environment({"STREAMER_SERVE_TOKEN": "hunter2"})
    assert str(refused.value) == "STREAMER_SERVE_TOKEN: expected at least 12 printable ASCII characters, got the value given"
