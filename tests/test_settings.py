"""The settings table: what is accepted, what is refused and with which words, and that secrets stay secret."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from streamer.settings import BY_VARIABLE, SETTINGS, Settings, SettingsError, WrongFlagError, from_environment


def test_defaults_are_the_contract() -> None:
    """With nothing set, every setting has the default that the contract names."""
    settings = from_environment({"PATH": "/bin"})
    assert settings == Settings()
    assert (settings.broker, settings.app, settings.partitions, settings.topic_prefix) == ("127.0.0.1:9092", "streamer", 12, "")
    assert (settings.model, settings.guarantee, settings.log) == (Path("model.yaml"), "at_least_once", "text")
    assert (settings.redis, settings.metrics_port) == ("redis://127.0.0.1:6379/0", None)


def test_table_and_class_name_the_same_settings() -> None:
    """Each field of Settings has exactly one row in the table, in the same order."""
    assert [setting.name for setting in SETTINGS] == [entry.name for entry in fields(Settings)]


def test_flag_wins_over_environment_over_default() -> None:
    """A flag wins over the environment, and the environment over the default."""
    environ = {"STREAMER_APP": "from-environment", "STREAMER_PARTITIONS": "3"}
    settings = from_environment(environ, {"app": "from-flag", "broker": None})
    assert (settings.app, settings.partitions, settings.broker) == ("from-flag", 3, "127.0.0.1:9092")


def test_empty_variable_is_not_set() -> None:
    """An empty variable, as compose files pass it, counts as not set."""
    assert from_environment({"STREAMER_METRICS_PORT": "", "STREAMER_BROKER": ""}) == Settings()


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("STREAMER_BROKER", "kafka-1:9092, kafka-2:9092", "kafka-1:9092,kafka-2:9092"),
        ("STREAMER_BROKER", "[::1]:9092", "[::1]:9092"),
        ("STREAMER_MODEL", "models/shop.yaml", Path("models/shop.yaml")),
        ("STREAMER_GUARANTEE", "EXACTLY_ONCE", "exactly_once"),
        ("STREAMER_LOG", "json", "json"),
        ("STREAMER_TOPIC_PREFIX", "crm.eu-", "crm.eu-"),
        ("STREAMER_METRICS_PORT", "9100", 9100),
        ("STREAMER_WEBHOOK", "https://example.com/hook?x=1", "https://example.com/hook?x=1"),
        ("STREAMER_REDIS", "rediss://user:word@redis", "rediss://user:word@redis"),
        ("STREAMER_REDIS", "rediss://:word@[::1]:6379/15", "rediss://:word@[::1]:6379/15"),
        ("STREAMER_REDIS", "redis://redis", "redis://redis"),
        ("STREAMER_REDIS", "unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"),
        ("STREAMER_SECURITY_PROTOCOL", "ssl", "SSL"),
        ("STREAMER_SSL_CHECK_HOSTNAME", "false", False),
    ],
)
def test_accepted(variable: str, text: str, value: object) -> None:
    """Each of these texts is read as this value."""
    settings = from_environment({variable: text})
    assert getattr(settings, variable.removeprefix("STREAMER_").lower()) == value


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("STREAMER_BROKER", "kafka"),
        ("STREAMER_BROKER", "kafka:"),
        ("STREAMER_BROKER", "kafka:99999"),
        ("STREAMER_BROKER", "kafka:9092,"),
        ("STREAMER_BROKER", "kafka://host:9092"),
        ("STREAMER_BROKER", "::1:9092"),
        ("STREAMER_BROKER", "a..b:9092"),
        ("STREAMER_BROKER", f"{'a' * 64}:9092"),
        ("STREAMER_APP", "two words"),
        ("STREAMER_APP", ".."),
        ("STREAMER_APP", "a" * 101),
        ("STREAMER_PARTITIONS", "0"),
        ("STREAMER_PARTITIONS", "-1"),
        ("STREAMER_PARTITIONS", "12.0"),
        ("STREAMER_PARTITIONS", "٣"),
        ("STREAMER_TOPIC_PREFIX", "a/b"),
        ("STREAMER_TOPIC_PREFIX", "a\n"),
        ("STREAMER_GUARANTEE", "at-least-once"),
        ("STREAMER_LOG", "xml"),
        ("STREAMER_METRICS_PORT", "70000"),
        ("STREAMER_WEBHOOK", "example.com/hook"),
        ("STREAMER_WEBHOOK", "ftp://example.com"),
        ("STREAMER_WEBHOOK", "https://example.com:99999/"),
        ("STREAMER_WEBHOOK", "https://[/"),
        ("STREAMER_SERVE_HOST", "a..b"),
        ("STREAMER_REDIS", "127.0.0.1:6379"),
        ("STREAMER_REDIS", "redis://127.0.0.1:99999/0"),
        ("STREAMER_REDIS", "redis://127.0.0.1:port/0"),
        ("STREAMER_REDIS", "redis://127.0.0.1:6379/one"),
        ("STREAMER_REDIS", "redis://[/"),
        ("STREAMER_REDIS", "redis://[::1"),
        ("STREAMER_REDIS", "redis://redis/-1"),
        ("STREAMER_REDIS", "unix://"),
        ("STREAMER_SASL_MECHANISM", "GSSAPI"),
        ("STREAMER_SSL_CHECK_HOSTNAME", "no"),
    ],
)
def test_refused_with_the_name_of_the_setting(variable: str, text: str) -> None:
    """A wrong value is refused in one line that begins with the variable and says what was expected."""
    with pytest.raises(SettingsError) as refused:
        from_environment({variable: text})
    assert str(refused.value).startswith(f"{variable}: expected ")
    assert "Invalid" not in str(refused.value)
    shown = "the value given" if BY_VARIABLE[variable].secret else f'"{text}"'
    assert str(refused.value).endswith(f"got {shown}")


def test_refused_flag_is_named_as_the_user_typed_it() -> None:
    """A wrong flag is named as a flag, not as the variable that was never set."""
    with pytest.raises(WrongFlagError, match="^--partitions: expected a whole number"):
        from_environment({}, {"partitions": "many"})


def test_unknown_variable_is_refused_with_the_likely_one() -> None:
    """An unknown STREAMER_* is an error that names the variable it was probably meant to be."""
    with pytest.raises(SettingsError, match=r"^STREAMER_BROKERS: unknown setting, did you mean STREAMER_BROKER\?$"):
        from_environment({"STREAMER_BROKERS": "x:1"})
    with pytest.raises(SettingsError, match="^STREAMER_ZZZ: unknown setting; known are STREAMER_BROKER, "):
        from_environment({"STREAMER_ZZZ": "1"})


def test_sasl_needs_a_user_and_a_password() -> None:
    """A SASL protocol without user name or password is refused before anything connects."""
    with pytest.raises(SettingsError, match="^STREAMER_SASL_PASSWORD: needed"):
        from_environment({"STREAMER_SECURITY_PROTOCOL": "SASL_SSL", "STREAMER_SASL_USERNAME": "scorer"})


def test_key_needs_its_certificate() -> None:
    """A client key without its certificate is refused."""
    with pytest.raises(SettingsError, match="^STREAMER_SSL_CERTFILE: needed"):
        from_environment({"STREAMER_SSL_KEYFILE": "client.key"})


def test_secrets_are_never_shown() -> None:
    """No password is in the text form of the settings or in an error about a secret."""
    environ = {"STREAMER_SASL_PASSWORD": "hunter2", "STREAMER_SSL_PASSWORD": "hunter2", "STREAMER_REDIS": "redis://:hunter2@redis:6379/0"}
    assert "hunter2" not in repr(from_environment(environ))
    with pytest.raises(SettingsError) as refused:
        from_environment({"STREAMER_REDIS": "http://:hunter2@redis"})
    assert "hunter2" not in str(refused.value)
