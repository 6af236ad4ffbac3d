"""The routes file: every fault at once with its place, secrets from elsewhere only, and which alert goes where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streamer.model import ModelError
from streamer.notify.channels import KINDS
from streamer.notify.message import WORDS
from streamer.notify.plan import Plan
from streamer.notify.reader import TERMS, load_plan, read_plan
from tests.operate.test_standings import make_alert

ROOT = Path(__file__).parents[2]
ENVIRON = {"TOKEN": "t-1", "SLACK": "https://hooks.example/services/S", "EMPTY": "", "LINES": "a\nb"}
HOOK = "channels:\n  hook: {type: webhook, url: http://127.0.0.1:1}\n"


def plan(text: str) -> Plan:
    """The plan in a text that has no faults."""
    return read_plan(text, ENVIRON).plan


def faults(text: str) -> list[str]:
    """The faults of a text that is refused."""
    with pytest.raises(ModelError) as raised:
        read_plan(text, ENVIRON)
    return [str(fault) for fault in raised.value.faults]


def channel_faults(keys: str) -> list[str]:
    """The faults of a file whose one channel has these keys, with nothing before the key."""
    return [fault.partition(": ")[2] for fault in faults(f"channels:\n  c: {{{keys}}}\nroutes: [{{to: c}}]\n")]


def test_routes() -> None:
    """An alert goes to each channel of each route that it fits, once; every named field has to fit, by any of its values."""
    found = plan(
        """
