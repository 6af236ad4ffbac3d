"""`streamer topics --placement`: whose records lie in the wrong partition, and why."""

from __future__ import annotations

import asyncio
import zlib

import pytest
from aiokafka import AIOKafkaProducer

from streamer.operate.commands import run
from streamer.operate.placement import Placement
from streamer.stream.part import PlacedRecord
from topics.partitions import partition_of

PARTITIONS = 4
KEYS = [f"lead-{number}".encode() for number in range(50)]


def right(key: bytes) -> int:
    """Kafka's default partition."""
    return partition_of(key, PARTITIONS)


def librdkafka(key: bytes) -> int:
    """The default of librdkafka, consistent_random: CRC-32 of the key."""
    return zlib.crc32(key) % PARTITIONS


def test_only_what_lies_wrong_is_named() -> None:
    """Records of one producer lie right, those of another are counted, with an example and the likely cause."""
    placement = Placement(PARTITIONS)
    placement.look(PlacedRecord("calls", right(key), 0, key, b'{"source": "pbx"}') for key in KEYS)
    placement.look(PlacedRecord("calls", librdkafka(key), 0, key, b'{"source": "crm"}') for key in KEYS)
    placement.look([PlacedRecord("calls", 0, 0, None, b"{}")])
    wrong = [key for key in KEYS if librdkafka(key) != right(key)]
    (line,) = placement.lines(["calls"])
    assert line.startswith(f"wrong    calls: {len(wrong)} records of 100, from source crm, in partitions 0,1,2,3: key ")
    assert line.endswith('; librdkafka\'s default partitioner: set "partitioner": "murmur2_random" in that producer')
    last = wrong[-1].decode()
    assert f"key {last} lies in partition {librdkafka(wrong[-1])}, expected {right(wrong[-1])}" in line


def test_another_partitioner_is_not_called_librdkafka() -> None:
    """All in one partition is what no default partitioner does."""
    placement = Placement(PARTITIONS)
    placement.look(PlacedRecord("calls", 0, 0, key, b"not JSON") for key in KEYS)
    (line,) = placement.lines(["calls"])
    assert "from a source without a name, in partitions 0: " in line
    assert "not Kafka's default partitioner" in line


@pytest.mark.embedded
def test_topics_says_which_producer_is_wrong(embedded_broker: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 while all keys lie right, 1 with a line for the producer whose keys do not."""
    options = ["--broker", embedded_broker, "--topic-prefix", "placed.", "--partitions", str(PARTITIONS), "--placement"]

    async def publish(topic: str, source: str, wrong: bool) -> None:
        async with AIOKafkaProducer(bootstrap_servers=embedded_broker) as producer:
            for key in KEYS:
                value = b'{"source": "%s"}' % source.encode()
                await producer.send_and_wait(topic, value, key, partition=librdkafka(key) if wrong else right(key))

    assert run(["topics", *options]) == 0
    asyncio.run(publish("placed.page-views", "pixel", wrong=False))
    capsys.readouterr()
    assert run(["topics", *options]) == 0
    assert "right    placed.page-views: 50 newest records looked at\n" in capsys.readouterr().out
    asyncio.run(publish("placed.calls", "pbx", wrong=True))
    assert run(["topics", *options]) == 1
    said = capsys.readouterr()
    assert "of 50, from source pbx, in partitions" in said.out
    assert "right    placed.page-views" in said.out
    assert said.err == "streamer: 1 producer with another partitioner than Kafka's default one\n"
