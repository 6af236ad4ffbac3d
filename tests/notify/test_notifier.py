"""`streamer notify` as a process on real brokers: alerts arrive once, also when it is killed; dead letters; several stand by."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from streamer.operate.commands import run
from tests.kafka import KafkaBroker
from tests.notify.sinks import OK, Answer, HttpSink, Posted, http_sink, mail_sink
from tests.operate.test_standings import make_alert
from tests.stream.cluster import Cluster, Worker, wait_until
from topics.alerts import encode_alert
from topics.registry import LEAD_ALERTS, LEAD_ERASURES, LEAD_SCORES

TOPICS = (LEAD_ALERTS, LEAD_ERASURES, LEAD_SCORES)
AT_ONCE = 8


def cluster_on(broker: str) -> Cluster:
    """Fresh topics on a broker."""
    cluster = Cluster(broker)
    cluster.create_topics(TOPICS)
    return cluster


def publish(cluster: Cluster, *numbers: int, **changes: object) -> None:
    """Alerts come, each of a lead of its own."""
    alerts = [make_alert(number, None, **({"lead_id": f"lead-{number}"} | changes)) for number in numbers]
    cluster.produce([(LEAD_ALERTS, alert.lead_id, encode_alert(alert), None) for alert in alerts])


@contextmanager
def notifier(cluster: Cluster, *arguments: str, **environ: str) -> Iterator[Worker]:
    """A notifier's process; it is killed at the end of the block if it still runs."""
    process = Worker(cluster, ("streamer", "notify", *arguments), **environ)
    try:
        yield process
    finally:
        process.kill()


def wait_for_ids(sink: HttpSink, number: int) -> None:
    """Waits until so many different alerts were posted."""
    wait_until(lambda: len(set(sink.ids())) >= number, lambda: f"{len(set(sink.ids()))} of {number} came")


@pytest.mark.embedded
def test_one_setting(embedded_broker: str) -> None:
    """With nothing but an address every alert is posted there, as it was published, until it is taken; SIGTERM: exit code 0."""
    cluster = cluster_on(embedded_broker)
    with (
        http_sink(lambda _: OK if len(sink.posted) > 1 else (503, {}, b"")) as sink,
        notifier(cluster, STREAMER_WEBHOOK=f"{sink.url}/hook") as process,
    ):
        publish(cluster, 1, 2)
        wait_for_ids(sink, 2)
        publish(cluster, 3)
        wait_for_ids(sink, 3)
        publish(cluster, 1, 2, 3, 4)
        wait_for_ids(sink, 4)
        assert process.stop() == 0, process.lines
        assert process.said("stopped sent=4"), process.lines
    refused, *taken = sink.ids()
    assert Counter(taken) == {f"{number:032x}": 1 for number in range(1, 5)}
    assert refused in taken
    assert orjson.loads(sink.posted[0].body)["data"]["profile"] == make_alert().profile


