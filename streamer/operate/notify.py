"""`streamer notify`: a routes file, or one address, comes in; alerts go where people and programs look, until told to stop."""

from __future__ import annotations

from pathlib import Path

import click

from streamer.operate.options import BROKER_SETTINGS, counted, with_settings
from streamer.settings import Settings


@click.command()
@click.argument("routes", required=False, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only validate ROUTES, as `streamer check` does a model; needs no broker.")
@click.option("--try", "tried", metavar="CHANNEL", help="Send one made-up alert to this channel, and end; needs no broker.")
@click.option("--dead", is_flag=True, help="List the messages that were given up, and why, and end.")
@click.option("--retry-dead", is_flag=True, help="Start with sending once more what was given up.")
@with_settings("webhook", "webhook_secret", "app", "partitions", "log", *BROKER_SETTINGS)
@click.pass_context
def notify(
    context: click.Context, settings: Settings, routes: Path | None, check: bool, tried: str | None, dead: bool, retry_dead: bool
) -> None:
    """Send alerts to webhooks, chats, e-mail and CRMs.

    ROUTES is a YAML file that says which alerts go where: to webhooks, Slack, Telegram, e-mail, and as call tasks to
    amoCRM, Bitrix24 and HubSpot, with quiet hours and limits for each manager. See docs/notify.md. Without a file,
    --webhook is all it takes: every alert is posted there.

    Each alert goes to each of its channels once, also after a crash: what was sent is remembered in Kafka. What fails is
    tried again for a day, then given up as a dead letter. Several notifiers of one --app stand by for one another.

    \b
    streamer notify --webhook http://127.0.0.1:8000/alerts
    streamer notify notify.yaml --check
    streamer notify notify.yaml
    """
    # The clients of HTTP and SMTP take a while to import; the other commands do not wait for them.
    from streamer.operate import notifying

    if dead:
        notifying.list_dead(settings)
        return
    plan = notifying.read_plan(settings, routes)
    if check:
        click.echo(f"ok: {routes or 'no file'}: {counted(len(plan.channels), 'channel')}, {counted(len(plan.routes), 'route')}")
    elif tried is not None:
        notifying.try_channel(plan, tried)
    else:
        context.exit(notifying.run_notifier(settings, plan, retry_dead=retry_dead))
