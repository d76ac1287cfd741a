"""`footsense keys`: the key that signs the completion records made here."""

from datetime import UTC, datetime

import click

from footsense.cli.records import own_keys, own_ledger
from footsense.errors import UsageError
from footsense.text import counted, display


@click.command(name="keys")
@click.option("--rotate", is_flag=True, help="Make a new key; the old one vouches for it and is forgotten.")
@click.option("--purge", metavar="NAME", help="Remove all completion records of this wearer.")
@click.option("--yes", is_flag=True, help="With --purge: do it; otherwise it only says what there is.")
def command(*, rotate: bool, purge: str | None, yes: bool) -> None:
    """Show the key that signs the completion records made here, so that whoever gets one can compare it.

    With --purge remove what is kept of one wearer: a chain of their own, on which no other record depends.
    Recordings and pages lie where they were put, and stay there.
    """
    from footsense.completion import fingerprint  # noqa: PLC0415

    if purge is not None or yes:
        if purge is None or rotate:
            raise UsageError("--yes belongs to --purge NAME, which goes without --rotate")
        click.echo(_purged(purge, sure=yes))
        return
    keys = own_keys()
    if rotate:
        old = keys.rotate(datetime.now(UTC).strftime("%Y-%m-%d")).old
        click.echo(f"was      {fingerprint(old)}")
    click.echo(f"key      {fingerprint(keys.public)}\nin full  {keys.public}\nkept in  {display(keys.folder)}")


def _purged(wearer: str, *, sure: bool) -> str:
    """What became of a wearer's records. Raises UsageError where there are none."""
    ledger = own_ledger()
    subject = ledger.keys.pseudonym(wearer)
    count = ledger.count(subject)
    if not count:
        raise UsageError(f"no completion record of that wearer is kept in {display(ledger.folder)}")
    if not sure:
        return f"{counted(count, 'record')} of that wearer; --yes removes them, and nothing brings them back"
    return f"{counted(ledger.purge(subject), 'record')} removed"
