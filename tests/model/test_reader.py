"""The file as a whole: what it must have, its version and time zone, and files that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamer.model import ModelError, load_model, read_model
from tests.model.snippets import HEAD, faults
from topics import limits


def test_the_smallest_model() -> None:
    """A version and one score make a model: no rules, thresholds or stages, in UTC, its total the default sum."""
    model = read_model("version: x\nscores: {a: {}}").model
    assert (model.version, model.timezone, model.total, model.rules, model.thresholds, model.stages) == ("x", "UTC", None, (), (), ())
    assert [(score.name, score.by, score.min, score.max) for score in model.scores] == [("a", None, None, None)]


def test_empty_lists_are_none() -> None:
    """Rules, thresholds and stages may be empty, or a key with nothing behind it."""
    for nothing in ("", "rules: []\nthresholds: []\nstages: {}", "rules:\nthresholds:\nstages:\n"):
        assert faults(HEAD + nothing) == []


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ("autumn-sale-3", "autumn-sale-3"),
        ("3", "3"),
        ("1.10", "1.10"),
        ("2026-01-01", "2026-01-01"),
        ("true", "true"),
        ("'a b'", "a b"),
        ("NO", "NO"),
    ],
)
def test_version_is_any_string(written: str, version: str) -> None:
    """A version is kept as it is written, also where it looks like a number or a date."""
    assert read_model(f"version: {written}\nscores: {{a: {{}}}}").model.version == version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", ["1:1: expected a mapping, got 5"]),
        ("[]", ["1:1: expected a mapping, got a list"]),
        ("{}", ['1:1: "scores" is missing', '1:1: "version" is missing']),
        (HEAD + "rule: []", ['6:1: unknown key "rule", did you mean "rules"?']),
        (HEAD + "<<: {}", ['6:1: unknown key "<<", expected one of version, timezone, scores, total, rules, thresholds, stages']),
        (HEAD + "timezone: UTC\ntimezone: UTC", ['7:1: the key "timezone" is there twice']),
        ("version:\nscores: {a: {}}", ["1:9: version: expected a string, got nothing"]),
        ("version: [1]\nscores: {a: {}}", ["1:10: version: expected a string, got a list"]),
        (f"version: {'v' * 201}\nscores: {{a: {{}}}}", ["1:10: version: at most 200 characters, got 201"]),
        (HEAD + "timezone: Europe/Warszawa", ['6:11: timezone: unknown time zone "Europe/Warszawa", did you mean "Europe/Warsaw"?']),
        (HEAD + "timezone: Europe", None),
        (HEAD + "timezone: /etc/passwd", None),
        (HEAD + "timezone: ../UTC", None),
        (HEAD + "timezone: 3", ["6:11: timezone: expected the name of a time zone (in quotes), got 3"]),
        (HEAD + "rules: {}", ["6:8: rules: expected a list, got a mapping"]),
        (HEAD + "rules: [5, ~]", ["6:9: rules[0]: expected a mapping, got 5", "6:12: rules[1]: expected a mapping, got nothing"]),
    ],
)
def test_refused(text: str, expected: list[str] | None) -> None:
    """Each fault names line, column, key and what was expected, with the word that was probably meant."""
    found = faults(text)
    assert found
    if expected is not None:
        assert found == expected


def test_all_faults_at_once() -> None:
    """Faults of all parts come together, in the order of the file."""
    text = (
        "version: 1\nscores:\n  a: {min: 5, max: 1}\nthresholds:\n  - {id: t, at: ten}\n"
        "rules:\n  - {id: r, wen: page_view, points: x}\n  - {id: r, when: page_vew}\nstages: {s: ~}\n"
    )
    assert [fault.split(":")[0] for fault in faults(text)] == ["3", "5", "7", "7", "7", "8", "8", "9"]


def test_a_fault_prints_as_one_line() -> None:
    """File, line, column, key and message, as an editor can follow it."""
    with pytest.raises(ModelError) as refused:
        read_model(HEAD + "rules:\n  - {id: r, when: page_view, points: ten}", "model.yaml")
    assert str(refused.value) == 'model.yaml:7:38: rules[0].points: expected a number, got "ten"'


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is missing, a folder, too large or no UTF-8 is refused with one fault."""
    large, latin, right = tmp_path / "large.yaml", tmp_path / "latin.yaml", tmp_path / "right.yaml"
    large.write_bytes(b"#" * (limits.MODEL_BYTES_MAX + 1))
    latin.write_bytes(b"version: 1\nscores: {\xff: {}}")
    right.write_bytes("\ufeffversion: 1\r\nscores: {a: {}}\r\n".encode())
    for path, gist in (
        (tmp_path / "none.yaml", "none.yaml: the model cannot be read: No such file or directory"),
        (tmp_path, "the model cannot be read: Is a directory"),
        (Path("a\0b"), "the model cannot be read"),
        (large, "large.yaml: the model is larger than 256 KiB"),
        (latin, "latin.yaml:2:10: not UTF-8: the byte 0xff"),
    ):
        with pytest.raises(ModelError) as refused:
            load_model(path)
        assert len(refused.value.faults) == 1
        assert gist in str(refused.value)
    assert load_model(right).model.version == "1"


def test_a_text_that_is_too_large() -> None:
    """The bound holds for texts as for files."""
    with pytest.raises(ModelError, match="larger than 256 KiB"):
        read_model("#" * (limits.MODEL_BYTES_MAX + 1))