@pytest.mark.kafka
def test_routes_to_mail_and_chat(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    """Alerts go by their action to the channels that the file names; the secret is in no log."""
    cluster = cluster_on(kafka_broker.address)
    with http_sink() as sink, mail_sink() as mails:
        routes = tmp_path / "notify.yaml"
        routes.write_text(
            f"""
channels:
  chat: {{type: slack, url: "${{CHAT}}", text: "{{who}}: {{action}}"}}
  mail: {{type: email, host: 127.0.0.1, port: {mails.port}, tls: none, from: s@x.example, to: team@x.example}}
  down: {{type: slack, url: "${{CHAT}}/down"}}
routes:
  - {{action: call-task, to: [chat, mail]}}
  - {{action: send-offer, to: down}}
"""
        )
        sink.answer = lambda posted: (403, {}, b"bad SECRET") if posted.path.endswith("/down") else OK
        with notifier(cluster, str(routes), CHAT=f"{sink.url}/SECRET") as process:
            publish(cluster, 1)
            publish(cluster, 2, action="send-offer")
            publish(cluster, 3, action=None)
            wait_until(lambda: bool(mails.mails) and len(sink.posted) >= 2, lambda: process.lines)
            process.wait_for("given up")
            assert process.stop() == 0
        assert "403" in process.lines
        assert f"{sink.url}/SECRET" not in process.lines
    by_path = {posted.path: orjson.loads(posted.body)["text"] for posted in sink.posted}
    assert by_path["/SECRET"] == "lead-1 (Anna [bold], Acme): call-task"
    assert [to for to, _ in mails.mails] == [["team@x.example"]]


@pytest.mark.kafka
def test_dead_letters(kafka_broker: KafkaBroker, capsys: pytest.CaptureFixture[str]) -> None:
    """What is refused is listed with the reason, and is sent once more when told, once."""
    cluster = cluster_on(kafka_broker.address)
    where = ["--broker", cluster.broker, "--app", cluster.app, "--topic-prefix", cluster.prefix, "--partitions", "4"]
    with http_sink(lambda _: (404, {}, b"no such hook")) as sink:
        with notifier(cluster, "--webhook", sink.url) as process:
            publish(cluster, 1, 2)
            wait_until(lambda: process.lines.count("given up") == 2, lambda: process.lines)
            assert process.stop() == 0
        assert run(["notify", "--dead", *where]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert sorted(line.split("  ")[2] for line in lines[:-1]) == ["lead-1", "lead-2"]
        assert all(line.endswith("127.0.0.1 answered 404: no such hook") for line in lines[:-1])
        sink.posted.clear()
        sink.answer = lambda _: OK
        with notifier(cluster, "--webhook", sink.url, "--retry-dead") as process:
            wait_for_ids(sink, 2)
            assert process.stop() == 0
        assert run(["notify", "--dead", *where]) == 0
        assert capsys.readouterr().out == "0 messages given up\n"
    assert len(sink.posted) == 2


@pytest.mark.kafka
def test_erased_lead_is_not_told_of(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    """What waits about a lead that is erased is never sent, and nothing of it stays in the journal's newest records."""
    cluster = cluster_on(kafka_broker.address)
    with http_sink(lambda _: (503, {"Retry-After": "2"}, b"")) as sink:
        with notifier(cluster, "--webhook", sink.url) as process:
            publish(cluster, 1, lead_id="gone")
            process.wait_for("failed, tried again later")
            cluster.produce([(LEAD_ERASURES, "gone", b'{"lead_id":"gone"}', None)])
            wait_until(lambda: b"erased" in journal(cluster).get(b"webhook/" + b"%032x" % 1, b""), lambda: str(journal(cluster)))
            assert process.stop() == 0
        assert b"Anna" not in journal(cluster)[b"webhook/" + b"%032x" % 1]
    assert len(sink.posted) == 1


def journal(cluster: Cluster) -> dict[bytes, bytes]:
    """The newest record of each message."""
    return {record.key: record.value for record in cluster.read(f"{cluster.app}-notifications")}


@pytest.mark.kafka
def test_killed_at_random(kafka_broker: KafkaBroker) -> None:
    """Killed with -9 again and again, it loses no alert, and repeats at most what was under way at each kill."""
    cluster = cluster_on(kafka_broker.address)
    alerts, kills = 200, 2

    def slowly(_: Posted) -> Answer:
        time.sleep(0.005)  # so that something is under way at a kill
        return OK

    with http_sink(slowly) as sink:
        for number in range(kills):
            publish(cluster, *range(number * alerts // kills, (number + 1) * alerts // kills))
            with notifier(cluster, "--webhook", sink.url) as process:
                wait_for_ids(sink, number * alerts // kills + alerts // kills // 2)
                process.signal(signal.SIGKILL)
        with notifier(cluster, "--webhook", sink.url) as process:
            wait_for_ids(sink, alerts)
            wait_until(lambda: b'"sending"' not in b"".join(journal(cluster).values()), lambda: process.lines)
            assert process.stop() == 0
    counted = Counter(sink.ids())
    assert set(counted) == {f"{number:032x}" for number in range(alerts)}
    repeats = {webhook_id: times - 1 for webhook_id, times in counted.items() if times > 1}
    assert sum(repeats.values()) <= kills * AT_ONCE
    bodies = {posted.headers["webhook-id"]: posted.body for posted in sink.posted}
    assert all(posted.body == bodies[posted.headers["webhook-id"]] for posted in sink.posted)


@pytest.mark.kafka
def test_one_works_and_another_takes_over(kafka_broker: KafkaBroker) -> None:
    """Of two notifiers one works; when it is stopped the other goes on where it was, and nothing comes twice."""
    cluster = cluster_on(kafka_broker.address)
    with http_sink() as sink, notifier(cluster, "--webhook", sink.url) as first:
        first.wait_for("notifying waiting=0")
        publish(cluster, *range(50))
        wait_for_ids(sink, 50)
        with notifier(cluster, "--webhook", sink.url) as second:
            second.wait_for("standing by")
            publish(cluster, *range(50, 100))
            wait_for_ids(sink, 100)
            assert first.stop() == 0, first.lines
            second.wait_for("notifying waiting=")
            publish(cluster, *range(100, 150))
            wait_for_ids(sink, 150)
            assert second.stop() == 0, second.lines
    assert set(Counter(sink.ids()).values()) == {1}


@pytest.mark.kafka
def test_held_messages_survive(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    """What a limit holds stays held over a kill, and goes out when a changed file allows it."""
    cluster = cluster_on(kafka_broker.address)
    routes = tmp_path / "notify.yaml"
    with http_sink() as sink:
        text = f"channels:\n  hook: {{type: webhook, url: '{sink.url}', per_manager: 2}}\nroutes: [{{to: hook}}]\n"
        routes.write_text(text)
        publish(cluster, *range(5), profile={"manager": "anna"})
        with notifier(cluster, str(routes)) as process:
            wait_for_ids(sink, 2)
            wait_until(lambda: len(journal(cluster)) == 5, lambda: process.lines)
        with notifier(cluster, str(routes)) as process:
            process.wait_for("notifying waiting=")
            publish(cluster, 9, profile={"manager": "bob"})
            wait_for_ids(sink, 3)
            assert process.stop() == 0
        assert len(set(sink.ids())) == 3
        routes.write_text(text.replace("per_manager: 2", "per_manager: 5"))
        with notifier(cluster, str(routes)) as process:
            wait_for_ids(sink, 6)
            assert process.stop() == 0


def test_try_needs_no_broker(capsys: pytest.CaptureFixture[str]) -> None:
    """--try sends one made-up alert to a channel, and says what came of it."""
    with http_sink() as sink:
        assert run(["notify", "--webhook", sink.url, "--try", "webhook", "--broker", "127.0.0.1:1"]) == 0
        assert capsys.readouterr().out.startswith("ok: webhook took the alert ")
        sink.answer = lambda _: (401, {}, b"")
        assert run(["notify", "--webhook", sink.url, "--try", "webhook"]) == 1
        assert capsys.readouterr().err == "streamer: webhook: 127.0.0.1 answered 401\n"
        assert run(["notify", "--webhook", sink.url, "--try", "nobody"]) == 1
        assert capsys.readouterr().err == 'streamer: no channel "nobody", expected one of webhook\n'


def test_check_and_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """--check says ok, or every fault with exit code 1; neither file nor address is wrong usage; a wrong secret is one line."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("channels:\n  a: {type: webhook, url: http://127.0.0.1:1}\nroutes: [{to: a}]\n")
    bad.write_text("channels: {}\nroutes: [{to: a}]\nzone: x\n")
    assert run(["notify", str(good), "--check"]) == 0
    assert capsys.readouterr().out == f"ok: {good}: 1 channel, 1 route\n"
    assert run(["notify", str(bad), "--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f'{bad}:2:15: routes[0].to: no usable channel "a"',
        f'{bad}:3:1: unknown key "zone", did you mean "timezone"?',
        f"streamer: {bad} is refused: 2 faults",
    ]
    assert run(["notify"]) == 2
    assert "expected ROUTES" in capsys.readouterr().err
    monkeypatch.setenv("STREAMER_WEBHOOK_SECRET", "whsec_short")
    assert run(["notify", "--webhook", "http://127.0.0.1:1", "--check"]) == 1
    assert capsys.readouterr().err == "streamer: STREAMER_WEBHOOK_SECRET: expected whsec_ and 24 to 64 bytes in base64\n"
    assert run(["notify", "--webhook", "https://user:PASS@x.example", "--check"]) == 2
    assert "PASS" not in capsys.readouterr().err


def test_other_side_sees_no_library(tmp_path: Path) -> None:
    """A request says which program sends it, and nothing of the machine."""
    seen: list[Posted] = []

    def keep(posted: Posted) -> tuple[int, dict[str, str], bytes]:
        seen.append(posted)
        return (200, {}, b"")

    with http_sink(keep) as sink:
        assert run(["notify", "--webhook", sink.url, "--try", "webhook"]) == 0
    assert seen[0].headers["User-Agent"] == "streamer"
    assert os.uname().nodename not in str(seen[0].headers) + seen[0].body.decode()