channels:
  a: {type: webhook, url: http://127.0.0.1:1}
  b: {type: slack, url: "${SLACK}"}
  c: {type: slack, url: "${SLACK}"}
routes:
  - {action: call-task, to: a}
  - {action: [x, call-task], direction: up, to: [b, a]}
  - {kind: stage, to: c}
  - {manager: anna, id: hot, to: c}
"""
    )
    assert found.channels_for(make_alert()) == ["a", "b"]
    assert found.channels_for(make_alert(action="x")) == ["b", "a"]
    assert found.channels_for(make_alert(action="x", direction="down")) == []
    assert found.channels_for(make_alert(action=None, kind="stage")) == ["c"]
    assert found.channels_for(make_alert(action=None, profile={"manager": "anna"})) == ["c"]


def test_every_fault_with_its_place() -> None:
    """All faults come at once, in the order of the file, each with line, column and key."""
    text = """\
timezone: Europe/Warsow
channels:
  a: {type: webhok, url: x}
  b: {type: webhook}
  c: {type: slack, url: https://x/y, colour: 1}
routes:
  - {acton: x, to: d}
  - {to: b, kind: stge}
"""
    keys = ", ".join(("type", "url", *TERMS))
    assert [fault.removeprefix("notify.yaml:") for fault in faults(text)] == [
        '1:11: timezone: unknown time zone "Europe/Warsow", did you mean "Europe/Warsaw"?',
        '3:13: channels.a.type: unknown type "webhok", did you mean "webhook"?',
        '4:6: channels.b: "url" is missing',
        "5:25: channels.c.url: expected a reference such as ${NAME} or ${file:/path}, since no secret should stand in this file",
        f'5:38: channels.c: unknown key "colour", expected one of {keys}',
        '7:6: routes[0]: unknown key "acton", did you mean "action"?',
        '7:20: routes[0].to: no usable channel "d", expected one of b, c',
        '8:19: routes[1].kind: unknown value "stge", did you mean "stage"?',
    ]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("type: slack, url: '${NOT_SET}'", "the environment variable NOT_SET is not set"),
        ("type: slack, url: '${EMPTY}'", "the environment variable EMPTY is empty"),
        ("type: slack, url: '${LINES}'", "the environment variable LINES holds more than one line"),
        ("type: slack, url: '${file:/no/such}'", "the file /no/such cannot be read: No such file or directory"),
        ("type: slack, url: '${}'", "expected ${NAME} or ${file:/path}"),
        ("type: slack, url: '${TOKEN}'", "expected an address such as https://example.com/path"),
        ("type: webhook, url: ftp://x", "expected an address such as"),
        ("type: webhook, url: 'http://x:99999'", "expected an address such as"),
        ("type: webhook, url: 'https://u:p@x'", "expected an address without a user name or password"),
        ("type: webhook, url: 'https://x', secret: whsec_abc", "expected a reference such as ${NAME}"),
        ("type: webhook, url: 'https://x', secret: '${TOKEN}'", "expected whsec_ and 24 to 64 bytes in base64"),
        ("type: webhook, url: 'https://x', text: '{nobody}'", "unknown word {nobody}, expected one of"),
        ("type: webhook, url: 'https://x', quiet_hours: 20-8", 'expected hours such as "20:00-08:00", got "20-8"'),
        ("type: webhook, url: 'https://x', quiet_hours: '08:00-08:00'", "expected two different times"),
        ("type: webhook, url: 'https://x', quiet_days: [sonday]", 'unknown day "sonday", did you mean "sunday"?'),
        (
            "type: webhook, url: 'https://x', quiet_days: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]",
            "nothing would ever be sent",
        ),
        ("type: webhook, url: 'https://x', per_manager: 0", "expected at least 1, got 0"),
        ("type: webhook, url: 'https://x', beyond: sell", 'unknown beyond "sell", expected one of hold, drop'),
        ("type: webhook, url: 'http://a..b'", "expected an address such as"),
        ("type: email, host: a..b, from: a@x.example, to: b@x.example", 'expected the name of a host, got "a..b"'),
        ("type: email, host: x, from: nobody, to: a@x.example", "expected an address such as sales@example.com"),
        ("type: email, host: x, from: a@x.example, to: b@x.example, user: u", "expected user and password together"),
        ("type: amocrm, url: 'https://x', token: '${TOKEN}', responsible: anna", 'expected a whole number, got "anna"'),
        ("type: amocrm, url: 'https://x', token: '${TOKEN}', entity: lead", 'unknown entity "lead", did you mean "leads"?'),
        ("type: bitrix24, url: '${SLACK}'", '"responsible" is missing'),
        ("type: hubspot, token: t-1", "expected a reference such as ${NAME}"),
        ("url: 'https://x'", '"type" is missing'),
    ],
)
def test_channel_that_cannot_be_used(keys: str, words: str) -> None:
    """What cannot work is refused before anything is sent; no value of a secret is repeated."""
    found = channel_faults(keys)
    assert any(words in fault for fault in found), found
    assert not any("t-1" in fault.replace("token: t-1", "") for fault in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty, expected channels and routes"),
        ("channels: {}\n", '"routes" is missing'),
        (HOOK + "routes: []\n", "expected at least one item, got an empty list"),
        (HOOK + "routes: [{action: x}]\n", '"to" is missing'),
        (HOOK + "routes: hook\n", 'expected a list, got "hook"'),
        ("channels:\n  a b: {type: webhook, url: http://127.0.0.1:1}\nroutes: [{to: a b}]\n", "the name of a channel is 1 to 50 letters"),
        (HOOK + "routes: [{to: hook}]\nmax_age: 1\n", "expected a duration such as"),
    ],
)
def test_file_that_cannot_be_used(text: str, words: str) -> None:
    """So is what makes no sense as a whole."""
    assert words in "\n".join(faults(text))


def test_doubts() -> None:
    """A channel that nothing goes to, and an address without encryption, are warnings."""
    loaded = read_plan(
        "channels:\n  a: {type: webhook, url: 'http://x.example'}\n  b: {type: slack, url: '${SLACK}'}\nroutes: [{to: a}]\n", ENVIRON
    )
    assert [fault.message for fault in loaded.warnings] == [
        "http sends names and telephone numbers unencrypted; use https unless this network is your own",
        "no route leads to the channel b",
    ]


def test_address_is_kept_as_written() -> None:
    """The slash at the end of a webhook's address stays, as some servers need it; one behind which paths are put is cut."""
    found = plan("channels:\n  a: {type: webhook, url: http://127.0.0.1/x/}\nroutes: [{to: a}]\ndashboard: https://d.example/\n")
    assert found.channels["a"].sender.url == "http://127.0.0.1/x/"  # type: ignore[attr-defined] # a webhook has it
    assert found.dashboard == "https://d.example"


def test_secret_from_a_file(tmp_path: Path) -> None:
    """A secret may stand in a file of its own, as container engines give them."""
    (tmp_path / "slack").write_text(ENVIRON["SLACK"] + "\n")
    found = plan(f"channels:\n  s: {{type: slack, url: '${{file:{tmp_path}/slack}}'}}\nroutes: [{{to: s}}]\n")
    assert found.channels["s"].sender.url == ENVIRON["SLACK"]  # type: ignore[attr-defined] # a Slack channel has it


def test_example_is_accepted() -> None:
    """The example that comes with the project has no faults and no doubts, and shows every kind of channel and every term."""
    names = ("CRM_TOKEN", "SLACK_URL", "TELEGRAM_TOKEN", "SMTP_PASSWORD", "WEBHOOK_SECRET", "BITRIX24_URL", "HUBSPOT_TOKEN")
    environ = dict.fromkeys(names, "https://x.example/hook") | {"WEBHOOK_SECRET": "whsec_" + "QUFB" * 10}
    text = (ROOT / "notify.yaml").read_text(encoding="utf-8")
    assert load_plan(ROOT / "notify.yaml", environ).warnings == ()
    for word in (*KINDS, *TERMS):
        assert f"{word}:" in text or f"type: {word}" in text, word


def test_page_names_every_key() -> None:
    """docs/notify.md names every key of every kind of channel."""
    page = (ROOT / "docs" / "notify.md").read_text(encoding="utf-8")
    for kind, (_, keys, _) in KINDS.items():
        assert f"`{kind}`" in page
        for key in (*keys, *TERMS):
            assert f"`{key}`" in page, key
    for word in WORDS:
        assert f"`{{{word}}}`" in page, word


def test_page_keeps_its_word() -> None:
    """Every link of the page has its file, and its routes are accepted."""
    page = (ROOT / "docs" / "notify.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page):
        assert (ROOT / "docs" / target).exists(), target
    (routes,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    names = ("crm", "sales-chat", "mail", "on-duty")
    channels = "channels:\n" + "".join(f"  {name}: {{type: slack, url: '${{SLACK}}'}}\n" for name in names)
    assert read_plan(channels + routes, ENVIRON).warnings == ()
