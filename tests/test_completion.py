"""Completion records: bound to their recordings, signed, chained; every change shows."""

import dataclasses
import json
import shutil
import stat
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.analysis import analyse
from footsense.completion import (
    Completion,
    Seen,
    check_recordings,
    encoded,
    entry_in,
    fingerprint,
    verified,
    witness,
    witnessed,
)
from footsense.completion.model import Damage
from footsense.errors import RecordError
from footsense.private import data_folder
from footsense.recording import open_recording
from footsense.recording.model import Damage as _Damage
from tests.kept import CANARY, NOW, ROUTINE, Made, answers, call, ledger_of, session_in


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Made once for all; tests that change something take `made`."""
    return session_in(tmp_path_factory.mktemp("session"))


@pytest.fixture
def made(first: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    return first.copied(tmp_path / "s", monkeypatch)


def test_a_record_that_was_not_touched_holds(made: Made) -> None:
    code, shown = made.check()
    assert answers(shown) == {
        "signature": "yes", "key": "not-checked", "chain": "yes", "routine": "yes", "recording 1": "yes",
        "recording 2": "yes", "replay": "yes",
    }  # fmt: skip
    assert (code, shown["verdict"], shown["holds"], shown["now"]) == (0, "complete", True, None)


def test_evidence_is_where_the_truth_has_it(made: Made) -> None:
    body = entry_in(made.data).body
    assert isinstance(body, Completion)
    circles, holds = body.result.items
    assert circles.counted == {"cw": 2, "ccw": 2}
    truth = json.loads(made.recordings[1].with_suffix(".truth.json").read_text())["events"]
    assert [n for n, *_ in holds.evidence] == [1, 1]
    for (_, sensor, begin, end), true in zip(holds.evidence, truth, strict=True):
        assert sensor == 0
        assert begin / 50 == pytest.approx(true["start_s"], abs=0.25)
        assert end / 50 == pytest.approx(true["end_s"], abs=0.25)


def test_a_receiver_confirms_the_key_with_what_it_was_told(made: Made) -> None:
    key = entry_in(made.data).key
    assert answers(made.check("--signed-by", fingerprint(key))[1])["key"] == "yes"
    assert answers(made.check("--signed-by", key)[1])["key"] == "yes"
    code, shown = made.check("--signed-by", "0000-0000-0000-0000-0000")
    assert (code, answers(shown)["key"], shown["holds"]) == (1, "no", False)
    assert fingerprint(key) in call("verify", made.record).output


def test_without_its_recordings_it_says_what_it_could_not_check(made: Made) -> None:
    result = call("verify", made.record, "--json")
    shown = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [a for w, a in answers(shown).items() if w.startswith("rec")] == ["not-checked"] * 2
    assert answers(shown)["replay"] == "not-checked"
    assert "not checked" in call("verify", made.record).output


def test_recordings_beside_the_record_are_found(made: Made) -> None:
    for path in made.recordings:
        shutil.copy(path, made.record.parent / f"other-{path.name}")
    assert call("verify", made.record).exit_code == 0


def test_every_changed_byte_of_the_record_shows(first: Made) -> None:
    data = first.data
    for at in range(len(data)):
        for mask in (0x01, 0x20, 0x80):
            changed = data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]
            try:
                assert not verified(entry_in(changed)), at
            except RecordError:
                continue


def test_what_is_put_into_a_text_of_the_record_shows(first: Made) -> None:
    data = first.data
    for name in (b"signature", b"key", b"subject", b"created_utc", b"id"):
        at = data.index(b'"', data.index(b'"' + name + b'":"') + len(name) + 4)
        for more in (b"\\n", b" ", b"0", b"\\u0000"):
            with pytest.raises(RecordError):
                entry_in(data[:at] + more + data[at:])


@given(cut=st.integers(0, 10_000), more=st.binary(min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_a_record_cut_short_or_added_to_is_refused(first: Made, cut: int, more: bytes) -> None:
    data = first.data
    for wrong in (data[: cut % len(data)], data + more, more + data):
        with pytest.raises(RecordError):
            entry_in(wrong)


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes_are_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        entry_in(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.replace(b'"verdict":"complete"', b'"verdict":"incomplete","verdict":"complete"', 1),
        lambda d: d.replace(b'"seq":1', b'"seq":1.0', 1),
        lambda d: d.replace(b'"seq":1', b'"seq": 1', 1),
        lambda d: d[:-1],
        lambda d: d.replace(b'"subject"', b'\n"subject"', 1),
        lambda d: d[:-4] + b"\\n" + d[-4:],
        lambda d: b"[" * 100_000,
    ],
)
def test_what_reads_the_same_but_is_written_otherwise_is_refused(first: Made, change: object) -> None:
    assert callable(change)
    with pytest.raises(RecordError):
        entry_in(change(first.data))


def test_every_changed_byte_of_a_recording_shows(made: Made) -> None:
    body = entry_in(made.data).body
    assert isinstance(body, Completion)
    path = made.recordings[0]
    whole = path.read_bytes()
    for n in range(1000):
        at = n * len(whole) // 1000
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 + n % 255]) + whole[at + 1 :])
        findings, again = check_recordings(
            body, made.recordings, made.folder, lambda *_: pytest.fail("replayed")
        )
        assert [str(f.answer) for f in findings] == ["no", "yes", "not-checked"]
        assert again is None


def test_nobody_is_named_in_it(made: Made) -> None:
    for path in (p for p in made.home.rglob("*") if p.is_file()):
        assert CANARY.lower().encode() not in path.read_bytes().lower()
        assert CANARY.lower() not in str(path.relative_to(made.home)).lower()


def test_files_and_folders_are_private_whatever_the_umask(first: Made) -> None:
    found = list(first.home.rglob("*"))
    assert len(found) > 4
    assert {stat.S_IMODE(p.stat().st_mode) for p in found if p.is_file()} == {0o600}
    assert {stat.S_IMODE(p.stat().st_mode) for p in found if p.is_dir()} == {0o700}


def test_a_record_that_could_not_be_read_again_is_not_kept(made: Made) -> None:
    body = entry_in(made.data).body
    assert isinstance(body, Completion)
    first = msgspec.structs.replace(body.result.recordings[0], damage=[Damage(start=0, end=1, what="x")] * 1001)
    result = msgspec.structs.replace(body.result, recordings=[first])
    with pytest.raises(RecordError):
        ledger_of(made).append(made.record.parent.name, msgspec.structs.replace(body, result=result), NOW)
    assert len(list(made.record.parent.iterdir())) == 1


def test_a_recording_damaged_in_many_places_can_be_kept_and_read(made: Made) -> None:
    places = tuple(_Damage(n, n + 1, None, None, "zeroed") for n in range(1500))
    opened = open_recording(made.recordings[0], side="left", placement="foot")
    seen = Seen(
        made.recordings[0], dataclasses.replace(opened, damage=places), [analyse(opened, "ankle-circles")]
    )
    _, result = witnessed(ROUTINE, [seen])
    assert (result.recordings[0].damaged, len(result.recordings[0].damage)) == (1500, 1000)


@pytest.mark.parametrize("field", ["toml", "name", "sha256"])
def test_a_routine_that_is_not_what_it_says_shows(made: Made, field: str) -> None:
    keys, entry = ledger_of(made).keys, entry_in(made.data)
    assert isinstance(entry.body, Completion)
    other = {"toml": ROUTINE.replace("reps = 2", "reps = 1"), "name": "ground-up", "sha256": "0" * 64}[field]
    routine = msgspec.structs.replace(entry.body.routine, **{field: other})
    body = msgspec.structs.replace(entry.body, routine=routine)
    forged = msgspec.structs.replace(entry, body=body, proves="who wore it")
    made.record.write_bytes(encoded(keys.signed(forged)))
    code, shown = made.check()
    assert (code, answers(shown)["routine"], answers(shown)["signature"]) == (1, "no", "yes")
    assert "who wore it" not in str(shown["proves"])


def test_a_correction_with_a_later_key_is_shown_too(made: Made) -> None:
    call("keys", "--rotate")
    args = ["correct", made.record, "--exercise", "band-flexes", "--side", "left", "--by", "-1", "--why", "so"]
    assert call(*args).exit_code == 0
    (item,) = made.check()[1]["corrected"]  # type: ignore[misc]
    assert item["corrected"] == {"holds": 1}


def test_a_correction_of_what_has_reasons_is_shown_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTSENSE_HOME", str(tmp_path / "home"))
    file = tmp_path / "a.csv"
    file.write_text("t_s,ax_g,ay_g,az_g\n" + "".join(f"{i / 50},0,0,1\n" for i in range(150)))
    (tmp_path / "mine.toml").write_text(ROUTINE)
    kept = call("verify", file, "--routine", tmp_path / "mine.toml", "--record", "--json")
    record = json.loads(kept.stdout)["record"]
    item = ["--exercise", "band-flexes", "--side", "left"]
    assert call("correct", record, *item, "--by", "2", "--why", "done").exit_code == 0
    shown = call("verify", record, file, "--json")
    (told,) = json.loads(shown.stdout)["corrected"]
    assert (shown.exit_code, told["corrected"], told["why"]) == (1, {"holds": 2}, ["done"])
    assert [r["code"] for r in told["reasons"]]


def test_a_correction_stands_beside_the_count_and_changes_nothing(made: Made) -> None:
    before = made.data
    args = [
        "correct",
        made.record,
        "--exercise",
        "band-flexes",
        "--side",
        "left",
        "--by",
        "+1",
        "--why",
        "slipped",
    ]
    assert call(*args).exit_code == 0
    code, shown = made.check()
    assert (code, made.data) == (0, before)
    (item,) = shown["corrected"]  # type: ignore[misc]
    assert (item["counted"], item["corrected"], item["why"]) == ({"holds": 2}, {"holds": 3}, ["slipped"])
    assert "the wearer says 3 holds: slipped" in call("verify", made.record, *made.recordings).output
    assert answers(shown)["chain"] == "yes"


def test_a_session_that_is_kept_again_is_told(made: Made) -> None:
    args = [a for file, what in zip(made.recordings, ("ankle-circles", "band-flexes"), strict=True)
            for a in ("--side", "left", "--placement", "foot", "--exercise", what, file)]  # fmt: skip
    for wearer in ("--wearer", CANARY), ("--wearer", "another"):
        again = call("verify", *args, "--routine", made.folder / "mine.toml", "--record", *wearer, "--json")
        assert json.loads(again.stdout)["also_in"][0] == str(made.record)
        assert again.stderr.startswith(f"footsense: a recording of this session is in {made.record}")
    code, shown = made.check()
    assert (code, shown["same_session"]) == (0, [2])
    assert "in number 2 of the wearer's records: one session" in call("verify", made.record).output


def test_a_file_that_is_no_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t_s,ax_g\n")
    told = str(call("correct", tmp_path / "a.csv", "--exercise", "e", "--side", "left", "--by", "1",
                    "--why", "so").exception)  # fmt: skip
    assert told.startswith(f"{tmp_path / 'a.csv'}: not a completion record")


def test_no_correction_leaves_less_than_nothing(made: Made) -> None:
    args = ["correct", made.record, "--exercise", "band-flexes", "--side", "left", "--why", "so"]
    assert "give --by -2 at most" in str(call(*args, "--by", "-3").exception)
    assert call(*args, "--by", "-2").exit_code == 0
    assert "there is nothing to take away" in str(call(*args, "--by", "-1").exception)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--exercise", "toe-walk", "--side", "both"], "toe-walk both is not in the record"),
        (["--exercise", "band-flexes", "--side", "left", "--by", "0"], "expected --by other than 0"),
        (["--exercise", "band-flexes", "--side", "left", "--why", " "], "expected --by other than 0"),
        (["--exercise", "ankle-circles", "--side", "left"], "say which count with --counted: ccw, cw"),
    ],
)
def test_a_correction_of_nothing_is_refused(made: Made, args: list[str], told: str) -> None:
    result = call("correct", made.record, "--by", "1", "--why", "so", *args)
    assert told in str(result.exception)


def test_another_algorithm_gives_a_second_result_beside_the_first(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, entry = ledger_of(made).keys, entry_in(made.data)
    assert isinstance(entry.body, Completion)
    item = msgspec.structs.replace(entry.body.result.items[1], counted={"holds": 9})
    result = msgspec.structs.replace(entry.body.result, items=[entry.body.result.items[0], item])
    for algorithm, expected in (("0" * 64, "not-checked"), (entry.body.software.algorithm_sha256, "no")):
        software = msgspec.structs.replace(entry.body.software, algorithm_sha256=algorithm)
        body = msgspec.structs.replace(entry.body, result=result, software=software)
        made.record.write_bytes(encoded(keys.signed(msgspec.structs.replace(entry, body=body))))
        code, shown = made.check()
        assert (code, answers(shown)["replay"], answers(shown)["signature"]) == (1, expected, "yes")
        now = shown["now"]
        assert isinstance(now, dict)
        assert now["items"][1]["counted"] == {"holds": 2}
        assert "counted 9 holds; now 2 holds" in call("verify", made.record, *made.recordings).output


def test_the_algorithm_is_known_by_its_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = witness._algorithm()
    shutil.copytree(witness._ROOT, tmp_path / "f", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(witness, "_ROOT", tmp_path / "f")
    assert witness._algorithm() == before
    file = tmp_path / "f" / "signal" / "holds.py"
    file.write_text(file.read_text().replace("2.0", "2.1", 1))
    assert witness._algorithm() != before


def test_no_record_is_made_of_what_cannot_be_read(made: Made) -> None:
    bad = made.folder / "bad.csv"
    bad.write_text("nonsense\n")
    result = call("verify", bad, "--routine", made.folder / "mine.toml", "--record")
    assert result.exit_code == 1
    assert "no record was made" in result.stderr
    assert len(list(made.record.parent.iterdir())) == 1


def test_the_home_may_be_told_with_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FOOTSENSE_HOME", "~/kept")
    assert data_folder() == tmp_path / "kept"
    monkeypatch.setenv("FOOTSENSE_HOME", "kept")
    assert data_folder() == Path.cwd() / "kept"
