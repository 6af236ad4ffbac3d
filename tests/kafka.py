"""Real Kafka for the tests: Maven's and Java's word that they are here comes in, the address of a broker or a cluster leaves.

Kafka 4.1.0 comes from Maven Central into a cache folder, once. The brokers run in KRaft mode on free loopback
ports, with their data in temporary folders that go with them.
"""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

KAFKA_VERSION: Final = "4.1.0"
DEPENDENCY_PLUGIN: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
CLUSTER_ID: Final = "c3RyZWFtZXItdGVzdHMtMQ"
START_SECONDS_MAX: Final = 120
# A broker of a test ends before all that Java's second compiler and its collector's threads do has paid off: a quarter less processor time.
# Those of a cluster live for a whole proof.
SHORT_LIVED: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
POM: Final = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>streamer</groupId><artifactId>test-broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
BROKER_SETTINGS: Final = """process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
min.insync.replicas={in_sync_min}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync_min}
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync_min}
group.initial.rebalance.delay.ms=0
log.initial.task.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=1000
leader.imbalance.check.interval.seconds=10
initial.broker.registration.timeout.ms=120000
log.message.timestamp.after.max.ms=9223372036854775807
"""


class NoKafkaError(Exception):
    """A real broker cannot be had here; the text says what is missing."""


def libraries() -> Path:
    """The folder of Kafka's jars; filled on first use. NoKafkaError where Java or Maven is missing."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise NoKafkaError(f"{program} was not found")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streamer-tests"
    folder = cache / f"kafka-{KAFKA_VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            folder.mkdir(exist_ok=True)
            (folder / "pom.xml").write_text(POM)
            _run("mvn", "-B", "-q", "-f", folder / "pom.xml", f"{DEPENDENCY_PLUGIN}:copy-dependencies", f"-DoutputDirectory={folder}/libs")
            (folder / "ready").touch()
    return folder / "libs"


class KafkaBroker:
    """A broker for the length of a `with` block; `address` is its host:port. It can be stopped and started in between.

    `settings` are added to the usual ones and win over them; in them `{folder}`, `{port}`, `{controller_port}` and
    `{ports[0]}` and so on, as many as `ports_more`, are filled in. `users` are SCRAM users, as Kafka's storage tool takes them.
    `cluster` are the (broker, controller) ports of all brokers of its cluster, `number` counts from 1 among them.
    """

    address: str
    ports: list[int]

    def __init__(
        self,
        settings: str = "",
        ports_more: int = 0,
        users: Sequence[str] = (),
        *,
        number: int = 1,
        cluster: Sequence[tuple[int, int]] = (),
    ) -> None:
        self._template = BROKER_SETTINGS + settings
        self._ports_more = ports_more
        self._users = [word for user in users for word in ("--add-scram", user)]
        self._number = number
        self._cluster = cluster

    def __enter__(self) -> Self:
        self.prepare()
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop(kill=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def prepare(self) -> None:
        """Makes its folder; NoKafkaError where Java or Maven is missing."""
        options = () if self._cluster else SHORT_LIVED
        self._java = ["java", "-Xmx512m", *options, "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", f"{libraries()}/*"]
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="streamer-kafka-"))
        cluster = self._cluster or cluster_ports(1)
        self._port, controller_port = cluster[self._number - 1]
        self.ports = _free_ports(self._ports_more)
        self.address = f"127.0.0.1:{self._port}"
        self._settings = self._folder / "server.properties"
        self._settings.write_text(
            self._template.format(
                number=self._number,
                port=self._port,
                controller_port=controller_port,
                voters=",".join(f"{number}@127.0.0.1:{controller}" for number, (_, controller) in enumerate(cluster, 1)),
                folder=self._folder,
                ports=self.ports,
                replicas=min(len(cluster), 3),
                in_sync_min=min(len(cluster), 2),
            )
        )
        _run(*self._java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", self._settings, *self._users)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The broker's process; it must have been started."""
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Starts the broker on its port, with the data it has."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Starts the process."""
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._java, "kafka.Kafka", str(self._settings)],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Waits until the broker listens."""
        _wait(lambda: self.process.poll() is not None or _listens(self._port))
        if self.process.poll() is not None:
            raise RuntimeError("the Kafka broker ended at its start:\n" + (self._folder / "broker.log").read_text()[-2000:])

    def fill_disk(self, file_bytes_max: int) -> None:
        """From here on the broker's files cannot grow beyond so many bytes, as if the disk were full (Linux)."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (file_bytes_max, file_bytes_max))

    def stop(self, *, kill: bool = False) -> None:
        """Ends the broker's process; its data stays for the next start."""
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL if kill else signal.SIGTERM)
            self._process.wait(timeout=START_SECONDS_MAX)


class KafkaCluster:
    """Several brokers for the length of a `with` block; `address` names all of them."""

    address: str

    def __init__(self, brokers: int) -> None:
        ports = cluster_ports(brokers)
        self.brokers = [KafkaBroker(number=number, cluster=ports) for number in range(1, brokers + 1)]

    def __enter__(self) -> Self:
        self._cleanup = ExitStack()
        try:
            for broker in self.brokers:
                broker.prepare()
                self._cleanup.push(broker)
                broker.launch()
            for broker in self.brokers:  # none listens before most of them are there
                broker.wait()
        except BaseException:
            self._cleanup.close()
            raise
        self.address = ",".join(broker.address for broker in self.brokers)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._cleanup.close()


def cluster_ports(brokers: int) -> list[tuple[int, int]]:
    """Free ports for so many brokers, each with its controller."""
    ports = _free_ports(2 * brokers)
    return list(zip(ports[::2], ports[1::2], strict=True))


def _run(*command: object) -> None:
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"the Kafka broker did not listen within {START_SECONDS_MAX} s")
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
