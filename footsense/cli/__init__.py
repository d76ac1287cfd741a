"""The command line: the only place that prints. Each command is imported when it runs."""

import importlib
import os
import sys
from typing import cast

import click

from footsense import __version__
from footsense.errors import FootsenseError
from footsense.text import display

# name: (module, what `--help` says); a module holds a click command named `command`
COMMANDS = {
    "analyze": ("footsense.cli.analyze", "Say what was done in these recordings."),
    "demo": ("footsense.cli.demo", "Try everything without hardware: a virtual sensor does a short routine."),
    "profiles": ("footsense.cli.profiles", "List, show, check and try device profiles."),
    "record": ("footsense.cli.record", "Record a sensor to a file."),
    "replay": ("footsense.cli.replay", "Play a recording as if it were live."),
    "report": ("footsense.cli.report", "Make a page with pictures of a recording."),
    "scan": ("footsense.cli.scan", "List the Bluetooth sensors nearby."),
    "simulate": ("footsense.cli.simulate", "Make recordings of a simulated wearer, with known truth."),
    "verify": ("footsense.cli.verify", "Say whether a routine was completed, with evidence."),
}


class LazyGroup(click.Group):
    """Loads a command's module only when it is called, so that `--help` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return cast(click.Command, importlib.import_module(COMMANDS[cmd_name][0]).command)

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
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        _fail(error.format_message())
    except FootsenseError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("FOOTSENSE_DEBUG"):
            raise
        _fail(f"unexpected {type(error).__name__}: {error}; set FOOTSENSE_DEBUG=1 to see where")


def _fail(message: str) -> None:
    click.echo(f"footsense: {display(' '.join(message.split()), limit=500)}", err=True)
    sys.exit(2)
