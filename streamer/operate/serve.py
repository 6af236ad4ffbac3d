"""`streamer serve`: the settings and the model in; the view of leads and alerts, and the API and dashboard over it, until told to stop."""

from __future__ import annotations

import os
import socket
import sys

import click

from streamer.operate.child import Child
from streamer.operate.options import BROKER_SETTINGS, Failure, read_model_file, with_settings
from streamer.settings import BY_NAME, PREFIX, SETTINGS, Settings


@click.command()
@with_settings("serve_host", "serve_port", "serve_token", "redis", "model", "app", "log", *BROKER_SETTINGS)
@click.option("--part", type=click.Choice(["all", "view", "api"]), default="all", show_default=True, help="What to run: see above.")
def serve(settings: Settings, part: str) -> None:
    """Serve leads and alerts over HTTP, with the dashboard.

    Reads lead-scores and lead-alerts, keeps a view of them in Redis, and answers from that view: leads by score, stage,
    category, city, manager or text, a lead's reasons and history, alerts as they come, the numbers of the funnel.
    Scoring needs none of it: Redis may be away, restarted or wiped at any time, and the view is built again from the topics.

    It listens on 127.0.0.1:8080. Beyond loopback it wants a token (STREAMER_SERVE_TOKEN), which browsers give once on a
    login page and programs as `Authorization: Bearer TOKEN`. Put TLS before it with a reverse proxy.

    \b
    streamer serve
    STREAMER_SERVE_TOKEN=... streamer serve --host 0.0.0.0 --redis redis://redis:6379/0
    curl 'http://127.0.0.1:8080/v1/leads?stage=decision&limit=10'
    curl http://127.0.0.1:8080/openapi.json      # the whole API

    For many readers run one `--part view` and several `--part api` with the same settings.
    """
    from streamer.serve.redis import connect
    from streamer.serve.server import run_api, run_keeper
    from streamer.stream.log import set_up

    try:
        connect(settings)
    except ValueError as error:
        raise Failure(f"{BY_NAME['redis'].variable}: {error}") from None
    if part == "view":
        set_up(settings.log)
        run_keeper(settings)
        return
    model = read_model_file(settings.model).model
    with _listening(settings) as listening:
        set_up(settings.log)
        host, port = listening.getsockname()[:2]
        click.echo(f"streamer serve: http://{f'[{host}]' if ':' in host else host}:{port}")
        if part == "api":
            run_api(settings, model, listening, lambda: True)
            return
        command = [sys.executable, "-m", "streamer", "serve", "--part", "view"]
        with Child(command, environ=_environ(settings), output=sys.stderr.fileno()) as view:
            if not run_api(settings, model, listening, lambda: view.exit_code is None):
                raise Failure(f"the process that keeps the view ended with exit code {view.exit_code}")


def _listening(settings: Settings) -> socket.socket:
    """The socket, so that an address in use is said in one line, and before anything else is begun."""
    host, port = settings.serve_host, settings.serve_port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        # A name that is not found has words of its own, and no number of the system's.
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise Failure(f"cannot listen on {host}:{port}: {why or error}") from None


def _environ(settings: Settings) -> dict[str, str]:
    """The same settings for the process that keeps the view: flags have become variables."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | {setting.variable: str(value) for setting in SETTINGS if (value := getattr(settings, setting.name)) is not None}
