"""A lead to be forgotten comes in; the records that ask for it leave, and the proof that a worker has done it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson

from streamer.score.row import decode_row
from streamer.settings import Settings
from streamer.stream.admin import verify_topics
from streamer.stream.connection import BrokerError
from streamer.stream.part import PlacedRecord, from_now_on
from streamer.stream.publish import Publisher
from topics.partitions import partition_of
from topics.registry import LEAD_ERASURES, LEAD_PROFILES, LEAD_SCORES, changelog_of
from topics.times import format_rfc3339


async def request_erasure(settings: Settings, lead_id: str, requested_at: int) -> tuple[int, int]:
    """Publishes the erasure, and an empty profile, which would otherwise stay in its topic; partition and offset of the erasure."""
    await verify_topics(settings, [LEAD_PROFILES, LEAD_ERASURES])
    key = lead_id.encode()
    value = orjson.dumps({"lead_id": lead_id, "requested_at": format_rfc3339(requested_at)})
    async with Publisher(settings) as publisher:
        await publisher.send(settings.topic(LEAD_PROFILES.name), key, None, requested_at)
        sent = await publisher.send(settings.topic(LEAD_ERASURES.name), key, value, requested_at)
    return sent.result().partition, sent.result().offset


async def erase_and_wait(settings: Settings, lead_id: str, requested_at: int, wait_s: float) -> list[PlacedRecord]:
    """Publishes the erasure, reads the topics until nothing but its mark is left of the lead, and returns the records that say so.

    They are the null in lead-scores and the lead's row in the changelog. BrokerError when they do not come in time.
    """
    key = lead_id.encode()
    scores, changelog = settings.topic(LEAD_SCORES.name), settings.topic(changelog_of(settings.app).name)
    await verify_topics(settings, [LEAD_SCORES, changelog_of(settings.app)])
    async with from_now_on(settings, [scores, changelog], partition_of(key, settings.partitions)) as batches:
        await request_erasure(settings, lead_id, requested_at)
        proofs: dict[str, PlacedRecord] = {}
        try:
            async with asyncio.timeout(wait_s):
                async for record in _of_key(batches, key):
                    if record.value is None or (record.topic == changelog and _is_erased(record.value, requested_at)):
                        proofs[record.topic] = record
                    if len(proofs) == 2:
                        return [proofs[scores], proofs[changelog]]
        except TimeoutError:
            pass
        missing = " and ".join(topic for topic in (scores, changelog) if topic not in proofs)
        raise BrokerError(
            f"the erasure is published, but {missing} did not show it within {wait_s:g} s: does a worker of the app {settings.app} run?"
        )


async def _of_key(batches: AsyncIterator[list[PlacedRecord]], key: bytes) -> AsyncIterator[PlacedRecord]:
    async for batch in batches:
        for record in batch:
            if record.key == key:
                yield record


def _is_erased(row: bytes, requested_at: int) -> bool:
    """Whether a row is no more than the mark of an erasure: what is dropped for 30 days, and what was read."""
    left = decode_row(row)
    return left.erased_at >= requested_at and not (left.born or left.profile or left.rules or left.references or left.ids)
