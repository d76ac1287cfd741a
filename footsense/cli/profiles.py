"""`footsense profiles`: the device profiles, and what they make of bytes."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from footsense.cli import learn
from footsense.cli.options import key_values
from footsense.cli.wrapping import wrapped
from footsense.errors import ProfileError, UsageError
from footsense.text import display, json_text

if TYPE_CHECKING:
    from footsense.devices import Profile

_LONGEST = 2000  # characters of what a profile says that are shown
_GRADES = {
    "A": "checked against packets of third parties",
    "A-": "checked against the vendor's own decoder",
    "B": "from the vendor's or firmware's source, no packets published",
    "C": "not verified",
    "own": "our own layout",
}
_SET = click.option(
    "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="What the link would have negotiated or probed."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON, for other programs.")


@click.group(name="profiles")
def command() -> None:
    """List, show, check, try and learn device profiles.

    PROFILE is the name of a shipped one, or the path of a .toml file.
    """


command.add_command(learn.command)


@command.command(name="list")
@_JSON
def list_profiles(*, as_json: bool) -> None:
    """All profiles that ship with footsense: grade, rates, what limits them."""
    from footsense.devices import load_profile, profile_names  # noqa: PLC0415

    facts = [_facts(load_profile(name)) for name in profile_names()]
    if as_json:
        click.echo(json_text(facts, indent=1))
        return
    click.echo(f"{'profile':24} {'grade':6}{'rate':22}{'acc':5}{'gyro':6}device")
    for fact in facts:
        has = ["yes" if fact[key] else "-" for key in ("acc", "gyro")]
        title = display(fact["title"])
        click.echo(f"{fact['name']:24} {fact['grade']:6}{fact['rate_hz']:22}{has[0]:5}{has[1]:6}{title}")


def _facts(profile: "Profile") -> dict[str, object]:
    from footsense.devices import Decoder  # noqa: PLC0415

    timings = Decoder(profile, {}).timings
    return {
        "name": profile.name,
        "title": profile.data.title,
        "grade": profile.data.grade,
        "rate_hz": span(profile),
        "acc": any(t.carries_acc for t in timings),
        "gyro": any(t.carries_gyr for t in timings),
        "limits": profile.data.limits.about,
    }


def span(profile: "Profile") -> str:
    """The rates of a device, in words."""
    setting = profile.told({}).data.settings.get("rate_hz")
    if profile.broadcasts:
        return "advertised, ~1 Hz"
    if setting is None:
        return "fixed"
    from footsense.devices.settings import offered  # noqa: PLC0415

    values = sorted(float(v) for v in offered(setting) or setting.limits or [])
    return f"{values[0]:g} to {values[-1]:g} Hz" if len(values) > 1 else f"{values[0]:g} Hz"


@command.command()
@click.argument("profile")
def show(profile: str) -> None:
    """What a profile says, in words."""
    from footsense.devices import load_profile  # noqa: PLC0415

    for line in _described(load_profile(profile)):
        click.echo(line)


def _described(profile: "Profile") -> Iterator[str]:
    data = profile.told({}).data
    yield wrapped(f"{display(data.title, _LONGEST)}  ({data.name})", "", "  ")
    yield wrapped(f"grade {data.grade}: {_GRADES[data.grade]}", "  ", " " * 6)
    if data.firmware:
        yield wrapped(f"firmware: {display(data.firmware, _LONGEST)}", "  ", " " * 6)
    for heading, lines in (("sources", data.sources), ("notes", data.notes), ("limits", data.limits.about)):
        yield from _block(heading, lines)
    yield from _block("settings", [_setting(name, s) for name, s in data.settings.items()])
    yield from _block("characteristics", [_char(name, c) for name, c in data.chars.items()])
    yield from _block("streams", [_stream(name, s) for name, s in data.streams.items()])
    yield from _block("writes, with the settings' defaults", _writes(profile))
    yield from _block(
        "packets with known meaning", [f"{g.basis}: {display(g.source, _LONGEST)}" for g in data.golden]
    )


def _block(heading: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"\n{heading}"
        yield from (wrapped(display(line, _LONGEST), "  ", " " * 6) for line in lines)


def _setting(name: str, setting: object) -> str:
    from footsense.devices.model import Setting  # noqa: PLC0415
    from footsense.devices.settings import offered  # noqa: PLC0415

    assert isinstance(setting, Setting)
    if setting.said is not None:
        choice = f"up to {setting.said} bytes in hexadecimal"
    elif setting.pattern is not None:
        choice = setting.pattern
    elif setting.limits is not None:
        choice = f"{setting.limits[0]:g} to {setting.limits[1]:g}"
    else:
        choice = ", ".join(offered(setting))
    default = "" if setting.default in (None, "") else f" (default {display(setting.default, 40)})"
    default = f" (default: as {setting.same_as})" if setting.same_as else default
    about = f": {setting.about}" if setting.about else ""
    return f"{name:20}{choice}{default}{about}"


def _char(name: str, char: object) -> str:
    from footsense.devices.model import Char  # noqa: PLC0415

    assert isinstance(char, Char)
    needed = ", may be missing" if char.optional else ""
    return f"{name:20}{char.uuid}  {', '.join(char.properties)}{needed}"


def _stream(name: str, stream: object) -> str:
    from footsense.devices.model import Stream  # noqa: PLC0415

    assert isinstance(stream, Stream)
    header = stream.header
    said = {"timestamp": header.timestamp, "sequence": header.sequence, "battery": header.battery_percent}
    parts = [key for key, value in said.items() if value]
    parts += [*header.packed, *header.fields]
    if stream.samples:
        parts += [f"{f.ch} ({f.type})" for f in stream.samples.fields]
    only = " and ".join(f"{k} = {v}" for k, v in stream.only.items())
    return f"{name:20}on {stream.char}{' if ' + only if only else ''}: {', '.join(parts)}"


def _writes(profile: "Profile") -> list[str]:
    from footsense.devices import commands  # noqa: PLC0415

    return [f"{w.phase:10}{w.char[:8]}…  {w.payload.hex(' ')}" for w in commands(profile, {})]


@command.command()
@click.argument("files", nargs=-1, required=True, metavar="PROFILE…")
@_JSON
def check(files: tuple[str, ...], *, as_json: bool) -> None:
    """Is a profile valid, and do its golden packets decode as it says? Of a folder, every .toml file in it.

    Exit code 1 if one is not.
    """
    failed = False
    for file in _files(files):
        faults, golden = _faults(file)
        failed |= bool(faults)
        if as_json:
            told = {"profile": file, "valid": not faults, "golden": golden, "faults": faults}
            click.echo(json_text(told))
        else:
            proved = "valid" if golden else "valid, no golden packets"
            click.echo("\n".join(display(f, 500) for f in faults) or f"{display(Path(file))}: {proved}")
    if failed:
        click.get_current_context().exit(1)


def _files(names: Sequence[str]) -> list[str]:
    """The names, folders replaced by what is in them. Raises UsageError for a folder without profiles."""
    found: list[str] = []
    for name in names:
        inside = sorted(map(str, Path(name).glob("*.toml"))) if Path(name).is_dir() else [name]
        if not inside:
            raise UsageError(f"{display(Path(name))}: there is no profile (.toml) in this folder")
        found += inside
    return found


def _faults(file: str) -> tuple[list[str], int]:
    """What is wrong with a profile, each line with the file's name, and how many golden packets it has."""
    from footsense.devices import load_profile  # noqa: PLC0415
    from footsense.devices.reading import golden_faults  # noqa: PLC0415

    try:
        profile = load_profile(file)
    except ProfileError as error:
        return [str(error)], 0
    name = Path(file).name
    where = display(name if "." in name else f"{name}.toml")
    return [f"{where}: {fault}" for fault in golden_faults(profile)], len(profile.data.golden)


