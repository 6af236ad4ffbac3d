"""E-mail: a real SMTP server takes it, a repeat has the same Message-ID, and a lead cannot add a header."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from streamer.notify.channels.email import Email
from streamer.notify.message import Message
from streamer.notify.outcome import LaterError, RefusedError
from streamer.notify.post import Poster
from tests.notify.sinks import mail_sink
from tests.notify.words import message
from tests.operate.test_standings import make_alert


def send(channel: Email, one: Message) -> None:
    """Sends one mail."""

    async def run() -> None:
        async with Poster() as poster:
            await channel.send(one, poster)

    asyncio.run(run())


def channel(port: int, **managers: str) -> Email:
    """A channel to a server on this machine."""
    return Email("127.0.0.1", port, "none", "streamer@example.com", "sales@example.com", managers)


def test_mail_arrives() -> None:
    """The mail has the subject and the text of the message, in any script, and a Message-ID made of the alert's id."""
    alert = make_alert(5, profile={"name": "Żółć Иванова"})
    with mail_sink() as sink:
        for _ in range(2):
            send(channel(sink.port), message(alert))
    assert [to for to, _ in sink.mails] == [["sales@example.com"], ["sales@example.com"]]
    mail = sink.mails[0][1]
    assert mail["Subject"] == "hot ↑: lead-1 (Żółć Иванова)"
    assert mail.get_content().startswith("hot ↑: lead-1 (Żółć Иванова)\r\ntotal 20 → 32.5")
    assert {mail["Message-ID"] for _, mail in sink.mails} == {f"<{alert.alert_id}@example.com>"}


def test_manager_gets_her_own() -> None:
    """The mail about a manager's lead goes to her, others to the common address."""
    with mail_sink() as sink:
        for manager in ("anna", "bob"):
            send(channel(sink.port, anna="anna@example.com"), message(make_alert(profile={"manager": manager})))
    assert [to for to, _ in sink.mails] == [["anna@example.com"], ["sales@example.com"]]


def test_lead_cannot_add_a_header() -> None:
    """A name with line breaks is one line of the subject."""
    with mail_sink() as sink:
        send(channel(sink.port), message(make_alert(profile={"name": "x\r\nBcc: thief@example.com\r\n\r\nbody"})))
    ((to, mail),) = sink.mails
    assert to == ["sales@example.com"]
    assert mail["Bcc"] is None
    assert mail["Subject"] == "hot ↑: lead-1 (x Bcc: thief@example.com body)"


@pytest.mark.parametrize(("said", "kind"), [("451 greylisted, come again", LaterError), ("550 no such user", RefusedError)])
def test_refusals(said: str, kind: type[Exception]) -> None:
    """A 4xx may work later, a 5xx will not."""
    with mail_sink() as sink:
        sink.refusal = said
        with pytest.raises(kind, match=f"^127.0.0.1 answered {said[:3]}: {said[4:]}"):
            send(channel(sink.port), message(make_alert()))


def test_password() -> None:
    """The password is the one that the server knows; a wrong one is final, and is not said."""
    with mail_sink() as sink:
        sink.password = "right-secret"
        ours = replace(channel(sink.port), user="streamer", password="right-secret")
        send(ours, message(make_alert()))
        assert len(sink.mails) == 1
        with pytest.raises(RefusedError, match=r"^127\.0\.0\.1 answered 535: ") as raised:
            send(replace(ours, password="wrong-secret"), message(make_alert()))
    assert "secret" not in str(raised.value)
    assert "secret" not in repr(ours)


def test_no_server() -> None:
    """A server that is not there may be there later."""
    with pytest.raises(LaterError, match=r"^127\.0\.0\.1 cannot be used: ") as raised:
        send(channel(1), message(make_alert()))
    assert not raised.value.in_doubt
