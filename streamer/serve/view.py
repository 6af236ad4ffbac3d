"""Batches of records come in; the view in Redis has them applied, each once and in order, or says what it lost.

The view holds the offsets that it has applied, and changes them in the same script as the leads: whatever happens to Redis or to us,
the two agree. A batch is applied only on top of the one before it, so a replay does no harm, and a view that went back in time (an older
snapshot) or is gone (a wipe) is noticed by the next batch.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from streamer.serve.batches import Batch
from streamer.serve.cards import history_point
from streamer.serve.line import Line
from streamer.serve.packing import PLAIN, SAMPLES_MIN, Packing, trained
from streamer.serve.redis import FORM, connect, prefix_of, script_text, text
from streamer.settings import Settings
from topics.limits import ALERTS_KEPT_MAX, HISTORY_POINTS_MAX, NEWS_KEPT_MAX
from topics.registry import LEAD_ALERTS, LEAD_SCORES

HISTORY_STEP_MS: Final = 15_000
DELAYS_KEPT: Final = 1_000
POINT_BYTES: Final = len(history_point(0, 0))
KEYS_REMOVED_AT_ONCE: Final = 500

SCRIPTS: Final = {LEAD_SCORES.name: "scores", LEAD_ALERTS.name: "alerts"}

_pack: Final = msgspec.msgpack.Encoder().encode


class LostError(Exception):
    """The view is not what it was at the last batch: it was wiped, went back in time, or is another one."""


class View:
    """The writing side of the view."""

    def __init__(self, settings: Settings) -> None:
        self._redis = connect(settings)
        self._prefix = prefix_of(settings)
        self._line = Line(self._redis)
        self._unanswered: deque[int] = deque()
        self._loaded: dict[str, str] = {}
        self._limits = {
            LEAD_SCORES.name: (POINT_BYTES, HISTORY_POINTS_MAX, HISTORY_STEP_MS),
            LEAD_ALERTS.name: (ALERTS_KEPT_MAX, DELAYS_KEPT, NEWS_KEPT_MAX),
        }
        self._epoch = ""
        self.packing = PLAIN
        """How whole states are packed."""
        self._has_learned = False

    async def close(self) -> None:
        """Closes the connections."""
        await self._forget()
        await self._redis.aclose()

    async def open(self) -> dict[str, int] | None:
        """The offsets applied by place; None when there is no view, or one of another form."""
        await self._forget()
        epoch = text(await self._redis.get(self._key("epoch")) or b"")
        if not epoch.startswith(f"{FORM}."):
            return None
        self._epoch = epoch
        dictionary = await self._redis.get(self._key("dictionary"))
        self.packing, self._has_learned = Packing(dictionary), dictionary is not None
        return {text(place): int(offset) for place, offset in (await self._redis.hgetall(self._key("offsets"))).items()}

    async def begin(self) -> None:
        """Removes what is left of a view, and begins an empty one."""
        await self._redis.delete(self._key("epoch"))
        async for found in self._redis.scan_iter(match=f"{self._prefix}*", count=KEYS_REMOVED_AT_ONCE):
            await self._redis.unlink(found)
        self.packing, self._has_learned = PLAIN, False
        self._epoch = f"{FORM}.{secrets.token_hex(8)}"
        await self._redis.set(self._key("epoch"), self._epoch)

    async def learn(self, states: Sequence[bytes]) -> None:
        """Packs more tightly from now on, as soon as there are states enough to learn from, once a view."""
        if self._has_learned or len(states) < SAMPLES_MIN:
            return
        self._has_learned = True
        if (dictionary := trained(states)) is not None:
            # Two views at once must not take each other's dictionary away: the first one stays.
            await self._redis.set(self._key("dictionary"), dictionary, nx=True)
            self.packing = Packing(await self._redis.get(self._key("dictionary")))

    async def check(self) -> None:
        """LostError when the view is not the one that was opened."""
        if text(await self._redis.get(self._key("epoch")) or b"") != self._epoch:
            raise LostError

    async def send(self, batch: Batch) -> None:
        """Has a batch applied, without waiting until it is: `settle` says whether it was.

        So Redis never waits for us. None is applied after one that was not: it would not stand on top of what is applied.
        """
        place, believed, after, entries = batch
        topic = place.partition("/")[0]
        head = self._epoch, place, believed, after, _pack([entry.meta for entry in entries])
        blobs = [blob for entry in entries for blob in entry.blobs]
        await self._line.send("EVALSHA", await self._script(topic), 1, self._prefix, *head, *self._limits[topic], *blobs)
        self._unanswered.append(believed)

    async def settle(self, unanswered_max: int = 0) -> None:
        """Waits until so many batches or fewer are not known to be applied. LostError when one was not, nor those after it."""
        while len(self._unanswered) > unanswered_max:
            applied = await self._line.answer()
            if applied is None or applied < self._unanswered.popleft():
                await self._forget()
                raise LostError

    async def say(self, state: Mapping[str, str | int]) -> None:
        """Keeps how it stands, for those who only read."""
        await self._redis.hset(self._key("state"), mapping=dict(state))

    async def _script(self, topic: str) -> str:
        """How Redis calls the script; it is told the script first, unless it was since anything failed."""
        if topic not in self._loaded:
            self._loaded[topic] = text(await self._redis.script_load(script_text(SCRIPTS[topic])))
        return self._loaded[topic]

    async def _forget(self) -> None:
        """What was sent and is not answered may be applied yet, or never: who goes on asks the view where it stands."""
        self._unanswered.clear()
        self._loaded.clear()
        await self._line.drop()

    def _key(self, name: str) -> str:
        return self._prefix + name
