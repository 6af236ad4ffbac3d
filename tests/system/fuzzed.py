"""A seed comes in; records that are good, broken, or nearly either leave, over all topics and with every codec Kafka has."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator
from typing import Any, Final

from tests.system.hostile import GOOD, KEY
from tests.system.story import Sent
from topics.registry import LEAD_ERASURES, LEAD_PROFILES, Topic

CODECS: Final = (None, "gzip", "snappy", "lz4", "zstd")
TOPICS: Final[dict[Topic, dict[str, Any]]] = {**GOOD, LEAD_PROFILES: {"city": "Warsaw", "budget": 3}, LEAD_ERASURES: {"requested_at": 1}}
KEYS: Final = (b"\x00", b" ", b"lead\n1", "żółw".encode(), b"\xed\xa0\x80", b"k" * 256, b"k" * 257, b"k" * 700_000, b"\xff" * 100_000)
# JSON texts that stand where a value of another kind is expected.
TEXTS: Final = (
    "null",
    "true",
    "0",
    "-0.0",
    "1e308",
    "1e400",
    "-1e400",
    "9007199254740993",
    "-" + "9" * 400,
    "0.1e-400",
    '""',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\u0000"',
    '"\x7f\u2028"',
    '"9999-12-31T23:59:60Z"',
    '"2026-11-22T10:00:00+99:99"',
    '"' + "x" * 5_000 + '"',
    "[]",
    "[[[[1]]]]",
    "{}",
    '{"": {"a": [null]}}',
    "{" + ",".join(f'"f{number}": {number}' for number in range(300)) + "}",
)
NAMES: Final = (
    "event_id",
    "lead_id",
    "occurred_at",
    "source",
    "channel",
    "human",
    "category",
    "requested_at",
    "",
    "properties",
    "__class__",
)
HEADERS: Final = (
    ("", b""),
    ("a", b"\xff" * 2_000),
    ("traceparent", b"00-" + b"0" * 32),
    ("żółw", b"1"),
    ("content-type", b"application/json"),
)

Fuzzed = tuple[Sent, list[tuple[str, bytes]]]
"""A record and its headers."""


def fuzzed(seed: int, count: int, now_ms: int) -> Iterator[Fuzzed]:
    """So many records; those of `KEY` and of made-up leads, and none of a lead that anybody waits for."""
    rng = random.Random(seed)
    for _ in range(count):
        topic, fields = rng.choice(list(TOPICS.items()))
        value = _value(rng, fields, now_ms)
        key = _key(rng)
        if topic is LEAD_PROFILES and key is None:
            key = KEY  # Kafka itself refuses a record without a key in a compacted topic
        if key is None and value is None:
            value = b""  # aiokafka wants one of them
        headers = rng.sample(HEADERS, rng.choice([0, 0, 1, 3]))
        yield Sent(topic, key, value, now_ms - rng.choice([0, 0, 1, 3_600_000, 86_400_000])), headers


def _key(rng: random.Random) -> bytes | None:
    dice = rng.random()
    if dice < 0.9:
        return b"fuzzed-%d" % rng.randrange(50)
    if dice < 0.95:
        return rng.choice([None, b"", KEY, rng.randbytes(rng.randint(1, 300))])
    return rng.choice(KEYS) if rng.random() < 0.2 else rng.choice(KEYS[:7])


def _value(rng: random.Random, fields: dict[str, Any], now_ms: int) -> bytes | None:
    dice = rng.random()
    if dice < 0.03:
        return rng.choice([None, b""])
    if dice < 0.05:
        return rng.randbytes(rng.choice([1, 10, 300, 70_000]))
    texts = {name: json.dumps(content) for name, content in fields.items()}
    for _ in range(rng.choice([0, 0, 1, 1, 2, 5])):
        name = rng.choice([*texts, *NAMES, "".join(rng.choices(string.printable, k=5))])
        texts[name] = rng.choice([*TEXTS, str(now_ms), f'"e{rng.randrange(30)}"', "false"])
    pairs = [f"{json.dumps(name)}: {text}" for name, text in texts.items()]
    if rng.random() < 0.05:
        pairs *= 2  # doubled names
    value = ("{" + ", ".join(pairs) + "}").encode()
    return _mangled(rng, value) if rng.random() < 0.3 else value


def _mangled(rng: random.Random, value: bytes) -> bytes:
    """The bytes, with a few of them changed, gone, or more."""
    mangled = bytearray(value)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(mangled) + 1)
        match rng.randrange(4):
            case 0:
                mangled[place : place + 1] = bytes([rng.randrange(256)])
            case 1:
                del mangled[place : place + rng.choice([1, 1, 5])]
            case 2:
                mangled[place:place] = rng.choice([b"{", b"}", b"[", b'"', b"\\u", b",", b":", b"\xff", b"\x00", b"NaN"])
            case _:
                del mangled[place:]
        if not mangled:
            break
    return bytes(mangled)
