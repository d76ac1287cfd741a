"""The command line: the only place that prints. Each command is imported when it runs."""

import difflib
import importlib
import io
import os
import sys
import traceback
from typing import cast

import click

from footsense import __version__
from footsense.errors import FootsenseError, UsageError
from footsense.text import display

# name: (module, what `--help` says); a module holds a click command named `command`
COMMANDS = {
    "accuracy": ("footsense.cli.accuracy", "Say how right the counts are, on labelled recordings."),
    "analyze": ("footsense.cli.analyze", "Say what was done in these recordings."),
    "correct": ("footsense.cli.correct", "Add to a completion record what was counted wrong."),
    "demo": ("footsense.cli.demo", "Try everything without hardware: a virtual sensor does a short routine."),
    "doctor": ("footsense.cli.doctor", "Say what is wrong with Bluetooth here."),
    "keys": ("footsense.cli.keys", "Show the key that signs completion records, or change it."),
    "profiles": ("footsense.cli.profiles", "List, show, check, try and learn device profiles."),
    "record": ("footsense.cli.record", "Record a sensor to a file."),
    "repair": ("footsense.cli.repair", "Copy what is whole of a damaged recording to a new file."),
    "replay": ("footsense.cli.replay", "Play a recording as if it were live."),
    "report": ("footsense.cli.report", "Make a page with pictures of a recording."),
    "scan": ("footsense.cli.scan", "List the Bluetooth sensors nearby."),
    "simulate": ("footsense.cli.simulate", "Make recordings of a simulated wearer, with known truth."),
    "verify": ("footsense.cli.verify", "Say whether a routine was completed, with evidence."),
}

# of the contract, and what there is until they are
PLANNED = {
    "batch": "`footsense analyze FILE… --json` takes any number of recordings, and prints a line for each",
    "export": "`footsense analyze FILE --json` prints what was done; in Python: `footsense.recording`",
    "history": "`footsense verify FILE… --routine R --record` keeps the answer of each session",
    "live": "`footsense record -o FILE.mcap` records, then `footsense verify FILE.mcap --routine R` counts",
}


class LazyGroup(click.Group):
    """Loads a command's module only when it is called, so that `--help` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return cast(click.Command, importlib.import_module(COMMANDS[cmd_name][0]).command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in COMMANDS or name.startswith("-") or ctx.resilient_parsing:  # the last: completion in a shell
            return super().resolve_command(ctx, args)
        if name in PLANNED:
            raise UsageError(f"`footsense {name}` is not there yet: {PLANNED[name]}")
        near = difflib.get_close_matches(name, COMMANDS, 1)
        hint = f"is `{near[0]}` meant? " if near else ""
        raise UsageError(f"there is no command '{display(name)}': {hint}known are {', '.join(COMMANDS)}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="footsense")
def cli() -> None:
    """Count foot exercises from a motion sensor and check whether a routine was done.

    A completion check, not a medical device: it says whether the movement seen is consistent with the
    exercise. Without hardware, start with `footsense demo`.
    """


def main() -> None:
    """Run the command line; every failure becomes one line on stderr and an exit code."""
    _escape_what_cannot_be_encoded()
    try:
        code = cli.main(standalone_mode=False)  # which exits with 1 when the reader of its output goes away
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        # a word of the call that no file's name can hold: half of a surrogate pair
        expected = isinstance(error, click.ClickException | FootsenseError | UnicodeEncodeError)
        if os.environ.get("FOOTSENSE_DEBUG") and not expected:
            for line in traceback.format_exc().splitlines():  # an error may hold a name
                click.echo(display(line, limit=2000), err=True)
        click.echo(f"footsense: {display(' '.join(_in_words(error).split()), limit=500)}", err=True)
        sys.exit(2)


def _in_words(error: Exception) -> str:
    """What went wrong, for a person: one line."""
    match error:
        case click.exceptions.NoArgsIsHelpError(ctx=click.Context() as ctx):
            return f"say what to do: {', '.join(_names(ctx))}; more with `{ctx.command_path} --help`"
        case click.ClickException():
            return error.format_message()
        case UnicodeEncodeError():
            return f"'{display(error.object)}' cannot be the name of a file; give another"
        case FootsenseError():
            return str(error)
        case OSError():
            return f"{error.filename or 'the output'}: {error.strerror or error}; choose another place"
    return f"unexpected {type(error).__name__}: {error}; set FOOTSENSE_DEBUG=1 to see where"


def _names(ctx: click.Context) -> list[str]:
    return ctx.command.list_commands(ctx) if isinstance(ctx.command, click.Group) else []


def _escape_what_cannot_be_encoded() -> None:
    # the name of a file need not be UTF-8; in JSON the escape of its bytes is a valid one
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
