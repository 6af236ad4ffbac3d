"""A partition that counts: the interface of the real one, with a row that is a count and the applied offsets.

Every event is one point; an alert goes out at each third event of a lead, so what arrives tells what was counted.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from streamer.score.forwarding import Forward
from streamer.score.records import Counts, RecordLike
from streamer.score.unpublished import Unpublished
from topics.registry import Topic


class CountingPartition:
    """Counts each lead's events, exactly once by the offsets in its row."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.now_ms = 0
        self.rows: dict[bytes, bytes] = {}
        self.counts = Counts()
        self.bounds_bitten = {"evidence": 3}
        self.adapted = (0, 0)
        self.advanced: list[int] = []
        self._live: dict[bytes, dict[str, int]] = {}
        self._alerts: list[tuple[bytes, bytes]] = []
        self._rejects: list[tuple[bytes | None, bytes, int]] = []
        self.unpublished = Unpublished()
        self.forwards: list[Forward] = []

    def restore(self, key: bytes, row: bytes | None) -> None:
        if row is None:
            self.rows.pop(key, None)
        else:
            old = self.rows.get(key)
            if old is None or orjson.loads(old)["n"] <= orjson.loads(row)["n"]:
                self.rows[key] = row

    def restored(self) -> None:
        self.unpublished.update(self.rows)

    def take(self, topic: Topic, records: Sequence[RecordLike], decided_at_ms: int) -> None:
        for record in records:
            self.counts.read += 1
            key = record.key
            if key is None or record.value == b"bad":
                self.counts.rejected += 1
                self._rejects.append((key, b'{"reason":"bad-field"}', record.timestamp))
                continue
            if record.value == b"explode":
                raise RuntimeError("the scorer exploded")
            lead = self._lead(key)
            if record.offset <= lead.get(topic.name, -1):
                self.counts.replayed += 1
                continue
            lead[topic.name] = record.offset
            lead["n"] += 1
            self.counts.scored += 1
            self.now_ms = max(self.now_ms, record.timestamp)
            self.unpublished.add(key)
            if lead["n"] % 3 == 0:
                self._alerts.append((key, orjson.dumps({"lead_id": key.decode(), "n": lead["n"], "event_ms": record.timestamp})))

    def advance(self, now_ms: int, decided_at_ms: int) -> None:
        self.now_ms = max(self.now_ms, now_ms)
        self.advanced.append(now_ms)

    def drain_alerts(self) -> list[tuple[bytes, bytes]]:
        alerts, self._alerts = self._alerts, []
        return alerts

    def drain_rejects(self) -> list[tuple[bytes | None, bytes, int]]:
        rejects, self._rejects = self._rejects, []
        return rejects

    def drain_forwards(self) -> list[Forward]:
        forwards, self.forwards = self.forwards, []
        return forwards

    def publish(self, most: int, wall_ms: int) -> list[tuple[bytes, bytes | None]]:
        taken = sorted(self.unpublished.take(most, wall_ms))
        return [(key, orjson.dumps({"lead_id": key.decode(), "n": self._lead(key)["n"]})) for key in taken]

    def flush(self) -> list[tuple[bytes, bytes | None]]:
        rows: dict[bytes, bytes | None] = {key: orjson.dumps(lead) for key, lead in self._live.items()}
        self.rows.update({key: row for key, row in rows.items() if row is not None})
        self._live.clear()
        return list(rows.items())

    def _lead(self, key: bytes) -> dict[str, int]:
        lead = self._live.get(key)
        if lead is None:
            row = self.rows.get(key)
            lead = self._live[key] = {"n": 0} if row is None else orjson.loads(row)
        return lead
