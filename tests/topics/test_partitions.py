"""Keys go to the partitions that Kafka's default partitioner gives them."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as murmur2_of_aiokafka
from hypothesis import given
from hypothesis import strategies as st

from topics.partitions import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_that_of_the_java_client(key: bytes, hashed: int) -> None:
    """The vectors of Kafka's own tests."""
    assert murmur2(key) == hashed & 0xFFFFFFFF


@given(key=st.binary(max_size=300), partitions=st.integers(1, 500))
def test_aiokafka_agrees(key: bytes, partitions: int) -> None:
    """A producer on aiokafka and this project put a key into the same partition."""
    assert murmur2(key) == murmur2_of_aiokafka(key) & 0xFFFFFFFF
    every = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, every, every)
