"""`streamer top`, `lead` and `alerts` on a broker: the newest state of each lead, each alert once, and one line for what is not there."""

from __future__ import annotations

import re
from collections.abc import Sequence

import orjson
import pytest

from streamer.notify.journal import Entry
from streamer.operate.commands import run
from streamer.operate.notifying import dead_line
from tests.operate.test_standings import make_alert, make_scores
from tests.stream.cluster import Cluster, Worker, wait_until
from topics.alerts import LeadScores, ReasonFor, Reference, encode_alert, encode_scores
from topics.registry import LEAD_ALERTS, LEAD_SCORES, Topic

pytestmark = pytest.mark.embedded
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def cluster(embedded_broker: str) -> Cluster:
    """Fresh topics."""
    cluster = Cluster(embedded_broker)
    cluster.create_topics((LEAD_ALERTS, LEAD_SCORES))
    return cluster


def command(cluster: Cluster, *words: str) -> int:
    """Runs a command on the cluster; its exit code."""
    name, *rest = words
    return run([name, "--broker", cluster.broker, "--topic-prefix", cluster.prefix, "--partitions", "4", *rest])


def publish_scores(cluster: Cluster, *states: LeadScores) -> None:
    """Scores come, in this order."""
    cluster.produce((LEAD_SCORES, one.lead_id, encode_scores(one), None) for one in states)


def publish_alerts(cluster: Cluster, count: int, **changes: object) -> None:
    """Alerts come, one a minute, of three leads in turn."""
    records: list[tuple[Topic, str, bytes | None, int | None]] = []
    for number in range(count):
        when = f"2026-01-01T10:{number:02}:00.000Z"
        fields = {"lead_id": f"lead-{number % 3}", "decided_at": when, "occurred_at": when} | changes
        alert = make_alert(number, None, **fields)
        records.append((LEAD_ALERTS, alert.lead_id, encode_alert(alert), None))
    cluster.produce(records)


def numbers(lines: Sequence[str]) -> list[int]:
    """Which alerts these are."""
    return [int(orjson.loads(line)["alert_id"], 16) for line in lines]


