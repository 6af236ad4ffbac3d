"""Thresholds and stages: the three ways to fire, what goes with each, and stages in rising order."""

from __future__ import annotations

import pytest

from streamer.model import read_model
from streamer.model.spec import ScoreRef, Stage, Threshold
from tests.model.snippets import HEAD, faults, threshold, with_threshold

TOTAL = ScoreRef("total")


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("score: total, at: 30", Threshold("t", TOTAL, at=30)),
        ("at: 30", Threshold("t", TOTAL, at=30)),
        (
            "score: total, at: 30, rearm_below: 20, cooldown: 1d, action: call-task",
            Threshold("t", TOTAL, at=30, rearm_below=20, cooldown_ms=86_400_000, action="call-task"),
        ),
        ("score: a, at: 30, rearm_below: 30", Threshold("t", ScoreRef("a"), at=30, rearm_below=30)),
        ("score: a, at: 10, below: 100", Threshold("t", ScoreRef("a"), at=10, below=100)),
        ('score: "c[two words]", at: 1.5', Threshold("t", ScoreRef("c", "two words"), at=1.5)),
        ("score: a, falls_below: 10, cooldown: 1h", Threshold("t", ScoreRef("a"), falls_below=10, cooldown_ms=3_600_000)),
        ("leads: c, by: 20, cooldown: 1h, action: x", Threshold("t", TOTAL, leads="c", by=20, cooldown_ms=3_600_000, action="x")),
    ],
)
def test_every_way(snippet: str, expected: Threshold) -> None:
    """`at`, `falls_below` and `leads`, each with what may stand beside it; the score is total unless it is named."""
    assert threshold(snippet) == expected


def test_category_in_block_style() -> None:
    """Outside of braces a category needs no quotes."""
    text = f"{HEAD}thresholds:\n- id: t\n  score: c[mens]\n  at: 5\n"
    assert read_model(text).model.thresholds[0].score == ScoreRef("c", "mens")


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("score: a", "thresholds[0]: expected exactly one of at, falls_below, leads, got none of them"),
        ("score: a, at: 1, falls_below: 1", "thresholds[0]: expected exactly one of at, falls_below, leads, got at and falls_below"),
        ("leads: c, by: 1, at: 1", "thresholds[0]: expected exactly one of at, falls_below, leads, got at and leads"),
        ("leads: c", "thresholds[0].leads: `leads` needs `by` beside it"),
        ("leads: c, by: 0", "thresholds[0].by: expected a number above 0, got 0"),
        ("leads: c, by: 1, score: c", "thresholds[0].score: `leads` names the score itself"),
        ("leads: a, by: 1", "thresholds[0].leads: the score a has no `by`, so no category can lead"),
        ("leads: cc, by: 1", 'thresholds[0].leads: unknown score "cc", did you mean "c"?'),
        ("at: 1, by: 1", "thresholds[0].by: `by` stands only beside `leads`"),
        ("falls_below: 5, rearm_below: 1", "thresholds[0].rearm_below: `rearm_below` stands only beside `at`"),
        ("falls_below: 5, below: 9", "thresholds[0].below: `below` stands only beside `at`"),
        ("at: 10, below: 10", "thresholds[0].below: expected more than `at` (10), got 10"),
        ("at: ten", 'thresholds[0].at: expected a number, got "ten"'),
        ("at: 1, score: d", 'thresholds[0].score: unknown score "d", expected one of a, b, c, total'),
        ("at: 1, score: c", "thresholds[0].score: the score c has one number for each category"),
        ('at: 1, score: "a[x]"', "thresholds[0].score: the score a has no `by`"),
        ('at: 1, score: "total[x]"', "thresholds[0].score: `total` has no categories"),
        ("at: 1, score: a + b", "thresholds[0].score: not a score: expected the end, got '+' at character 3"),
        ("at: 1, score: 5", "thresholds[0].score: expected a score (in quotes), got 5"),
        ("at: 1, cooldown: 5", "thresholds[0].cooldown: expected a duration"),
        ("at: 1, action: 5", "thresholds[0].action: expected text (in quotes), got 5"),
        ("at: 1, colldown: 5s", 'thresholds[0]: unknown key "colldown", did you mean "cooldown"?'),
    ],
)
def test_refused(snippet: str, expected: str) -> None:
    """What cannot fire as it is written is refused at its key, and only there."""
    found = faults(with_threshold(snippet))
    assert len(found) == 1, found
    assert found[0].split(": ", 1)[1].startswith(expected)


def test_ids() -> None:
    """No two thresholds have the same id, and each has one."""
    assert faults(f"{HEAD}thresholds: [{{id: t, at: 1}}, {{id: t, at: 2}}, {{at: 3}}]") == [
        '6:35: thresholds[1].id: the id "t" is already taken by thresholds[0]',
        '6:46: thresholds[2]: "id" is missing',
    ]


def test_too_many() -> None:
    """The numbers of thresholds and stages are bounded."""
    assert faults(f"{HEAD}thresholds: [{', '.join(f'{{id: t{number}, at: 1}}' for number in range(101))}]") == [
        "6:13: thresholds: at most 100 thresholds, got 101"
    ]
    assert faults(f"{HEAD}stages: {{{', '.join(f's{number}: {number}' for number in range(33))}}}") == [
        "6:9: stages: at most 32 stages, got 33"
    ]


def test_stages_rise() -> None:
    """Stages are kept in the order of their totals, whatever their order in the file."""
    model = read_model(f"{HEAD}stages: {{decision: 90, awareness: -5, on: 30.5}}").model
    assert model.stages == (Stage("awareness", -5), Stage("on", 30.5), Stage("decision", 90))


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ("{a: 1, b: 1.0}", '6:19: stages.b: the stage "a" begins at 1 too'),
        ("{a: x}", '6:13: stages.a: expected a number, got "x"'),
        ("{a: 1, a: 2}", '6:16: stages: the key "a" is there twice'),
        ('{"": 1}', "6:10: stages: expected a name of 1 to 100 characters, got 0"),
        ("[a]", "6:9: stages: expected a mapping, got a list"),
    ],
)
def test_refused_stages(stages: str, expected: str) -> None:
    """Two stages cannot begin at the same total, and every stage has a name and a number."""
    assert faults(f"{HEAD}stages: {stages}") == [expected]
