"""The notifier killed at any step, by chance: no alert is lost, and none comes twice but what was under way at a kill."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streamer.notify.deliveries import Deliveries
from streamer.notify.journal import Entry, decode_entry, encode_entry
from streamer.notify.outcome import LaterError
from streamer.notify.plan import Plan
from tests.notify.world import NOON_MS, alert, world
from topics.alerts import encode_alert

ALERTS = 12


class KilledError(Exception):
    """The process is gone; what it had not written is gone with it."""


class Run:
    """A log of alerts, a committed offset and a journal that stay; processes that do not. Chance kills them between any two steps."""

    def __init__(self, plan: Plan, random: Random, kills: float) -> None:
        self._plan = plan
        self._random = random
        self._kills = kills
        self._journal: list[bytes] = []
        self._committed = 0
        self._now_ms = NOON_MS
        self.arrived: Counter[str] = Counter()
        self.in_doubt: Counter[str] = Counter()
        self.dead: set[str] = set()

    def finish(self) -> None:
        """Runs processes, one after another, until all is done; the last is not killed."""
        for _ in range(self._random.randrange(6)):
            try:
                self._process()
            except KilledError:
                continue
        self._kills = 0
        self._process()

    def _step(self) -> None:
        if self._random.random() < self._kills:
            raise KilledError

    def _process(self) -> None:
        deliveries = Deliveries(self._plan)
        for value in self._journal:
            deliveries.restore(decode_entry(value))
        self._write(deliveries.begin(self._now_ms))
        position = self._committed
        while position < ALERTS or deliveries.waiting:
            if position < ALERTS and self._random.random() < 0.5:
                some = range(position, min(ALERTS, position + self._random.randint(1, 4)))
                for number in some:
                    self._write(deliveries.take(alert(number), encode_alert(alert(number)), self._now_ms, self._now_ms))
                position = some.stop
                self._step()
                self._committed = position
            self._send(deliveries)
            self._now_ms += self._random.choice((0, 500, 20_000))

    def _send(self, deliveries: Deliveries) -> None:
        entry = deliveries.next("a", self._now_ms)
        if entry is None:
            return
        self._write([entry])
        try:
            self._step()
            if self._random.random() < 0.2:
                self._write([deliveries.failed(entry, LaterError("down"), self._now_ms)])
                return
            self.arrived[entry.lead_id] += 1
            self._step()
            self._write([deliveries.sent(entry, self._now_ms)])
        except KilledError:
            self.in_doubt[entry.lead_id] += 1
            raise

    def _write(self, entries: list[Entry]) -> None:
        for entry in entries:
            self._step()
            self._journal.append(encode_entry(entry))
            if entry.state == "dead":
                self.dead.add(entry.lead_id)


@given(st.integers(0), st.floats(0, 0.3))
def test_killed_anywhere(seed: int, kills: float) -> None:
    """Every alert arrives; oftener than once only as often as it was under way at a kill."""
    run = Run(world().plan, Random(seed), kills)
    run.finish()
    for number in range(ALERTS):
        lead = f"lead-{number}"
        assert 1 <= run.arrived[lead] <= 1 + run.in_doubt[lead]


@given(st.integers(0), st.floats(0, 0.3))
def test_killed_anywhere_with_dead_letters(seed: int, kills: float) -> None:
    """With `in_doubt: dead-letter` no alert arrives twice, and one that does not arrive is a dead letter."""
    run = Run(world(resend_in_doubt=False).plan, Random(seed), kills)
    run.finish()
    for number in range(ALERTS):
        lead = f"lead-{number}"
        assert run.arrived[lead] <= 1
        assert run.arrived[lead] or lead in run.dead