def test_top_has_the_newest_state(cluster: Cluster, capsys: Capture) -> None:
    """The highest come first, by their newest scores; who was erased is not there."""
    publish_scores(cluster, *(make_scores(f"lead-{number}", number) for number in range(30)))
    publish_scores(cluster, make_scores("lead-29", 0.5), make_scores("lead-0", 100))
    cluster.produce([(LEAD_SCORES, "lead-28", None, None), (LEAD_SCORES, "lead-27", None, None)])
    assert command(cluster, "top", "--limit", "3", "--json") == 0
    assert [orjson.loads(line)["lead_id"] for line in capsys.readouterr().out.splitlines()] == ["lead-0", "lead-26", "lead-25"]
    assert command(cluster, "top", "--limit", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["score", "lead", "stage", "main", "reasons"]
    assert [line.split()[:3] for line in lines[1:]] == [["100", "lead-0", "warm"], ["26", "lead-26", "warm"]]


def test_top_of_a_score(cluster: Cluster, capsys: Capture) -> None:
    """A score, and a category of one, have their own order; a name that no lead has is one line with those there are."""
    for number in range(3):
        state = make_scores(f"lead-{number}", number)
        state.scores = {"interest": number, "product": {"mens": 10 - number, "womens": 5} if number else {}}
        publish_scores(cluster, state)
    orders = {
        "product[mens]": ["lead-1", "lead-2"],
        "product": ["lead-1", "lead-2"],
        "interest": ["lead-2", "lead-1", "lead-0"],
    }
    for name, expected in orders.items():
        assert command(cluster, "top", "--json", "--score", name) == 0
        assert [orjson.loads(line)["lead_id"] for line in capsys.readouterr().out.splitlines()] == expected
    for name in ("product[kids]", "nothing", "interest[x]"):
        assert command(cluster, "top", "--score", name) == 1
        assert capsys.readouterr().err == (
            f'streamer: no lead has the score "{name}", expected one of interest, product, total, or product[mens] for a category\n'
        )


def test_top_of_nothing(cluster: Cluster, capsys: Capture) -> None:
    """Without scores it says so."""
    assert command(cluster, "top") == 1
    assert capsys.readouterr().err == "streamer: no lead has scores yet in lead-scores\n"


def test_lead_card(cluster: Cluster, capsys: Capture) -> None:
    """A lead's card has its newest scores, what earned them since when, and its alerts; nothing in a name moves the cursor."""
    state = make_scores("lead-1", 12)
    state.profile = {"name": "An\x1b[2Jna"}
    ref = Reference(topic="page-views", partition=1, offset=7, event_id="e", occurred_at="2026-01-01T09:00:00.000Z")
    state.reasons = [ReasonFor(rule="visit", score="interest", points=12, times=1, evidence=[ref])]
    publish_scores(cluster, make_scores("lead-1", 5), state, make_scores("lead-2", 99))
    publish_alerts(cluster, 6)
    assert command(cluster, "lead", "lead-1") == 0
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert lines[:2] == ["lead-1 (An\ufffd[2Jna)", "total 12, stage warm"]
    assert "\x1b" not in text
    assert re.search(r"^ +12  visit  interest +1  2026-01-01T09:00:00\.000Z  page-views/1/7$", text, re.MULTILINE), text
    assert sum(" lead-1 (Anna" in line for line in lines[lines.index("newest alerts:") :]) == 2
    assert "99" not in text


def test_lead_as_json(cluster: Cluster, capsys: Capture) -> None:
    """With --json a lead's scores and alerts are as they stand in the topics."""
    state = make_scores("lead-1", 12)
    publish_scores(cluster, state)
    publish_alerts(cluster, 4)
    assert command(cluster, "lead", "lead-1", "--json") == 0
    found = orjson.loads(capsys.readouterr().out)
    assert found["scores"] == orjson.loads(encode_scores(state))
    assert [int(alert["alert_id"], 16) for alert in found["alerts"]] == [1]


def test_lead_that_is_not_there(cluster: Cluster, capsys: Capture) -> None:
    """A lead without scores, or one that was erased, is exit code 1 and one line."""
    publish_scores(cluster, make_scores("lead-1", 12))
    cluster.produce([(LEAD_SCORES, "lead-1", None, None)])
    for lead_id in ("lead-1", "nobody"):
        assert command(cluster, "lead", lead_id) == 1
        assert capsys.readouterr().err == f'streamer: no lead "{lead_id}" in {cluster.prefix}lead-scores\n'


def test_lead_id_is_what_was_typed(cluster: Cluster, capsys: Capture) -> None:
    """An id in UTF-8 is found whatever the machine's language is; other bytes are wrong usage, not a traceback."""
    publish_scores(cluster, make_scores("żółw", 12))
    as_ascii = "żółw".encode().decode("ascii", "surrogateescape")
    assert command(cluster, "lead", as_ascii, "--json") == 0
    assert orjson.loads(capsys.readouterr().out)["scores"]["lead_id"] == "żółw"
    for words in (("lead", "\udcff"), ("alerts", "--lead", "\udcff")):
        assert command(cluster, *words) == 2
        assert "expected a lead id in UTF-8" in capsys.readouterr().err


def test_newest_alerts(cluster: Cluster, capsys: Capture) -> None:
    """The newest alerts of all partitions, the newest last; of one lead, or kind, only those; a repeat once; garbage is left out."""
    publish_alerts(cluster, 12)
    publish_alerts(cluster, 12)
    cluster.produce([(LEAD_ALERTS, "x", b"no alert", None), (LEAD_ALERTS, "x", b"{}", None)])
    for options, expected in (
        (["--limit", "4"], [8, 9, 10, 11]),
        (["--lead", "lead-1"], [1, 4, 7, 10]),
        (["--kind", "threshold", "--limit", "2"], [10, 11]),
        (["--kind", "stage"], []),
        (["--limit", "0"], []),
    ):
        assert command(cluster, "alerts", "--json", *options) == 0
        assert numbers(capsys.readouterr().out.splitlines()) == expected, options
    assert command(cluster, "alerts", "--limit", "1") == 0
    line = r"2026-01-01 \d\d:11:00  hot ↑  lead-2 \(Anna \[bold\], Acme\) · total 20 → 32\.5 · because .* · do call-task\n"
    assert re.fullmatch(line, capsys.readouterr().out)


def test_alerts_of_one_moment(cluster: Cluster, capsys: Capture) -> None:
    """What was decided in one moment is shown in the order of the topic: rules, thresholds, the stage."""
    publish_alerts(cluster, 6, lead_id="lead-1", decided_at="2026-01-01T10:00:00.000Z")
    for options, expected in (([], [0, 1, 2, 3, 4, 5]), (["--limit", "2"], [4, 5])):
        assert command(cluster, "alerts", "--json", *options) == 0
        assert numbers(capsys.readouterr().out.splitlines()) == expected, options


def test_alerts_as_they_come(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> None:
    """--follow goes on with what comes, until it is told to stop."""
    publish_alerts(cluster, 3)
    output = tmp_path_factory.mktemp("alerts") / "lines"
    with output.open("wb") as lines:
        following = Worker(cluster, ("streamer", "alerts", "--follow", "--json"), lines)
        try:
            wait_until(lambda: numbers(output.read_text().splitlines()) == [0, 1, 2], output.read_text)
            publish_alerts(cluster, 5)
            # Between partitions there is no order of what comes.
            wait_until(lambda: sorted(numbers(output.read_text().splitlines())) == [0, 1, 2, 3, 4], output.read_text)
        finally:
            following.kill()


def test_dead_letters_of_nobody(cluster: Cluster, capsys: Capture) -> None:
    """Where no notifier has run there is no topic of it, and that is what is said."""
    assert run(["notify", "--dead", "--broker", cluster.broker, "--topic-prefix", cluster.prefix]) == 1
    topic = f"{cluster.prefix}streamer-notifications"
    assert capsys.readouterr().err == f"streamer: topic {topic} is missing on {cluster.broker}: no notifier of this --app has run yet\n"


def test_a_dead_letter_moves_no_cursor() -> None:
    """What stands in a dead letter is shown on one line that cannot paint in the terminal."""
    entry = Entry(state="dead", channel="chat", alert_id="a" * 32, lead_id="\x1b[2J\nlead\x9b", at_ms=0, taken_ms=0, why="\x1b[31m")
    assert dead_line(entry).isprintable()


def test_other_number_of_partitions(cluster: Cluster, capsys: Capture) -> None:
    """Where the topics have another number of partitions, the setting is named."""
    assert command(cluster, "alerts", "--partitions", "7") == 1
    assert capsys.readouterr().err == f"streamer: topic {cluster.prefix}lead-alerts has 4 partitions, expected 7 (STREAMER_PARTITIONS)\n"
