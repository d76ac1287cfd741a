"""The prescription and its calendar, from TOML. Every number is data; nothing here judges."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from footsense.errors import UsageError
from footsense.exercises import detector, exercise_names
from footsense.tables import MAX_BYTES, explained, toml_tables, toml_text
from footsense.text import display

ItemSide = Literal["left", "right", "both"]
Direction = Literal["cw", "ccw"]
Kind = Literal["circle", "hold", "step"]

SCHEMA = "footsense.routine/1"
_FOLDER = Path(__file__).resolve().parent / "routines"

_Count = Annotated[int, Meta(ge=1, le=10_000)]
_Seconds = Annotated[float, Meta(gt=0, le=86_400)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Name = Annotated[str, Meta(min_length=1, max_length=80)]


class RoutineItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One exercise of a routine, for each of `sides` (`both`: done with both feet at once).

    Circles have `reps` for each of `directions`; holds have `reps` and `hold_s` (asked for, from
    and to, s; it counts from `min_hold_s`, by default the first); walks on tiptoe have `sets` of `bout_s`
    seconds, each counting from `min_bout_s`. `rest_s` is between repetitions or sets.
    """

    exercise: _Name
    sides: Annotated[tuple[ItemSide, ...], Meta(min_length=1, max_length=2)]
    reps: _Count | None = None
    directions: Annotated[tuple[Direction, ...], Meta(min_length=1, max_length=2)] = ("cw", "ccw")
    hold_s: tuple[_Seconds, _Seconds] | None = None
    min_hold_s: _Seconds | None = None
    sets: _Count | None = None
    bout_s: _Seconds | None = None
    min_bout_s: _Seconds | None = None
    max_step_interval_s: _Seconds = 2.5  # further apart, two steps are of two bouts
    min_toe_share: _Share = 0.9  # of the steps of a bout that could be told
    max_unlabelled_share: _Share = 0.2  # more steps that could not be told: not verifiable
    rest_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0

    @property
    def kind(self) -> Kind:
        """The kind of event that this item counts."""
        return "hold" if self.hold_s else "step" if self.bout_s else "circle"

    @property
    def shortest_s(self) -> float:
        """Seconds from which a hold or a bout counts; 0 for circles."""
        if self.hold_s:
            return self.min_hold_s or self.hold_s[0]
        return self.min_bout_s or self.bout_s or 0.0


class Routine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A routine: its items in order, and its calendar (days between sessions from and to, times a day)."""

    schema: Literal["footsense.routine/1"]
    name: _Name
    item: Annotated[tuple[RoutineItem, ...], Meta(min_length=1, max_length=100)]
    every_days: tuple[_Count, _Count] | None = None
    times_a_day: _Count = 1

    @property
    def items(self) -> tuple[RoutineItem, ...]:
        return self.item


def routine_names() -> tuple[str, ...]:
    """Names of the built-in routines."""
    return tuple(sorted(p.stem for p in _FOLDER.glob("*.toml")))


def load_routine(name_or_path: str | Path) -> Routine:
    """A built-in routine by its name, or one from a TOML file.

    Raises UsageError for an unknown name, a file that cannot be read, and a file that is no routine, with
    the file, the key and what was expected there.
    """
    return parse_routine(routine_text(name_or_path), str(name_or_path))


def routine_text(name_or_path: str | Path) -> str:
    """The TOML of a built-in routine, or of a file, not checked. Raises UsageError where there is none."""
    name = str(name_or_path)
    if name in routine_names():
        return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    path = Path(name_or_path)
    if path.suffix != ".toml" and not path.is_file():
        known = ", ".join(routine_names())
        raise UsageError(f"unknown routine '{display(name)}'; give one of {known}, or a .toml file")
    return _read(path)


def _read(path: Path) -> str:
    where = display(path)
    try:
        if path.exists() and not path.is_file():  # a pipe may never answer
            raise UsageError(f"{where}: cannot read the routine: it is no file")
        with path.open("rb") as file:
            return toml_text(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise UsageError(f"{where}: cannot read the routine: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{where}: cannot read the routine: {error}") from error


def parse_routine(text: str, where: str) -> Routine:
    """Check a routine's TOML text; `where` names it in errors. Raises UsageError."""
    where = display(where)
    try:
        table = toml_tables(toml_text(text.encode("utf-8", "surrogatepass")))
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from error
    try:
        routine = msgspec.convert(table, Routine)
    except msgspec.ValidationError as error:
        key, expected = explained(error, Routine, {})
        if key.endswith(".exercise"):
            expected = f"{expected}; known are: {', '.join(exercise_names())}"
        raise UsageError(f"{where}: {_in_words(key, table)}: {expected}") from error
    for key, expected in _faults(routine):
        raise UsageError(f"{where}: {_in_words(key, table)}: {expected}")
    return routine


