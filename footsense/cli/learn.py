"""`footsense profiles learn`: the profile of a device that nobody has described."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from footsense.cli.options import Output
from footsense.cli.progress import Progress
from footsense.errors import UsageError
from footsense.private import new_private
from footsense.text import display, json_text

if TYPE_CHECKING:
    from footsense.devices.learning import Capture, Declined, Learned, Written


@click.command(name="learn")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--device", metavar="NAME", help="Learn from this device, by Bluetooth; you are told what to do.")
@click.option("--write", "writes", metavar="CHAR=HEX", multiple=True, help="What makes the device send.")
@click.option("--save", metavar="FILE.csv", type=Output(path_type=Path), help="Keep what it sent, as text.")
@click.option(
    "-o", "--output", type=Output(), metavar="FILE.toml",
    help="The profile; by default named after the device.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="JSON, for other programs.")
@click.pass_context
def command(
    ctx: click.Context, /, *, file: Path | None, device: str | None, writes: tuple[str, ...], save: Path | None,
    output: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Find out what a device's notifications mean, and write its profile: of a FILE, or of a --device.

    Hold the sensor still for 4 s in each of six positions or more, as if to put it on each side of a die; turn
    it from one to the next by hand, in about a second; then shake it hard for 4 s. Layouts that are fixed can
    be learned: those of compressed, encrypted or text packets are declined, with the reason.

    FILE is a recording (.mcap), or text of one notification a line: time of arrival in s, characteristic, bytes
    in hexadecimal, with commas between:

    \b
        t_s,characteristic,hex
        0.0153,0000ff08-0000-1000-8000-00805f9b34fb,5500a10c0102
        0.0251,ff08,5501a00c0302

    Lines that begin with # are remarks; those that --save writes (device, characteristic, written) are read.

    Exit code 1 if no profile could be made.
    """
    from footsense.devices.learning import Declined, learn  # noqa: PLC0415

    if (file is None) == (device is None):
        raise UsageError("name either a FILE of captured notifications or a --device to learn from")
    name = _name(output)
    for path, option in ((save, "--save"), (output, "-o")):  # not after the lesson
        if path is not None and os.path.lexists(path):
            raise _taken(Path(path), option)
    capture = _capture(file) if file else _live(device or "", writes, quiet=as_json)
    _save(capture, save)
    with Progress("looking for gravity in the bytes"):
        made = learn(capture, name)
    _tell(made, output, as_json=as_json)
    if isinstance(made, Declined):
        ctx.exit(1)


def _live(device: str, writes: tuple[str, ...], *, quiet: bool) -> "Capture":
    """The notifications of a device, while a person is led through what it takes."""
    import asyncio  # noqa: PLC0415

    from footsense.cli.screen import Screen  # noqa: PLC0415
    from footsense.cli.teach import taught  # noqa: PLC0415
    from footsense.sources.central import Central  # noqa: PLC0415
    from footsense.sources.inbox import steady_clock  # noqa: PLC0415

    screen = Screen(sys.stderr if quiet else None)
    return asyncio.run(taught(Central([]), device, written(writes), screen, steady_clock()))


def written(pairs: tuple[str, ...]) -> "list[Written]":
    """The `--write` options. Raises UsageError for one that is none."""
    from footsense.devices.learning import Written, read_capture  # noqa: PLC0415

    found: list[Written] = []
    for pair in pairs:
        char, equals, payload = pair.partition("=")
        if not equals:
            raise UsageError(f"--write {display(pair)}: expected CHAR=HEX, such as 2a19=01")
        packet = read_capture(f"0,{char},{payload}", f"--write {display(pair)}").packets[0]
        found.append(Written(packet.char, "", packet.payload))
    return found


def _save(capture: "Capture", path: Path | None) -> None:
    from footsense.devices.learning import written_capture  # noqa: PLC0415

    if path is not None:
        _put(path, written_capture(capture), "--save")


def _put(path: Path, text: str, option: str) -> None:
    """A new file with this text, its owner's alone. Raises UsageError, with the option that names it."""
    try:
        with os.fdopen(new_private(path), "wb") as file:
            file.write(text.encode("utf-8"))
    except FileExistsError:
        raise _taken(path, option) from None
    except OSError as error:
        raise UsageError(
            f"{display(path)}: cannot be written: {error.strerror or error}; choose another place with {option}"
        ) from None


def _taken(path: Path, option: str) -> UsageError:
    return UsageError(f"{display(path)}: there is a file of that name; choose another with {option}")


def _name(output: str | None) -> str:
    from footsense.devices.learning.writing import slug  # noqa: PLC0415

    if output is None:
        return ""
    if not output.endswith(".toml"):
        raise UsageError(f"{display(Path(output))}: a profile is a .toml file; choose such a name with -o")
    return slug(Path(output).stem)


def _capture(file: Path) -> "Capture":
    """The notifications of a file."""
    from footsense.devices.learning import read_capture  # noqa: PLC0415
    from footsense.devices.learning.capture import MAX_BYTES  # noqa: PLC0415

    if file.suffix.lower() == ".mcap":
        return _recorded(file)
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
        text = raw.decode("utf-8")
    except OSError as error:
        raise UsageError(f"{display(file)}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{display(file)}: byte {error.start} is not text; expected lines of time, characteristic, hex"
        ) from None
    if len(raw) > MAX_BYTES:
        raise UsageError(
            f"{display(file)}: larger than {MAX_BYTES >> 20} MiB; a minute of notifications is enough"
        )
    return read_capture(text, display(file))


def _recorded(file: Path) -> "Capture":
    """The notifications of a recording, of the sensor that sent most."""
    from footsense.devices.learning import Capture, Packet  # noqa: PLC0415
    from footsense.devices.learning.capture import check_length  # noqa: PLC0415
    from footsense.recording.raw import raw_packets  # noqa: PLC0415

    sensors = raw_packets(file)
    packets = max(sensors.values(), key=len)
    try:
        check_length(max((p.payload for p in packets), key=len))
    except ValueError as error:
        raise UsageError(f"{display(file)}: a packet of {error}") from None
    if len(sensors) > 1:
        click.echo(f"footsense: {display(file)} has {len(sensors)} sensors: the one that sent most", err=True)
    start_ns = packets[0].host_ns
    in_order = sorted(packets, key=lambda p: p.host_ns)
    return Capture([Packet((p.host_ns - start_ns) / 1e9, p.char, p.payload) for p in in_order])


def _tell(made: "Learned | Declined", output: str | None, *, as_json: bool) -> None:
    """Write the profile, and say what was found."""
    from footsense.devices.learning import Declined  # noqa: PLC0415

    if isinstance(made, Declined):
        told = {"declined": made.reason}
        click.echo(json_text(told) if as_json else f"no profile: {made.reason}")
        return
    path = Path(output or f"{made.profile.name}.toml")
    _put(path, made.profile.text, "-o")
    facts = {
        "profile": str(path),
        "sure": made.sure,
        "found": made.found,
        "doubts": made.doubts,
        "others": made.others,
    }
    click.echo(json_text(facts) if as_json else "\n".join(_lines(made, path)))


def _lines(made: "Learned", path: Path) -> list[str]:
    lines = [f"  {display(fact, 200)}" for fact in made.found]
    lines.append("sure: nothing speaks against it" if made.sure else "NOT SURE:")
    lines += [f"  {display(doubt, 300)}" for doubt in made.doubts]
    lines += ["what else would fit:"] if made.others else []
    lines += [f"  {display(other, 200)}" for other in made.others]
    return [
        "found:",
        *lines,
        f"written: {display(path)}; try it with `footsense profiles check {display(path)}`",
    ]
