"""A lead's row as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.model import read_model
from streamer.score.engine import Engine
from streamer.score.partition import Partition, Record
from streamer.score.row import HEADER_BYTES, NEVER, Row, decode_row, encode_row, read_header
from topics.alerts import decode_scores
from topics.registry import ACTIVITIES, LEAD_PROFILES, PAGE_VIEWS

states = st.lists(st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False), st.binary(max_size=20), st.booleans()), max_size=5)
rows = st.builds(
    Row,
    first_seen_at=st.integers(0, NEVER),
    born=st.booleans(),
    applied=st.integers(0, 2**32 - 1),
    wake_ms=st.integers(0, NEVER),
    offsets=st.dictionaries(st.integers(0, 8), st.integers(0, 2**62)),
    ids=st.binary(max_size=64),
    rules=st.dictionaries(st.integers(0, 2**32 - 1), states, max_size=3),
    profile=st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=5), st.integers(0, 9), st.booleans()), max_size=3),
)


@given(row=rows, published=st.booleans(), model=st.integers(0, 2**32 - 1))
def test_a_row_survives_its_bytes(row: Row, published: bool, model: int) -> None:
    """What was encoded is decoded, and the header tells the same without decoding."""
    data = encode_row(row, published=published, model=model)
    assert decode_row(data) == row
    header = read_header(data)
    assert (header.published, header.applied, header.wake_ms, header.model) == (published, row.applied, row.wake_ms, model)


def test_an_empty_row_is_small() -> None:
    """A lead of which nothing is known costs a few dozen bytes."""
    assert len(encode_row(Row(), published=True, model=0)) < HEADER_BYTES + 60


def test_a_row_of_another_version_is_told() -> None:
    """What another version wrote is refused, not misread."""
    row = encode_row(Row(), published=True, model=0)
    for foreign in (b"", row[:9], row[:5] + b"\1" + row[6:]):
        with pytest.raises(ValueError, match="not of version"):
            read_header(foreign)


MODEL = """
version: {}
scores: {{interest: {{}}}}
rules: [{{id: a, when: page_view, points: {}}}]
thresholds: [{{id: hot, at: 10, score: total}}]
"""


def adapted_after(version: str, points: int) -> tuple[int, int]:
    """How many rows another model takes over, and how many thresholds stand above their bound only for that."""
    old = Partition(Engine(read_model(MODEL.format("one", 1)).model), 0)
    old.take(PAGE_VIEWS, [Record(b"lead", b'{"url": "/"}', 0, 1_767_225_600_000)], None)
    new = Partition(Engine(read_model(MODEL.format(version, points)).model), 0)
    for key, data in old.flush():
        new.restore(key, data)
    new.restored()
    return new.adapted


def test_only_what_judges_is_a_changed_model() -> None:
    """Another version of the same rules takes no row over; other points do, and say what would have fired."""
    assert adapted_after("two", 1) == (0, 0)
    assert adapted_after("one", 5) == (1, 0)
    assert adapted_after("two", 50) == (1, 1)


@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775809", "1" + "0" * 300, "1e300", "-1e19"])
def test_numbers_beyond_64_bits_fit_a_row(number: str) -> None:
    """Whatever number JSON can say, a lead that has it is kept, counted apart by it, and read again."""
    text = """
version: v
scores: {interest: {}, product: {by: category}}
rules:
  - {id: once, when: activity, once_per: properties.n, points: 1}
  - {id: same, when: activity, count: {at_least: 2, same: properties.n}, points: 10}
  - {id: rich, profile: {budget: {at_least: 5}}, points: 100}
"""
    partition = Partition(Engine(read_model(text).model), 0)
    profile = b'{"budget": %s}' % number.encode()
    event = b'{"name": "a", "properties": {"n": %s}}' % number.encode()
    partition.take(LEAD_PROFILES, [Record(b"lead", profile, 0, 1_767_225_600_000)], None)
    partition.take(ACTIVITIES, [Record(b"lead", event, offset, 1_767_225_600_000) for offset in range(2)], None)
    [(_, scores)] = partition.publish()
    rows = partition.flush()
    assert partition.counts.scored == 3
    assert decode_scores(scores or b"").total in (11, 111)
    assert decode_row(rows[0][1] or b"").events == 2


@pytest.mark.parametrize("newest_last", [True, False])
def test_of_two_rows_of_a_lead_the_one_further_on_stays(newest_last: bool) -> None:
    """A row that an owner of before wrote late does not set its lead back."""
    model = read_model(MODEL.format("one", 1)).model
    partition = Partition(Engine(model), 0)
    written = []
    for offset in range(2):
        partition.take(PAGE_VIEWS, [Record(b"lead", b'{"url": "/"}', offset, 1_767_225_600_000)], None)
        written.append(partition.flush()[0])
    recovered = Partition(Engine(model), 0)
    for key, row in written if newest_last else reversed(written):
        recovered.restore(key, row)
    assert recovered.rows[b"lead"] == written[1][1]
