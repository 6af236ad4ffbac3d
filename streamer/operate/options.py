"""What the commands share: flags made from the settings table, and how a failure reaches the user in one line."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import click

from streamer.model import LoadedModel, ModelError, load_model
from streamer.settings import BY_NAME, SETTINGS, Settings, SettingsError, WrongFlagError, from_environment
from topics.limits import LEAD_ID_CHARS_MAX

BROKER_SETTINGS: Final = tuple(
    setting.name
    for setting in SETTINGS
    if setting.name in ("broker", "topic_prefix") or setting.name.startswith(("security", "sasl", "ssl"))
)
_DEFAULTS: Final = Settings()


class Failure(click.ClickException):
    """The command cannot do what was asked: one line on stderr, exit code 1."""


class LeadId(click.ParamType):
    """The type of a lead's id: what was typed is UTF-8, whatever the machine's language is."""

    name = "lead"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The id, or a usage error that says what was expected."""
        try:
            text = str(value).encode(errors="surrogateescape").decode()
        except UnicodeDecodeError:
            self.fail("expected a lead id in UTF-8", param, ctx)
        if not 1 <= len(text) <= LEAD_ID_CHARS_MAX:
            self.fail(f"expected a lead id of 1 to {LEAD_ID_CHARS_MAX} characters, got {len(text)}", param, ctx)
        return text


class FiniteRange(click.FloatRange):
    """A number in a range; infinity and what is no number are in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def with_settings(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command the flags of these settings; it gets the checked `Settings` as its first argument."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**arguments: Any) -> None:
            overrides = {name: arguments.pop(name) for name in names}
            command(read_settings(overrides), **arguments)

        for name in reversed(names):
            _option(name)(run)
        return run

    return decorate


def read_settings(overrides: dict[str, str | None] | None = None) -> Settings:
    """The settings from the environment and these flags, or the failure that says which is wrong."""
    try:
        return from_environment(os.environ, overrides)
    except WrongFlagError as error:
        raise click.UsageError(str(error), click.get_current_context(silent=True)) from None
    except SettingsError as error:
        raise Failure(str(error)) from None


def read_model_file(path: Path) -> LoadedModel:
    """The checked model, its warnings said on stderr; or the failure that says what is wrong with it."""
    try:
        loaded = load_model(path)
    except ModelError as error:
        raise refusal(path, error.faults) from None
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)
    return loaded


def refusal(path: Path, faults: Sequence[object]) -> Failure:
    """The failure to read a file: its only fault, or the number of its faults, each of which is said on stderr before."""
    if len(faults) == 1:
        return Failure(str(faults[0]))
    for fault in faults:
        click.echo(str(fault), err=True)
    return Failure(f"{path} is refused: {counted(len(faults), 'fault')}")


def counted(number: int, thing: str) -> str:
    """`1 fault`, `2 faults`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _option(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    setting = BY_NAME[name]
    default = getattr(_DEFAULTS, name)
    shown = "" if default is None or default == "" else f", default {str(default).lower() if isinstance(default, bool) else default}"
    return click.option(setting.flag, name, metavar=setting.metavar, help=f"{setting.help}  [{setting.variable}{shown}]")
