"""A seed comes in, a scenario leaves: the whole list of what will happen, drawn before anything does."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.simulation import actions as act
from tests.simulation.models import IN_ANY_ORDER, TEXTS

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
ALL_LEADS = ("anna", "boris", "clara", "dmitri")
EVENTS = ("page-views", "page-views", "page-views", "activities", "calls")
WAITS_MS = (20, 20, 100, 100, 500, 500, 1_500, 4_000)
LEAPS_MS = (20 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS, 26 * HOUR_MS)
LATE_MS = (0, 0, 1_000, MINUTE_MS, 30 * MINUTE_MS, 90 * MINUTE_MS, 5 * HOUR_MS, 70 * HOUR_MS)
FREEZES_MS = (1_000, 4_000, 7_000, 12_000, 25_000)
SLOW_MS = (200, 900, 3_000)
WHENS = ("before", "after")
TROUBLE = ("crash", "crash", "crash", "freeze", "freeze", "start", "stop", "rejoin", "slow", "lost", "compact", "truncate", "skew", "model")


def draw(seed: int) -> act.Scenario:
    """The scenario of a seed."""
    rng = Random(seed)
    ordered = rng.random() < 0.7
    partitions, workers = rng.randint(1, 3), rng.randint(1, 3)
    draws = _Draws(rng, ordered, partitions, workers)
    return act.Scenario(
        ordered=ordered,
        exactly_once=rng.random() < 0.4,
        model=rng.choice(list(TEXTS) if ordered else IN_ANY_ORDER),
        partitions=partitions,
        workers=workers,
        latency_ms=rng.choice([1, 30, 150]),
        batch_records=rng.choice([1, 1, 2, 100]),
        chunk_records=rng.choice([1, 3, 1000]),
        fetch_records=rng.choice([1, 3, 1000]),
        actions=draws.actions(rng.randint(30, 80)),
    )


class _Draws:
    def __init__(self, rng: Random, ordered: bool, partitions: int, workers: int) -> None:
        self._rng, self._ordered, self._partitions, self._workers = rng, ordered, partitions, workers
        self._leads = ALL_LEADS[: rng.randint(2, 4)]
        self._troubled = rng.choice([0.05, 0.15, 0.3])

    def actions(self, count: int) -> tuple[act.Action, ...]:
        """About so many actions."""
        actions: list[act.Action] = []
        while len(actions) < count:
            dice = self._rng.random()
            if dice < self._troubled:
                actions.append(self._trouble(self._rng.choice(TROUBLE)))
            elif dice < 1.2 * self._troubled:
                actions += self._episode(len(actions))
            else:
                actions.append(self._action(len(actions)))
        return tuple(actions)

    def _episode(self, number: int) -> list[act.Action]:
        """What seldom comes together by chance: a zombie that has something to send, or a crash with something on its way."""
        rng, worker, lead = self._rng, self._rng.randrange(self._workers), self._rng.choice(self._leads)

        def event(place: int) -> act.Action:
            return act.Event(number + place, lead, "page-views", json.dumps(self._fields("page-views")))

        output = rng.choice(act.OUTPUTS)
        if rng.random() < 0.5:
            between = act.Wait(rng.choice([20, 1_500, 13_000]))
            zombie = act.Freeze(worker, f"{output} {rng.choice(WHENS)}", 25_000)
            return [event(0), zombie, act.Wait(1_500), event(3), between, event(5), act.Wait(20_000), event(7), act.Wait(13_000)]
        if output == "offsets":  # that aiokafka gives up on is not simulated
            output = "rows"
        trouble: act.Action = act.Slow(worker, output, 3_000) if rng.random() < 0.5 else act.Lost(worker, output, rng.random() < 0.5)
        wait = act.Wait(rng.choice(WAITS_MS))
        return [event(0), trouble, wait, event(3), act.Wait(rng.choice(WAITS_MS)), act.Crash(worker, self._point())]

    def _action(self, number: int) -> act.Action:
        rng = self._rng
        dice = rng.random()
        if dice < 0.35:
            return act.Wait(rng.choice(WAITS_MS))
        if dice < 0.42:
            return act.Leap(rng.choice(LEAPS_MS))
        lead = rng.choice(self._leads)
        if dice < 0.48:
            return act.Profile(lead, rng.choice([None, '{"job_title": "Head of IT"}', '{"city": "Warsaw"}', "{}"]))
        if dice < 0.52:
            return act.Bad(lead, rng.choice(EVENTS))
        if dice < 0.535 and self._ordered:
            return act.Erasure(lead)
        if dice < 0.60 and number:
            return act.Again(rng.randrange(number))
        topic = rng.choice(EVENTS)
        return act.Event(number, lead, topic, json.dumps(self._fields(topic)), 0 if self._ordered else rng.choice(LATE_MS))

    def _fields(self, topic: str) -> dict[str, Any]:
        rng = self._rng
        fields: dict[str, Any] = {"human": False} if rng.random() < 0.05 else {}
        match topic:
            case "page-views":
                return {"url": "/a", "visit_id": rng.choice(["v1", "v2", "v3"]), "category": rng.choice(["mens", "womens"]), **fields}
            case "calls":
                return {"direction": rng.choice(["inbound", "outbound"]), "outcome": "answered", **fields}
            case _:
                return {"name": rng.choice(["quote", "form"]), **fields}

    def _trouble(self, kind: str) -> act.Action:
        rng, worker = self._rng, self._rng.randrange(self._workers)
        number, topic = rng.randrange(self._partitions), rng.choice(EVENTS)
        match kind:
            case "crash":
                return act.Crash(worker, self._point())
            case "freeze":
                return act.Freeze(worker, self._point(), rng.choice(FREEZES_MS))
            case "start":
                return act.Start(worker)
            case "stop":
                return act.Stop(worker)
            case "rejoin":
                return act.Rejoin()
            case "slow":
                return act.Slow(worker, rng.choice(act.OUTPUTS), rng.choice(SLOW_MS))
            case "lost":
                return act.Lost(worker, rng.choice([output for output in act.OUTPUTS if output != "offsets"]), rng.random() < 0.5)
            case "compact":
                return act.Compact(number)
            case "truncate":
                return act.Truncate(number, topic)
            case "model":
                return act.NewModel()
            case _ if self._ordered:
                return act.Skew(worker, rng.choice([0, -2_000, -20 * MINUTE_MS]))
            case _ if rng.random() < 0.5:
                return act.Delay(number, topic, rng.choice([300, 2_000]))
            case _:
                return act.Skew(worker, rng.choice([0, -HOUR_MS, HOUR_MS]))

    def _point(self) -> str:
        rng = self._rng
        return act.NOW if rng.random() < 0.25 else f"{rng.choice(act.OUTPUTS)} {rng.choice(WHENS)}"
