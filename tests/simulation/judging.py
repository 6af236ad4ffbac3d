"""A played world comes in; what is wrong in it leaves, each by the name of the law it breaks. The oracle says what is right.

- `lost-event`: an event or a reject has no effect; `duplicate-effect`: an event has two;
- `missing-alert`: an alert is not there; `duplicate-alert-id`: one alert id stands for two contents;
- `wrong-window`: scores or alerts are there that what happened, at its time, does not give;
- `orphan-score`: a lead has scores that does not exist, or was erased;
- `late-word`: a worker writes after it has given up the partition, behind its new owner's back;
- `stuck`: the workers do not come to their end, or break.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field

import orjson

from streamer.model.spec import Model
from tests.oracle.oracle import Oracle, OracleAlert
from tests.simulation.broker import INPUTS, Place, Written
from tests.simulation.models import model_of
from tests.simulation.world import BrokenError, StuckError, World
from tests.system.expected import ToldAlert, ToldScores, alert_of_oracle, scores_of_oracle, told_alert, told_scores
from topics.alerts import Alert, decode_alert, decode_scores
from topics.registry import LEAD_ERASURES


@dataclass(frozen=True)
class Verdict:
    """One broken law."""

    law: str
    detail: str


@dataclass
class Truth:
    """What the oracle makes of the records."""

    alerts: Counter[ToldAlert] = field(default_factory=Counter)
    perhaps: set[ToldAlert] = field(default_factory=set)
    """Alerts of what ended before an erasure: the clock may have come to it first, but need not."""
    scores: dict[str, ToldScores] = field(default_factory=dict)
    refused: set[tuple[str, int, int]] = field(default_factory=set)


def judged(world: World) -> list[Verdict]:
    """Plays the world to its end; all that is wrong."""
    try:
        world.play()
    except (BrokenError, StuckError) as error:
        return [Verdict("stuck", f"{type(error).__name__}: {error}")]
    model = model_of(world.scenario.model, world.version, repriced=not world.scenario.ordered)
    truth = Truth()
    for number in range(world.scenario.partitions):
        _add_truth(world, model, number, truth)
    found = [Verdict("late-word", f"to {place}") for place in sorted(set(world.late))]
    found += _judge_rejects(world, truth) + _judge_scores(world, truth)
    if world.scenario.exactly_once:
        found += _judge_repeats(world)
    return found + _judge_alerts(world, truth) if world.scenario.ordered else found


def _add_truth(world: World, model: Model, number: int, truth: Truth) -> None:
    """The records of a partition in the order of time. Leads share nothing but the clock, so each has an oracle of its own."""
    records = [(name, *published) for name in INPUTS for published in world.broker.remaining((name, number))]
    oracles: dict[str, Oracle] = {}
    alerts: list[OracleAlert] = []
    clock_ms = 0
    for name, record, refused in sorted(records, key=lambda one: one[1].timestamp):
        if refused is not None:
            truth.refused.add((name, number, record.offset))
            continue
        assert record.key is not None
        oracle = oracles.setdefault(record.key.decode(), Oracle(model))
        alerts += oracle.advance(clock_ms)
        value = None if record.value is None else orjson.loads(record.value)
        if name == LEAD_ERASURES.name:
            truth.perhaps |= {alert_of_oracle(alert, number) for alert in deepcopy(oracle).advance(record.timestamp)}
        alerts += oracle.take(name, record.offset, record.key.decode(), value, record.timestamp)
        clock_ms = max(clock_ms, oracle.now_ms)
    for oracle in oracles.values():
        alerts += oracle.advance(world.wall_ms())
        truth.scores |= {lead.id: scores_of_oracle(model, lead) for lead in oracle.leads.values() if lead.exists}
    truth.alerts.update(alert_of_oracle(alert, number) for alert in alerts)


def _written(world: World, output: str) -> list[tuple[Place, Written]]:
    return [((output, number), one) for number in range(world.scenario.partitions) for one in world.broker.visible((output, number))]


def _judge_rejects(world: World, truth: Truth) -> list[Verdict]:
    rejected = set(_rejected(world))
    lost = [Verdict("lost-event", f"no reject of {place}") for place in sorted(truth.refused - rejected)]
    return lost + [Verdict("lost-event", f"rejected: {place}") for place in sorted(rejected - truth.refused)]


def _rejected(world: World) -> list[tuple[str, int, int]]:
    """The places of the records that were rejected, as often as they were."""
    contents = [orjson.loads(one.value or b"") for _, one in _written(world, "rejects")]
    return [(content["topic"], content["partition"], content["offset"]) for content in contents]


def _judge_scores(world: World, truth: Truth) -> list[Verdict]:
    newest, owners = (
        {one.key.decode(): one.value for _, one in _written(world, "scores") if one.key and not one.stale & last} for last in (False, True)
    )
    found: list[Verdict] = []
    for lead in sorted(newest.keys() | truth.scores.keys()):
        verdict = _judge_lead(world, lead, newest.get(lead), truth.scores.get(lead))
        if verdict is not None and newest.get(lead) != owners.get(lead):
            # A zombie's word came last, and stands until the lead changes again: what its owner said last counts.
            verdict = _judge_lead(world, lead, owners.get(lead), truth.scores.get(lead))
        found += [] if verdict is None else [verdict]
    return found


def _judge_lead(world: World, lead: str, value: bytes | None, right: ToldScores | None) -> Verdict | None:
    told = None if value is None else told_scores(decode_scores(value))
    if told is None or right is None:
        law = "lost-event" if told is None else "orphan-score"
        return None if told is right else Verdict(law, f"{lead}:\n    told  {told}\n    truth {right}")
    if told.events != right.events:
        return Verdict(
            "lost-event" if told.events < right.events else "duplicate-effect", f"{lead}: {told.events} events, not {right.events}"
        )
    if _comparable(told, world.scenario.ordered) != _comparable(right, world.scenario.ordered):
        return Verdict("wrong-window", f"{lead}:\n    told  {told}\n    truth {right}")
    return None


def _comparable(scores: ToldScores, ordered: bool) -> ToldScores:
    """Which alerts there were, and what was first, depends on the order in which records came."""
    return scores if ordered else scores._replace(alerts=0, first_seen_ms=None)


def _judge_repeats(world: World) -> list[Verdict]:
    """Exactly once: no alert and no reject comes twice."""
    alerts = Counter(decode_alert(one.value or b"").alert_id for _, one in _written(world, "alerts"))
    times = [*alerts.items(), *Counter(_rejected(world)).items()]
    return [Verdict("duplicate-effect", f"{what} comes twice") for what, number in times if number > 1]


def _judge_alerts(world: World, truth: Truth) -> list[Verdict]:
    found: list[Verdict] = []
    alerts: dict[str, Alert] = {}
    for _, one in _written(world, "alerts"):
        alert = decode_alert(one.value or b"")
        first = alerts.setdefault(alert.alert_id, alert)
        alert.decided_at, alert.model_version = first.decided_at, first.model_version
        if alert != first:
            found.append(Verdict("duplicate-alert-id", f"{alert.alert_id}:\n    {first}\n    {alert}"))
    told = Counter(told_alert(alert, "") for alert in alerts.values())
    found += [Verdict("missing-alert", str(alert)) for alert in (truth.alerts - told).elements()]
    return found + [
        Verdict("wrong-window", f"false alert: {alert}") for alert in (told - truth.alerts).elements() if alert not in truth.perhaps
    ]
