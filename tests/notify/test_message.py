"""The words of a notification: who, what and why; nothing in a profile breaks a line, and what is not known is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.notify.message import AGAIN, WORDS, TemplateError, read_template
from tests.notify.words import message
from tests.operate.test_standings import make_alert
from topics.limits import NOTIFICATION_CHARS_MAX


def test_default_text() -> None:
    """Unless the file says otherwise a message says who, what, why, what to do, and where to look."""
    found = message(make_alert(profile={"name": "Anna", "phone": "+48 1"}), dashboard="https://s.example")
    assert found.text.split("\n") == [
        "hot ↑: lead-1 (Anna)",
        "total 20 → 32.5",
        "to do: call-task",
        "because pricing +30 (3×), visit +2.5",
        "phone +48 1",
        "https://s.example/leads/lead-1",
    ]
    assert found.subject == "hot ↑: lead-1 (Anna)"


def test_line_that_says_nothing_is_left_out() -> None:
    """A line whose words are all empty is left out; one with no words stays."""
    found = message(make_alert(profile={"city": "Łódź"}), text="Hello\n{phone} {email}\n{phone} {city}\n{{braces}}")
    assert found.text == "Hello\n Łódź\n{braces}"


def test_repeat_says_so() -> None:
    """What may have arrived before says that it may be a repeat."""
    assert message(make_alert(), again=True).text.endswith(AGAIN)
    assert AGAIN not in message(make_alert()).text


def test_link_is_one_path_segment() -> None:
    """A lead id with slashes and question marks stays one segment of the link."""
    assert "https://s.example/leads/a%2Fb%3Fc%20d" in message(make_alert(lead_id="a/b?c d"), dashboard="https://s.example").text


@given(st.text(), st.text())
def test_whatever_stands_in_a_profile(name: str, manager: str) -> None:
    """Whatever a name holds, it adds no line, no control character, and the message stays short."""
    plain = message(make_alert(profile={"name": "x", "manager": "y"}))
    found = message(make_alert(profile={"name": name * 50, "manager": manager * 50}))
    assert len(found.text.split("\n")) <= len(plain.text.split("\n"))
    assert len(found.text) <= NOTIFICATION_CHARS_MAX
    assert all(char.isprintable() for char in found.subject)
    assert all(char.isprintable() for char in found.text.replace("\n", ""))


@pytest.mark.parametrize("text", ["{nobody}", "{who!r}", "{who:>10}", "{", "}", "{}", "{0}", "{who.__class__}", "{reasons[0]}"])
def test_template_that_cannot_be_filled(text: str) -> None:
    """Only the words of an alert stand in braces; nothing reaches into them."""
    with pytest.raises(TemplateError):
        read_template(text)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_can_be_used(word: str) -> None:
    """Each word that the list names is filled."""
    assert message(make_alert(), text=f"<{{{word}}}>").text.startswith(("<", ""))
    assert "{" not in message(make_alert(), text=f"<{{{word}}}>").text
