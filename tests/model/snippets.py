"""Parts of a model -> the whole model, or what is said of it. The scores are `a` (default), `b` (0 to 100) and `c` by category."""

from __future__ import annotations

from streamer.model import LoadedModel, ModelError, read_model
from streamer.model.spec import Rule, Threshold

HEAD = "version: v1\nscores:\n  a: {}\n  b: {min: 0, max: 100}\n  c: {by: category, max: 50}\n"


def rule(snippet: str) -> Rule:
    """The rule of a flow mapping without its braces and id."""
    return read_model(with_rule(snippet)).model.rules[0]


def threshold(snippet: str) -> Threshold:
    """The threshold of a flow mapping without its braces and id."""
    return read_model(with_threshold(snippet)).model.thresholds[0]


def with_rule(snippet: str) -> str:
    """A model of one rule, on line 7."""
    return f"{HEAD}rules:\n- {{id: r, {snippet}}}\n"


def with_threshold(snippet: str) -> str:
    """A model of one threshold, on line 7."""
    return f"{HEAD}thresholds:\n- {{id: t, {snippet}}}\n"


def faults(text: str) -> list[str]:
    """What a refused model is told, without the file's name; empty for one that is accepted."""
    try:
        read_model(text, "")
    except ModelError as error:
        return [str(fault).lstrip(":") for fault in error.faults]
    return []


def warnings(text: str) -> list[str]:
    """The key and message of each warning, without those of scores that nothing feeds."""
    loaded: LoadedModel = read_model(text)
    return [f"{fault.key}: {fault.message}" for fault in loaded.warnings if not fault.key.startswith("scores")]
