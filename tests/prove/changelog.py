"""The changelog of the proof: made before the workers, so that the broker compacts it while they run."""

from __future__ import annotations

import asyncio
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streamer.settings import Settings
from streamer.stream.admin import ensure_topics, topic_configs
from topics.registry import changelog_of

# Segments of a few seconds, each to be compacted as soon as it may be; how soon that is the workers say.
COMPACTED_OFTEN: Final = {"segment.ms": "4000", "min.cleanable.dirty.ratio": "0.01"}


def make_changelog(settings: Settings) -> None:
    """Makes the topic as a worker does, and has it compacted often."""
    asyncio.run(_make(settings))


async def _make(settings: Settings) -> None:
    topic = changelog_of(settings.app)
    await ensure_topics(settings, [topic])
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    await admin.start()
    try:
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, settings.topic(topic.name), configs=topic_configs(topic) | COMPACTED_OFTEN)]
        )
    finally:
        await admin.close()