@command.command()
@click.argument("profile")
@click.argument("packets", nargs=-1, required=True, metavar="HEX…")
@_SET
@click.option("--char", "what", metavar="WHAT", help="Characteristic: its UUID, or its name in the profile.")
@_JSON
@click.pass_context
def decode(
    ctx: click.Context,
    /,
    *,
    profile: str,
    packets: tuple[str, ...],
    pairs: tuple[str, ...],
    what: str | None,
    as_json: bool,
) -> None:
    """Feed bytes to a profile's decoder and tell what they mean, one line for each HEX.

    Exit code 1 if one is malformed.
    """
    from footsense.devices import load_profile  # noqa: PLC0415
    from footsense.devices.reading import Readings  # noqa: PLC0415

    loaded = load_profile(profile)
    settings = {**loaded.found([what or ""]), **_settings(loaded, pairs)}
    loaded = loaded.told(settings)
    readings = Readings(loaded, settings, None if what is None else loaded.char_uuid(what))
    failed = False
    for payload in [_bytes(packet) for packet in packets]:
        told = readings.feed(payload)
        failed |= "error" in told
        click.echo(json_text(told) if as_json else _told(told))
    ctx.exit(1 if failed else 0)


@command.command()
@click.argument("profile")
@_SET
@_JSON
def commands(profile: str, pairs: tuple[str, ...], *, as_json: bool) -> None:
    """The writes that a profile makes, in order."""
    from footsense.devices import commands as writes_of  # noqa: PLC0415
    from footsense.devices import load_profile  # noqa: PLC0415

    loaded = load_profile(profile)
    asked = _settings(loaded, pairs)
    writes = writes_of(loaded, asked)
    if as_json:
        told = [{"phase": w.phase, "char": w.char, "hex": w.payload.hex()} for w in writes]
        click.echo(json_text(told))
        return
    for write in writes:
        click.echo(f"{write.phase:10}{write.char}  {write.payload.hex(' ')}")


def _settings(profile: "Profile", pairs: tuple[str, ...]) -> dict[str, str | int | float]:
    """The `--set` options. What the profile has no use for is left out with a warning, unless it looks like a
    slip of the pen."""
    import difflib  # noqa: PLC0415

    chosen: dict[str, str | int | float] = {}
    for key, value in key_values(pairs, "acc_range_g=4"):
        if key in profile.data.settings or difflib.get_close_matches(key, profile.data.settings, n=1):
            chosen[key] = value
        else:
            known = ", ".join(profile.data.settings) or "none"
            click.echo(
                f"footsense: {profile.name} has no setting '{display(key)}', left out (known: {known})",
                err=True,
            )
    profile.refuse_others(chosen)
    return chosen


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise UsageError(f"'{display(text, 40)}' is not hexadecimal: two digits for each byte") from None


def _told(told: Mapping[str, object]) -> str:
    return "  ".join(f"{name} {json_text(value)}" for name, value in told.items())
