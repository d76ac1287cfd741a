"""The table of devices in `firmware_profiles/README.md`, made from the profiles.

python -m tests.device_table        writes it anew
"""

from footsense.cli.profiles import span
from footsense.devices import Decoder, Profile, load_profile, profile_names
from footsense.resources import data_folder

BEGIN, END = "<!-- devices: begin -->\n", "<!-- devices: end -->\n"
HEAD = (
    "| profile | device | grade | rate | acc | gyro | stamps |\n| --- | --- | --- | --- | --- | --- | --- |\n"
)


def row(profile: Profile) -> str:
    """A device's line."""
    timings = Decoder(profile, {}).timings
    stamps = ["time" if any(t.tick_s for t in timings) else ""]
    stamps += ["counter" if any(t.sequence_modulus for t in timings) else ""]
    told = [
        f"`{profile.name}`",
        profile.data.title,
        profile.data.grade,
        span(profile),
        "yes" if any(t.carries_acc for t in timings) else "no",
        "yes" if any(t.carries_gyr for t in timings) else "no",
        ", ".join(filter(None, stamps)) or "none",
    ]
    return f"| {' | '.join(told)} |\n"


def table() -> str:
    """The whole table."""
    return HEAD + "".join(row(load_profile(name)) for name in profile_names())


def main() -> None:
    """Writes the table into the page."""
    page = data_folder("firmware_profiles") / "README.md"
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    page.write_text(before + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
