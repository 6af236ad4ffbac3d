"""Which partition a key belongs to: Kafka's default partitioner, murmur2 of the key modulo the partitions."""

from __future__ import annotations


def murmur2(data: bytes) -> int:
    """The 32-bit murmur2 hash that Kafka's Java clients use (seed 0x9747b28c), as an unsigned number."""
    length = len(data)
    hashed = (0x9747B28C ^ length) & 0xFFFFFFFF
    whole = length & ~3
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * 0x5BD1E995 & 0xFFFFFFFF
        word = (word ^ word >> 24) * 0x5BD1E995 & 0xFFFFFFFF
        hashed = (hashed * 0x5BD1E995 & 0xFFFFFFFF) ^ word
    if length > whole:
        hashed = (hashed ^ int.from_bytes(data[whole:], "little")) * 0x5BD1E995 & 0xFFFFFFFF
    hashed = (hashed ^ hashed >> 13) * 0x5BD1E995 & 0xFFFFFFFF
    return hashed ^ hashed >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key among `partitions` of them."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
