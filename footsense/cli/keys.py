"""`footsense keys`: the key that signs the completion records made here."""

from datetime import UTC, datetime

import click

from footsense.cli.records import own_keys
from footsense.text import display


@click.command(name="keys")
@click.option("--rotate", is_flag=True, help="Make a new key; the old one vouches for it and is forgotten.")
def command(*, rotate: bool) -> None:
    """Show the key that signs the completion records made here, so that whoever gets one can compare it."""
    from footsense.completion import fingerprint  # noqa: PLC0415

    keys = own_keys()
    if rotate:
        old = keys.rotate(datetime.now(UTC).strftime("%Y-%m-%d")).old
        click.echo(f"was      {fingerprint(old)}")
    click.echo(f"key      {fingerprint(keys.public)}\nin full  {keys.public}\nkept in  {display(keys.folder)}")
