"""Webhooks: signed as the Standard Webhooks library verifies them, with the alert as it was published."""

from __future__ import annotations

import base64
import re
import time

import orjson
import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from streamer.notify.channels.webhook import Webhook, read_key
from tests.notify.words import message
from tests.operate.test_standings import make_alert
from topics.alerts import encode_alert

SECRET = "whsec_" + base64.b64encode(b"a secret of at least 24 bytes").decode()


def test_independent_library_verifies_it() -> None:
    """The library of standardwebhooks.com accepts the signature, and the data are the alert, byte for byte."""
    alert = make_alert(7)
    request = Webhook("http://127.0.0.1/x", read_key(SECRET)).request(message(alert, at_ms=time.time_ns() // 1_000_000))
    body = Verifier(SECRET).verify(request.body, dict(request.headers))
    assert body == {"type": "lead.alert", "timestamp": alert.occurred_at, "data": orjson.loads(encode_alert(alert))}
    assert encode_alert(alert) in request.body
    assert request.headers["webhook-id"] == alert.alert_id


def test_changed_body_is_found_out() -> None:
    """What was changed on its way is not verified."""
    request = Webhook("http://127.0.0.1/x", read_key(SECRET)).request(message(make_alert(), at_ms=time.time_ns() // 1_000_000))
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(request.body.replace(b"call-task", b"drop-task"), dict(request.headers))


def test_id_is_the_same_each_time() -> None:
    """A message that is sent again later has the same id, by which the receiver drops it."""
    channel = Webhook("http://127.0.0.1/x", read_key(SECRET))
    first, second = (channel.request(message(make_alert(), at_ms=at_ms)) for at_ms in (1_000_000, 9_000_000))
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (first.headers["webhook-timestamp"], second.headers["webhook-timestamp"]) == ("1000", "9000")


def test_without_a_secret_it_is_not_signed() -> None:
    """No secret, no signature; the id and the time are there."""
    assert set(Webhook("http://127.0.0.1/x").request(message(make_alert())).headers) == {"webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_ no base64 ", base64.b64encode(b"x" * 32).decode()])
def test_secret_that_is_none(secret: str) -> None:
    """A secret begins with whsec_ and has 24 to 64 bytes; the refusal does not repeat it."""
    with pytest.raises(ValueError, match=re.escape("whsec_ and 24 to 64 bytes in base64")):
        read_key(secret)