def _in_words(key: str, table: dict[str, Any]) -> str:
    """A key path as a person counts: `item[0].sides[1]` is in item 1, by its exercise, value 2 of sides."""
    found = re.match(r"item\[(\d+)\]\.?", key)
    items = table.get("item")
    if not found or not isinstance(items, list) or int(found[1]) >= len(items):
        return display(_counted(key), 120) or "the file"
    rest = _counted(key[found.end() :])
    item = items[int(found[1])]
    exercise = item.get("exercise") if isinstance(item, dict) else None
    name = f" ({display(exercise, 30)})" if exercise and isinstance(exercise, str) else ""
    return f"item {int(found[1]) + 1}{name}{': ' if rest else ''}{rest}"


def _counted(key: str) -> str:
    return re.sub(r"\[(\d+)\]", lambda m: f", value {int(m[1]) + 1}", key)


def _faults(routine: Routine) -> list[tuple[str, str]]:
    """What the types cannot say, as (key, what was expected)."""
    faults = [f for i, item in enumerate(routine.items) for f in _item_faults(item, f"item[{i}]")]
    if routine.every_days and routine.every_days[0] > routine.every_days[1]:
        faults.append(("every_days", "expected [from, to] with from ≤ to"))
    seen: set[tuple[str, str]] = set()
    for i, item in enumerate(routine.items):
        for side in item.sides:
            if (item.exercise, side) in seen:
                faults.append((f"item[{i}]", f"{display(item.exercise)} for {side} is already asked for above"))
            seen.add((item.exercise, side))
    return faults


_SHAPES: dict[Kind, tuple[str, ...]] = {
    "circle": ("reps",),
    "hold": ("reps", "hold_s", "min_hold_s"),
    "step": ("sets", "bout_s", "min_bout_s"),
}
_OPTIONAL = {"min_hold_s", "min_bout_s"}


def _item_faults(item: RoutineItem, key: str) -> list[tuple[str, str]]:
    try:
        kind = detector(item.exercise).about.kind
    except UsageError as error:
        return [(f"{key}.exercise", str(error))]
    if kind != item.kind and not (item.hold_s and item.bout_s):
        return [(key, f"{item.exercise} is {_KIND_WORDS[kind]}, with {_SHAPE_WORDS[kind]}")]
    if item.hold_s and item.bout_s:
        return [(key, "expected hold_s (holds) or bout_s (walks on tiptoe), not both")]
    shape, kind = _SHAPES[item.kind], _KIND_WORDS[item.kind]
    faults = [(f"{key}.{k}", f"expected for {kind}") for k in shape if k not in _OPTIONAL and _absent(item, k)]
    others = {k for keys in _SHAPES.values() for k in keys} - set(shape)
    faults += [(f"{key}.{k}", f"does not belong to {kind}") for k in sorted(others) if not _absent(item, k)]
    if "both" in item.sides and not detector(item.exercise).about.both_feet:
        faults.append((f"{key}.sides", 'is done foot by foot; expected "left", "right", or each of them'))
    return faults + _value_faults(item, key)


_KIND_WORDS: dict[str, str] = {
    "circle": "an item that counts circles",
    "hold": "an item that counts holds",
    "step": "an item that counts walks on tiptoe",
}
_SHAPE_WORDS: dict[str, str] = {
    "circle": "reps and directions",
    "hold": "reps and hold_s",
    "step": "sets and bout_s",
}


def _absent(item: RoutineItem, key: str) -> bool:
    return getattr(item, key) is None


def _value_faults(item: RoutineItem, key: str) -> list[tuple[str, str]]:
    checks = (
        ("sides", len(set(item.sides)) == len(item.sides), "expected each side once"),
        ("sides", "both" not in item.sides or len(item.sides) == 1, "expected 'both' alone, or left and right"),
        ("directions", len(set(item.directions)) == len(item.directions), "expected each direction once"),
        ("hold_s", not item.hold_s or item.hold_s[0] <= item.hold_s[1], "expected [from, to] with from ≤ to"),
        ("hold_s", not item.hold_s or item.hold_s[0] >= 1.0, "expected 1 s or more: shorter is no hold"),
        (
            "min_hold_s",
            item.min_hold_s is None or item.min_hold_s >= 1.0,
            "expected 1 s or more: shorter is no hold",
        ),
        ("min_hold_s", not item.hold_s or item.shortest_s <= item.hold_s[0], "expected at most hold_s"),
        ("min_bout_s", not item.bout_s or item.shortest_s <= item.bout_s, "expected at most bout_s"),
    )
    return [(f"{key}.{name}", expected) for name, ok, expected in checks if not ok]
