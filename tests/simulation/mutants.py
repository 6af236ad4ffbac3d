"""Seeded mistakes in commit, recovery and seam: for each the text that is replaced, and the laws of which it must break one."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One mistake. `old` occurs once in the file of the module; `seed` found it last, and is tried first."""

    name: str
    laws: tuple[str, ...]
    module: str
    old: str
    new: str
    seed: int = 1


OWNED, SINK, TRANSACTION = "streamer.stream.owned", "streamer.stream.sink", "streamer.stream.transaction"
SCORER, LEDGER, MERGE, TABLE = "streamer.stream.scorer", "streamer.stream.ledger", "streamer.stream.merge", "streamer.score.table"
PARTITION, WATERMARK = "streamer.score.partition", "streamer.stream.watermark"

MUTANTS = (
    Mutant(
        "rows go before what they caused",
        ("missing-alert", "lost-event"),
        SINK,
        """        for outlet in tuple(self._outlets.values()):
            await outlet.acked()
        await send(self._producer, self._changelog, self._number, rows)
""",
        """        await send(self._producer, self._changelog, self._number, rows)
        for outlet in tuple(self._outlets.values()):
            await outlet.acked()
""",
        seed=171,
    ),
    Mutant(
        "rows do not wait for the acks of what they caused",
        ("missing-alert", "lost-event"),
        SINK,
        "            await outlet.acked()\n",
        "            pass\n",
        seed=17,
    ),
    Mutant(
        "chunks are acked before their rows",
        ("lost-event",),
        OWNED,
        "        self._events.append(event)\n",
        "        event.ack()\n        self._events.append(event)\n",
        seed=17,
    ),
    Mutant(
        "a failed commit acks its chunks",
        ("lost-event",),
        OWNED,
        "            await commit\n            for event in events:\n                event.ack()\n",
        "            for event in events:\n                event.ack()\n            await commit\n",
        seed=17,
    ),
    Mutant(
        "offsets run past a chunk that is not acked",
        ("lost-event",),
        LEDGER,
        "        while chunks and chunks[0].acked:\n",
        "        while chunks:\n",
        seed=191,
    ),
    Mutant(
        "recovery takes the row that was written last",
        ("duplicate-effect", "lost-event", "wrong-window", "missing-alert"),
        TABLE,
        "if known is None or read_header(data).applied >= read_header(known).applied:",
        "if True:",
        seed=817,
    ),
    Mutant(
        "recovery takes the row that is less far on",
        ("lost-event",),
        TABLE,
        "read_header(data).applied >= read_header(known).applied",
        "read_header(data).applied < read_header(known).applied",
        seed=4,
    ),
    Mutant(
        "recovery does not ask what is published",
        ("lost-event", "wrong-window", "orphan-score"),
        TABLE,
        "            if not header.published:\n",
        "            if header.published:\n",
        seed=10,
    ),
    Mutant(
        "recovery forgets the timers",
        ("missing-alert", "wrong-window"),
        TABLE,
        "                self.timers.append((header.wake_ms, key))\n",
        "                pass\n",
        seed=2,
    ),
    Mutant(
        "replayed profiles count again",
        ("wrong-window", "duplicate-effect", "duplicate-alert-id"),
        PARTITION,
        "if record.offset <= row.offsets.get(LEAD_PROFILES.code, -1):",
        "if record.offset < -1:",
        993,
    ),
    Mutant(
        "a missed generation keeps its rows",
        ("lost-event", "duplicate-effect", "wrong-window", "missing-alert", "stuck"),
        SCORER,
        "        unbroken = generation == self._generation + 1\n",
        "        unbroken = True\n",
        seed=23,
    ),
    Mutant(
        "a worker that leaves goes on",
        ("late-word",),
        SCORER,
        "        self.leaving = True\n",
        "        pass\n",
        seed=16,
    ),
    Mutant(
        "what is on its way is not waited for",
        ("late-word", "duplicate-effect"),
        OWNED,
        "            await asyncio.wait([self._commit])\n",
        "            return\n",
        seed=4,
    ),
    Mutant(
        "a topic that is behind is not waited for",
        ("wrong-window", "missing-alert"),
        MERGE,
        "        if awaited:\n",
        "        if awaited and count_max < 0:\n",
    ),
    Mutant(
        "time acts before all is read",
        ("wrong-window", "missing-alert"),
        WATERMARK,
        "handed_out_to(merge, name, state) >= self._ends[name] for",
        "handed_out_to(merge, name, state) >= 0 for",
        seed=50,
    ),
    Mutant(
        "offsets are no part of the transaction",
        ("stuck", "duplicate-effect"),
        TRANSACTION,
        "            if offsets:\n",
        "            if not offsets:\n",
        seed=4,
    ),
    Mutant(
        "the owner before is not shut out",
        ("duplicate-effect", "lost-event"),
        TRANSACTION,
        'f"{self._settings.app}-{self._number}"',
        'f"{self._settings.app}-{self._number}-{id(self)}"',
        seed=4,
    ),
    Mutant(
        "a commit takes what came after it began",
        ("duplicate-effect",),
        TRANSACTION,
        "        outputs, self._outputs = self._outputs, defaultdict(list)\n        if rows:",
        "        outputs = self._outputs\n        if rows:",
        seed=4,
    ),
    Mutant(
        "a transaction that failed is not undone",
        ("duplicate-effect", "missing-alert", "stuck"),
        TRANSACTION,
        "            await _abort(producer)\n            raise\n",
        "            await producer.commit_transaction()\n            raise\n",
        seed=29,
    ),
)
