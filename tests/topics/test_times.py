"""RFC 3339 in, milliseconds out, and back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics.times import TIME_MS_MAX, format_rfc3339, parse_rfc3339

NOON_MS = 1_795_348_800_000  # 2026-11-22T12:00:00Z


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.001Z", 1),
        ("2026-11-22T12:00:00Z", NOON_MS),
        ("2026-11-22t12:00:00z", NOON_MS),
        ("2026-11-22 12:00:00Z", NOON_MS),
        ("2026-11-22T13:00:00+01:00", NOON_MS),
        ("2026-11-22T06:30:00-05:30", NOON_MS),
        ("2026-11-22T12:00:00-00:00", NOON_MS),
        ("2026-11-22T12:00:00.5Z", NOON_MS + 500),
        ("2026-11-22T12:00:00.12Z", NOON_MS + 120),
        ("2026-11-22T12:00:00.1239999999Z", NOON_MS + 123),
        ("2026-11-22T12:00:00.123456789+00:00", NOON_MS + 123),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("1969-12-31T23:59:59.999Z", -1),
        ("9999-12-31T23:59:59.999Z", TIME_MS_MAX),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000),
    ],
)
def test_a_time_is_read(text: str, time_ms: int) -> None:
    """Any offset, any number of decimals; what is finer than a millisecond is cut; a leap second is the next second."""
    assert parse_rfc3339(text) == time_ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-22",
        "12:00:00Z",
        "2026-11-22T12:00:00",  # no offset
        "2026-11-22T12:00Z",  # no seconds
        "2026-11-22T12:00:00.Z",
        "2026-11-22T12:00:00,5Z",
        "2026-11-22T12:00:00+0100",
        "2026-11-22T12:00:00+01",
        "2026-11-22T12:00:00+24:00",
        "2026-11-22T12:00:00+01:60",
        "2026-11-22T12:00:00 +01:00",
        "2026-11-22T24:00:00Z",
        "2026-11-22T12:60:00Z",
        "2026-11-22T12:00:61Z",
        "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-00-01T12:00:00Z",
        "2026-1-1T12:00:00Z",
        "20261122T120000Z",
        "2026-W47-7T12:00:00Z",
        "2026-11-22T12:00:00ZZ",
        " 2026-11-22T12:00:00Z",
        "2026-11-22T12:00:00Z\n",
        "٢٠٢٦-11-22T12:00:00Z",
        "10000-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "1795348800000",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    """No part may be missing, out of range or written in another way."""
    assert parse_rfc3339(text) is None


@given(time_ms=st.integers(0, TIME_MS_MAX))
def test_a_time_survives_the_wire(time_ms: int) -> None:
    """Formatting and reading give the same millisecond."""
    text = format_rfc3339(time_ms)
    assert parse_rfc3339(text) == time_ms
    assert len(text) == len("2026-11-22T10:00:00.123Z")


@given(moment=st.datetimes(timezones=st.just(UTC)))
def test_times_agree_with_the_standard_library(moment: datetime) -> None:
    """What Python writes as ISO 8601 is read to the millisecond below."""
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_rfc3339(moment.isoformat()) == elapsed // (datetime.resolution * 1000)


@given(text=st.text())
def test_no_text_is_an_error(text: str) -> None:
    """Whatever the text, the answer is a time or None."""
    assert isinstance(parse_rfc3339(text), int | None)
