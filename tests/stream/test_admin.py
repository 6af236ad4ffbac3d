"""The topics on a broker: made once, verified after that, and refused where they do not fit."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from streamer.settings import Settings
from streamer.stream.admin import TopicState, ensure_topics, require_topics, topic_configs
from streamer.stream.connection import BrokerError, client_options
from topics.limits import NOTIFIED_MS
from topics.registry import CALLS, LEAD_SCORES, TOPICS, Cleanup, changelog_of, notifications_of

pytestmark = pytest.mark.embedded


def test_missing_topics_are_made_and_then_verified(embedded_broker: str) -> None:
    """The first call makes every topic of the contract, with its prefix; the second finds them as they must be."""
    settings = Settings(broker=embedded_broker, partitions=3, topic_prefix="admin-one.")
    wanted = [*TOPICS, changelog_of("streamer")]
    made = asyncio.run(ensure_topics(settings, wanted))
    assert [state.name for state in made] == [f"admin-one.{topic.name}" for topic in wanted]
    assert all(state.created and state.partitions == 3 for state in made)
    assert [state.cleanup for state in made] == [topic.cleanup for topic in wanted]
    assert [replace(state, created=True) for state in asyncio.run(ensure_topics(settings, wanted))] == made


def test_other_number_of_partitions_is_refused_and_nothing_is_made(embedded_broker: str) -> None:
    """A topic with another number of partitions is named, with both numbers; no other topic is made then."""
    settings = Settings(broker=embedded_broker, partitions=2, topic_prefix="admin-two.")
    asyncio.run(ensure_topics(settings, [CALLS]))
    with pytest.raises(BrokerError, match=r"^topic admin-two\.calls has 2 partitions, expected 5 \(STREAMER_PARTITIONS\)$"):
        asyncio.run(ensure_topics(replace(settings, partitions=5), [CALLS, LEAD_SCORES]))
    with pytest.raises(BrokerError, match=r"^topic admin-two\.lead-scores is missing on .*: run `streamer topics` first$"):
        asyncio.run(require_topics(settings, [CALLS, LEAD_SCORES]))


def test_other_cleanup_policy_is_refused(embedded_broker: str) -> None:
    """A topic that would forget what must stay, or keep only the newest of what are events, is refused."""
    settings = Settings(broker=embedded_broker, partitions=1, topic_prefix="admin-three.")
    asyncio.run(ensure_topics(settings, [replace(CALLS, cleanup=Cleanup.COMPACT)]))
    with pytest.raises(BrokerError, match=r"^topic admin-three\.calls has cleanup\.policy=compact, expected delete$"):
        asyncio.run(ensure_topics(settings, [CALLS]))


def test_replication_factor_of_one_broker(embedded_broker: str) -> None:
    """Without a replication factor a topic gets as many copies as there are brokers, at most three."""
    settings = Settings(broker=embedded_broker, partitions=1, topic_prefix="admin-four.")
    assert asyncio.run(ensure_topics(settings, [CALLS])) == [TopicState("admin-four.calls", 1, "delete", created=True)]


def test_changelog_keeps_young_rows() -> None:
    """The changelog is compacted, and not at once; notifications are forgotten in the end; other topics have only their policy."""
    assert set(topic_configs(changelog_of("x"))) == {"cleanup.policy", "min.compaction.lag.ms"}
    assert topic_configs(LEAD_SCORES) == {"cleanup.policy": "compact"}
    assert topic_configs(notifications_of("x")) == {"cleanup.policy": "compact,delete", "retention.ms": str(NOTIFIED_MS)}


def test_no_broker_is_one_line() -> None:
    """A broker that gives no answer is named with the reason, once."""
    with pytest.raises(BrokerError, match=r"^no Kafka broker answers at 127\.0\.0\.1:1: .*Connect call failed"):
        asyncio.run(ensure_topics(Settings(broker="127.0.0.1:1"), [CALLS]))


def test_options_of_a_secured_broker() -> None:
    """SASL and TLS settings become the options of the client; nothing of them is there without them."""
    plain = client_options(Settings())
    assert set(plain) == {"bootstrap_servers", "client_id", "security_protocol", "metadata_max_age_ms"}
    settings = Settings(
        broker="a:1,b:2",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="scorer",
        sasl_password="secret",
        ssl_check_hostname=False,
    )
    options = client_options(settings)
    assert options["bootstrap_servers"] == ["a:1", "b:2"]
    assert (options["sasl_mechanism"], options["sasl_plain_username"], options["sasl_plain_password"]) == (
        "SCRAM-SHA-512",
        "scorer",
        "secret",
    )
    assert options["ssl_context"].check_hostname is False
