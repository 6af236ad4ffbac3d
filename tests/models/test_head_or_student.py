"""`models/head-or-student.yaml`: top managers talk to the head of an IT company, HR to the student."""

from __future__ import annotations

from tests.models.life import Life

MODEL = "models/head-or-student.yaml"


def test_head() -> None:
    """The head of an IT company is worth 100 and goes to the top managers, past HR; upper and lower case do not matter."""
    life = Life.under(MODEL)
    assert life.profile("2026-11-02 09:00", job_title="HEAD of purchasing", industry="it", city="Warsaw") == [
        "to-top-managers up: fit 0 → 105, do route-senior"
    ]
    assert life.points == {"head-of-it": 100, "from-the-capital": 5}


def test_head_of_something_else() -> None:
    """Every field must be as the rule wants it."""
    life = Life.under(MODEL)
    assert life.profile("2026-11-02 09:00", job_title="Head of purchasing", industry="mining") == []
    assert life.total == 0


def test_student_who_becomes_head() -> None:
    """A student is worth 10 and goes to HR, loses 20 once for asking for a discount, and is a head years later."""
    life = Life.under(MODEL)
    assert life.profile("2026-11-02 09:00", job_title="student", university="Stanford") == ["to-hr up: fit 0 → 10, do route-hr"]
    assert life("2026-11-02 10:00", "messages", topic="discount") == []
    assert life("2026-11-02 11:00", "messages", topic="discount") == []
    assert life.total == -10
    assert life.profile("2030-11-02 09:00", job_title="Owner", industry="IT", university="Stanford") == [
        "to-hr up: fit -10 → 80, do route-hr"
    ]
    assert life.profile("2030-11-03 09:00", job_title="Owner", industry="IT", city="Warsaw") == []
    assert life.total == 85
