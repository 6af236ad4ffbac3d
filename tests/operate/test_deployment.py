"""The container files: valid by the compose specification, right about each other, and not root."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from streamer.settings import BY_VARIABLE, from_environment

ROOT = Path(__file__).parents[2]


def _compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return document


def _environment(service: dict[str, Any]) -> dict[str, str]:
    """The environment of a service, its `${NAME:-default}` replaced by the defaults."""
    return {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value)) for name, value in service["environment"].items()}


def test_services_are_started_in_the_order_they_need() -> None:
    """The topics wait for a healthy broker, the worker and the read side for the topics."""
    services = _compose()["services"]
    assert services["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"
    assert services["worker"]["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    assert services["serve"]["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    for service in services.values():
        for needed in service.get("depends_on", {}):
            assert needed in services
    assert "healthcheck" in services["kafka"]
    for name in ("worker", "redis", "serve"):
        assert "healthcheck" in services[name]


def test_settings_of_the_services_are_accepted() -> None:
    """What compose sets is known to the settings table, and every service of ours uses the same broker."""
    services = _compose()["services"]
    for name in ("topics", "worker", "serve", "notify"):
        settings = from_environment(_environment(services[name]))
        assert settings.broker == "kafka:19092"
        assert "kafka:19092" in services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
        assert set(_environment(services[name])) <= set(BY_VARIABLE)


def test_read_side_reaches_redis_and_is_guarded() -> None:
    """The read side uses the Redis of the file, which never drops a part of the view, and has a token, since it listens for others."""
    services = _compose()["services"]
    settings = from_environment(_environment(services["serve"]))
    assert urlsplit(settings.redis).hostname in services
    assert "noeviction" in services["redis"]["command"]
    assert settings.serve_host == "0.0.0.0" and settings.serve_token
    assert services["serve"]["ports"] == [f"127.0.0.1:{settings.serve_port}:{settings.serve_port}"]


def test_data_outlives_the_containers() -> None:
    """Kafka's data is on a named volume, at the place where the broker keeps its log."""
    compose = _compose()
    kafka = compose["services"]["kafka"]
    volume, place = kafka["volumes"][0].split(":")
    assert volume in compose["volumes"]
    assert kafka["environment"]["KAFKA_LOG_DIRS"] == place


def test_broker_is_not_open_to_the_network() -> None:
    """Published ports are on the loopback interface: the broker of the example has no passwords."""
    for service in _compose()["services"].values():
        for port in service.get("ports", []):
            assert str(port).startswith("127.0.0.1:")


def test_image_is_not_root_and_copies_what_exists() -> None:
    """The image ends as a user that is not root; every file that it copies is in the repository and not ignored."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    users = re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")}
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
            assert source in kept, source
