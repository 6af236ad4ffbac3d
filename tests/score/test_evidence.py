"""References packed and read back, and kept within their bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.score.evidence import PRUNED_BYTES, pack_reference, prune, serials_in, unpack_references

UUID = "123e4567-e89b-12d3-a456-426614174000"
serials = st.binary(min_size=2, max_size=2)
event_ids = st.one_of(
    st.none(),
    st.text(min_size=1, max_size=128),
    st.text("0123456789abcdef", min_size=32, max_size=32),
    st.text("0123456789abcdefABCDEF- ", min_size=32, max_size=36),
    st.uuids().map(str),
    st.uuids().map(lambda uuid: str(uuid).upper()),
    st.just("\U0001f600" * 128),
)
references = st.tuples(serials, st.integers(0, 8), st.integers(0, 253_402_300_799_999), st.integers(0, 2**48 - 1), event_ids)


@given(several=st.lists(references, max_size=8, unique_by=lambda reference: reference[0]))
def test_references_survive_packing(several: list[tuple[bytes, int, int, int, str | None]]) -> None:
    """Whatever the event id is, the same reference comes out again."""
    packed = b"".join(pack_reference(*reference) for reference in several)
    assert unpack_references(packed) == several


@pytest.mark.parametrize(
    ("event_id", "size"),
    [
        (None, 16),
        ("0123456789abcdef" * 2, 32),
        (UUID, 32),
        (UUID.upper(), 16 + 36),
        ("0123456789ABCDEF" * 2, 16 + 32),
        ("order-1", 16 + 7),
        ("ż" * 128, 16 + 256),
        ("\U0001f600" * 128, 16 + 512),
    ],
)
def test_common_ids_are_packed(event_id: str | None, size: int) -> None:
    """The default id takes nothing, 32 hex digits and UUIDs take 16 bytes, others their UTF-8."""
    assert len(pack_reference(b"\0\1", 0, 0, 0, event_id)) == size


def test_the_serials_of_a_rule_are_pairs_of_bytes() -> None:
    """Oldest first."""
    assert serials_in(b"\0\1\0\2\xff\xff") == [b"\0\1", b"\0\2", b"\xff\xff"]
    assert serials_in(b"") == []


def test_pruning_drops_what_no_rule_holds() -> None:
    """A reference that no rule names goes first; the others stay as they are."""
    packed = [pack_reference(bytes((0, number)), 0, number, number, "x") for number in range(4)]
    assert prune(b"".join(packed), [b"\0\1", b"\0\3"]) == (packed[1] + packed[3], False)


def test_pruning_drops_the_oldest_beyond_the_bound() -> None:
    """What is left fits, and is the newest."""
    packed = [pack_reference(bytes((0, number)), 0, number, number, "x" * 84) for number in range(12)]
    left, dropped = prune(b"".join(packed), [bytes((0, number)) for number in range(12)])
    most = PRUNED_BYTES // 100
    assert dropped
    assert left == b"".join(packed[12 - most :])
