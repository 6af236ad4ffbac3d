"""The topics on the broker: the wanted ones come in; what was made and what was found leaves, or the first mismatch.

Nothing is made while an existing topic does not fit: partition counts that differ would split a lead between workers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, for_code

from streamer.settings import Settings
from streamer.stream.connection import BrokerError, client_options, explained, unreachable
from streamer.stream.output import BATCH_BYTES_MAX
from topics.limits import NOTIFIED_MS
from topics.registry import Cleanup, Direction, Topic

REPLICATION_FACTOR: Final = 3
VISIBLE_SECONDS_MAX: Final = 20
# Recovery may read a row while its successor is written: the older one stays long enough to be seen as older.
CHANGELOG_COMPACTION_LAG_MS: Final = 60_000
TOPIC_ALREADY_EXISTS: Final = 36


@dataclass(frozen=True, slots=True)
class TopicState:
    """One topic as it is on the broker; `cleanup` and the largest batch it takes are None where the broker does not tell."""

    name: str
    partitions: int
    cleanup: str | None
    batch_bytes_max: int | None = None
    created: bool = False


def topic_configs(topic: Topic) -> dict[str, str]:
    """The settings that a topic of ours is made with."""
    configs = {"cleanup.policy": str(topic.cleanup)}
    if topic.direction is Direction.INTERNAL and topic.cleanup is Cleanup.COMPACT:
        configs["min.compaction.lag.ms"] = str(CHANGELOG_COMPACTION_LAG_MS)
    if topic.cleanup is Cleanup.COMPACT_AND_DELETE:
        configs["retention.ms"] = str(NOTIFIED_MS)
    return configs


async def ensure_topics(settings: Settings, topics: Sequence[Topic], replication_factor: int | None = None) -> list[TopicState]:
    """Makes the topics that are missing and returns the state of all; BrokerError names the first existing one that does not fit."""
    async with _admin(settings) as admin:
        wanted = {settings.topic(topic.name): topic for topic in topics}
        found = await _states(admin, wanted)
        problems = [problem for name in wanted if name in found and (problem := _mismatch(found[name], wanted[name], settings))]
        if problems:
            raise BrokerError(problems[0] + (f"; and {len(problems) - 1} more like it" if problems[1:] else ""))
        missing = [name for name in wanted if name not in found]
        if missing:
            copies = replication_factor or min(REPLICATION_FACTOR, len((await admin.describe_cluster())["brokers"]))
            await _create(admin, {name: wanted[name] for name in missing}, settings.partitions, copies)
            found = await _all_visible(admin, wanted)
        return [replace(found[name], created=name in missing) for name in wanted]


async def require_topics(settings: Settings, topics: Sequence[Topic], remedy: str = "run `streamer topics` first") -> None:
    """BrokerError when one of the topics is missing; `remedy` says what makes it."""
    async with _admin(settings) as admin:
        there = set(await admin.list_topics())
    missing = [name for topic in topics if (name := settings.topic(topic.name)) not in there]
    if missing:
        raise BrokerError(f"topic {missing[0]} is missing on {settings.broker}: {remedy}")


async def partitions_of(settings: Settings, topics: Sequence[Topic]) -> dict[Topic, int]:
    """How many partitions each topic has; BrokerError when one is missing."""
    await require_topics(settings, topics)
    async with _admin(settings) as admin:
        found = await _states(admin, {settings.topic(topic.name): topic for topic in topics})
    return {topic: found[settings.topic(topic.name)].partitions for topic in topics}


async def verify_topics(settings: Settings, topics: Sequence[Topic]) -> None:
    """BrokerError names every one of these topics that is missing or does not fit; nothing is made."""
    async with _admin(settings) as admin:
        wanted = {settings.topic(topic.name): topic for topic in topics}
        found = await _states(admin, wanted)
        problems = [problem for state in found.values() if (problem := _mismatch(state, wanted[state.name], settings))]
        missing = [name for name in wanted if name not in found]
        if missing:
            problems.append(f"no topic {', '.join(missing)}: run `streamer topics`{_unless_hidden(settings)}")
        if problems:
            raise BrokerError("; ".join(problems))


async def require_group(settings: Settings) -> None:
    """BrokerError when the user may not join the consumer group; the consumer itself would wait for that without a word."""
    async with _admin(settings) as admin:
        try:
            await admin.find_coordinator(settings.app)
        except GroupAuthorizationFailedError as error:
            raise BrokerError(f"consumer group {settings.app}: {explained(error)}") from None
        except KafkaError:
            pass  # the broker is not ready for groups yet, which is waited for


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=15_000)
    try:
        await admin.start()
    except (KafkaError, OSError):
        raise unreachable(settings) from None
    try:
        yield admin
    except KafkaError as error:
        raise BrokerError(f"the broker at {settings.broker} refused: {_words(error)}") from None
    finally:
        await admin.close()


async def _states(admin: AIOKafkaAdminClient, wanted: dict[str, Topic]) -> dict[str, TopicState]:
    # All topics are listed: asking for one by its name creates it on a broker that makes topics by itself.
    listed = {entry["topic"]: entry for entry in await admin.describe_topics() if entry["topic"] in wanted}
    configs = await _configs(admin, list(listed))
    return {name: _state(name, len(entry["partitions"]), configs.get(name, {})) for name, entry in listed.items()}


def _state(name: str, partitions: int, configs: Mapping[str, str]) -> TopicState:
    batch_bytes_max = configs.get("max.message.bytes")
    return TopicState(name, partitions, configs.get("cleanup.policy"), int(batch_bytes_max) if batch_bytes_max else None)


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    try:
        responses = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    except KafkaError:
        return {}  # some brokers do not tell, and some users may not ask
    return {
        name: {entry_name: value for entry_name, value, *_ in entries if value}
        for response in responses
        for _code, _message, _kind, name, entries, *_ in response.resources
    }


def _mismatch(state: TopicState, topic: Topic, settings: Settings) -> str | None:
    if state.partitions != settings.partitions:
        return f"topic {state.name} has {state.partitions} partitions, expected {settings.partitions} (STREAMER_PARTITIONS)"
    if state.cleanup is not None and state.cleanup != topic.cleanup:
        return f"topic {state.name} has cleanup.policy={state.cleanup}, expected {topic.cleanup}"
    if topic.direction is not Direction.IN and state.batch_bytes_max is not None and state.batch_bytes_max < BATCH_BYTES_MAX:
        return f"topic {state.name} has max.message.bytes={state.batch_bytes_max}, expected at least {BATCH_BYTES_MAX}"
    return None


def _unless_hidden(settings: Settings) -> str:
    return "" if settings.security_protocol == "PLAINTEXT" else ", or give the user the right to describe it"


async def _create(admin: AIOKafkaAdminClient, topics: dict[str, Topic], partitions: int, copies: int) -> None:
    new = [NewTopic(name, partitions, copies, topic_configs=topic_configs(topic)) for name, topic in topics.items()]
    response: Any = await admin.create_topics(new)
    for name, code, message in response.topic_errors:
        # Another `streamer topics` may have been faster; what it made is verified like all others.
        if code not in (0, TOPIC_ALREADY_EXISTS):
            raise BrokerError(f"topic {name} cannot be made: {message or for_code(code).__name__}")


async def _all_visible(admin: AIOKafkaAdminClient, wanted: dict[str, Topic]) -> dict[str, TopicState]:
    for _ in range(VISIBLE_SECONDS_MAX * 10):
        found = await _states(admin, wanted)
        if len(found) == len(wanted) and all(state.partitions for state in found.values()):
            return found
        await asyncio.sleep(0.1)
    lost = ", ".join(name for name in wanted if name not in found)
    raise BrokerError(f"topics were made and are not seen after {VISIBLE_SECONDS_MAX} s: {lost}")


def _words(error: BaseException) -> str:
    return str(error).split("\n")[0] or type(error).__name__
