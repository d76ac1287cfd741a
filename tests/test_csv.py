"""The CSV reader refuses what is not as the contract says, and says where."""

import gzip
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.errors import RecordingError
from footsense.recording.csv import read_csv

HEAD = "t_s,ax_g,ay_g,az_g\n"
ROW = "0,0,0,1\n"

REFUSED = {
    "decimal-comma": (HEAD + "0,0,0,1,0,2,1,0\n", "line 2, column 5: 8 fields", "point"),
    "decimal-comma-in-some": (HEAD + "0,5,0,0,1\n", "line 2, column 5: 5 fields", "with a point"),
    "semicolons-below": (HEAD + "0;0;0;1\n", "line 2, column 2 (ax_g): 1 field", "not by ';'"),
    "semicolons-and-commas": (HEAD + "0,1;0,2;0,3;1,0\n", "line 2, column 5: 5 fields", "not by ';'"),
    "no-reading": (HEAD + ROW + "1,0,-2e4,1\n", "line 3, column 3 (ay_g)", "'-2e4' is no reading"),
    "no-turn": (
        HEAD.replace("\n", ",gx_dps,gy_dps,gz_dps\n") + "0,0,0,1,0,0,2e6\n",
        "column 7 (gz_dps)",
        "1e+06 deg/s",
    ),
    "comma-below": ("t_s;ax_g;ay_g;az_g\n0;0;0;1\n1;0,5;0;1\n", "line 3, column 2 (ax_g)", "decimal comma"),
    "commas-below": ("t_s;ax_g;ay_g;az_g\n0,0,0,1\n", "line 2, column 2 (ax_g): 1 field", "mend"),
    "tabs-below": (HEAD + "0\t0\t0\t1\n", "line 2, column 2 (ax_g): 1 field", "not by tabs"),
    "two-separators": ("t_s;ax_g;ay_g,az_g\n0;0;0,1\n", "line 1", "',' and ';'"),
    "only-remarks": ("# t_s\n\n# a\n", "line 4", "no header"),
    "remark-below": (HEAD + ROW + "# end\n", "line 3, column 2 (ax_g): 1 field", "leave it out"),
    "header-is-a-remark": ("# " + HEAD + ROW, "line 2", "the header is missing"),
    "quoted-comma": (HEAD + '0,"0,5",0,1\n', "line 2, column 5: 5 fields", "with a point"),
    "half-quoted": (HEAD + '0,"1,0,1\n', "line 2, column 2 (ax_g)", "not a finite number"),
    "quote-within": (HEAD + '0,1"2"3,0,1\n', "line 2, column 2 (ax_g)", "not a finite number"),
    "nan": (HEAD + ROW + "0.1,nan,0,1\n", "line 3, column 2 (ax_g)", "'nan' is not a finite number"),
    "infinite": (HEAD + "0,1e999,0,1\n", "line 2, column 2 (ax_g)", "finite"),
    "empty-field": (HEAD + ROW + "1,0,,1\n", "line 3, column 3 (ay_g)", "''"),
    "word": (HEAD + ROW + "1,0,0,1e\n", "line 3, column 4 (az_g)", "'1e'"),
    "two-in-one": (HEAD + "0,1 2,0,1\n", "line 2, column 2 (ax_g)", "'1 2'"),
    "too-few": (HEAD + ROW + "1,0\n", "line 3, column 3 (ay_g)", "2 fields where the header has 4"),
    "too-many": (HEAD + "0,0,0,1,\n", "line 2, column 5", "5 fields where the header has 4"),
    "blank-line": (HEAD + ROW + "\n1,0,0,1\n", "line 3, column 1 (t_s)", "empty line"),
    "time-stands": (HEAD + ROW + ROW, "line 3, column 1 (t_s)", "time 0 comes after 0"),
    "time-back": (HEAD + "5,0,0,1\n4,0,0,1\n", "line 3, column 1 (t_s)", "time 4 comes after 5"),
    "empty": ("", "line 1", "empty"),
    "blank": ("\n\n", "line 1", "empty"),
    "only-header": (HEAD, "", "no samples"),
    "missing-column": ("t_s,ax_g,az_g\n0,0,1\n", "line 1", "ay_g is missing"),
    "missing-gyro": ("t_s,ax_g,ay_g,az_g,gx_dps\n", "line 1", "gy_dps is missing"),
    "mixed-units": ("t_s,ax_g,ay_ms2,az_g\n", "line 1", "ax_ms2 is missing"),
    "twice": ("t_s,ax_g,ax_g,ay_g,az_g\n", "line 1", "ax_g is there twice"),
    "unknown-column": ("t_s,ax_g,ay_g,az_g,temp\n", "line 1", "column 5 ('temp') is unknown"),
    "not-utf-8": (HEAD.encode() + b"0,0,0,\xe9\n", "line 2", "UTF-8"),
    "header-not-utf-8": (b"t_s,\xff\n", "line 1", "UTF-8"),
    "binary": (bytes(range(256)), "line 1", ""),
}


def write(folder: Path, text: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_name_file_line_and_column(tmp_path: Path, case: str) -> None:
    text, where, what = REFUSED[case]
    with pytest.raises(RecordingError) as refused:
        read_csv(write(tmp_path, text))
    message = str(refused.value)
    assert message.startswith(str(tmp_path / "a.csv"))
    assert where in message
    assert what in message
    assert "; " in message or "expected" in message, "and what to do"
    assert "\n" not in message


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        read_csv(tmp_path / "none.csv")


PLAIN = HEAD + "".join(f"{i / 50},{i % 7 / 4},-0.25,1e0\n" for i in range(40))
OTHERWISE = {
    "semicolons": PLAIN.replace(",", ";"),
    "tabs": PLAIN.replace(",", "\t"),
    "cr": PLAIN.replace("\n", "\r"),
    "crlf": PLAIN.replace("\n", "\r\n"),
    "quoted": re.sub(r"[^,\n]+", r'"\g<0>"', PLAIN),
    "quoted-semicolons-crlf": re.sub(r"[^,\n]+", r'"\g<0>"', PLAIN).replace(",", ";").replace("\n", "\r\n"),
    "quoted-here-and-there": PLAIN.replace("ax_g", '"ax_g"').replace("-0.25", '"-0.25"'),
    "remarks": "# worn left; 50 Hz, wrist\n\n  # \n" + PLAIN,
    "remarks-bom-cr": ("\ufeff# worn left\n" + PLAIN).replace("\n", "\r"),
}


@pytest.mark.parametrize("block", [16, 1 << 21])
@pytest.mark.parametrize("case", OTHERWISE)
def test_what_has_one_meaning_only_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, block: int
) -> None:
    monkeypatch.setattr("footsense.recording.csv._BLOCK", block)
    monkeypatch.setattr("footsense.recording.csv._BEGIN", max(block, 64))
    plain, table = read_csv(write(tmp_path, PLAIN, "b.csv")), read_csv(write(tmp_path, OTHERWISE[case]))
    assert table.t_s.tolist() == plain.t_s.tolist() == [i / 50 for i in range(40)]
    assert table.acc_g.tolist() == plain.acc_g.tolist()


def test_remarks_count_as_lines(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"line 5, column 2 \(ax_g\): 'x'"):
        read_csv(write(tmp_path, "# one\n\n" + HEAD + ROW + "1,x,0,1\n"))


@pytest.mark.parametrize("ending", ["\n", "\r"])
@pytest.mark.parametrize("size", [(1 << 16) - 10, 1 << 16, 300_000])
def test_remarks_may_be_longer_than_what_is_read_at_first(tmp_path: Path, size: int, ending: str) -> None:
    """Also where the header lies across the end of what is read at a time."""
    remarks = ("#" + "x" * 98 + "\n") * (size // 100) + "#" * (size % 100 - 1 if size % 100 else 0)
    text = remarks + ("\n" if size % 100 else "") + HEAD + ROW + "1,0,0,1"
    assert read_csv(write(tmp_path, text.replace("\n", ending))).t_s.tolist() == [0, 1]


@pytest.mark.parametrize("line", ["\n", "#\n", "# said of it\n"])
def test_remarks_without_end_are_refused_before_they_take_long(tmp_path: Path, line: str) -> None:
    path = write(tmp_path, gzip.compress(line.encode() * (1 << 22)), "a.csv.gz")
    with pytest.raises(RecordingError, match="more than a MiB of remarks and empty lines stands before it"):
        read_csv(path)
    with pytest.raises(RecordingError, match="line 2: is longer than 4096"):
        read_csv(write(tmp_path, "# a\n#" + "x" * 100_000 + "\n" + HEAD))


@pytest.mark.parametrize("keep", [3, 20, 60])
def test_truncated_gzip(tmp_path: Path, keep: int) -> None:
    text = HEAD + "".join(f"{i},{i * 7919 % 1000},0,1\n" for i in range(200))
    with pytest.raises(RecordingError, match="cut short"):
        read_csv(write(tmp_path, gzip.compress(text.encode())[:keep], "a.csv.gz"))


def test_one_line_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(HEAD.encode() + b"0" * (40 << 20)), "a.csv.gz")
    with pytest.raises(RecordingError, match=r"line 2: is longer than 4096"):
        read_csv(path)


@pytest.mark.parametrize("row", ["", ROW])
def test_empty_lines_without_end_are_refused_before_they_fill_the_memory(tmp_path: Path, row: str) -> None:
    path = write(tmp_path, gzip.compress((HEAD + row).encode() + b"\n" * (5 << 20)), "a.csv.gz")
    with pytest.raises(RecordingError, match="is the first of far too many empty lines"):
        read_csv(path)


def test_an_error_far_down_is_found(tmp_path: Path) -> None:
    lines = [f"{i},0,0,1\n" for i in range(50_000)]
    lines[41_234] = "41234,0,1_0,1\n"
    with pytest.raises(RecordingError, match=r"line 41236, column 3 \(ay_g\)"):
        read_csv(write(tmp_path, HEAD + "".join(lines)))


def test_errors_after_the_first_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("footsense.recording.csv._BLOCK", 64)
    monkeypatch.setattr("footsense.recording.csv._BEGIN", 64)
    lines = [f"{i},0,0,1\n" for i in range(100)]
    good = read_csv(write(tmp_path, HEAD + "".join(lines)))
    assert good.t_s.tolist() == list(range(100))
    lines[77] = "76,0,0,1\n"
    with pytest.raises(RecordingError, match="line 79, column 1"):
        read_csv(write(tmp_path, HEAD + "".join(lines)))


def test_units_order_bom_and_line_ends(tmp_path: Path) -> None:
    head = "\ufefft_s,gx_rads,gy_rads,gz_rads,ax_ms2,ay_ms2,az_ms2\r\n"
    text = head + "-1, 1,0,0,0,-9.80665,0\r\n2,0,0,0,0,0,1\r\n\r\n"
    table = read_csv(write(tmp_path, text))
    assert table.t_s.tolist() == [-1, 2]
    assert table.acc_g[0].tolist() == pytest.approx([0, -1, 0])
    assert table.gyr_dps is not None
    assert table.gyr_dps[0].tolist() == pytest.approx([180 / np.pi, 0, 0])


finite = st.floats(-1e4, 1e4, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(finite, finite, finite), min_size=1, max_size=30), st.booleans())
def test_numbers_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple], packed: bool
) -> None:
    text = HEAD + "".join(f"{i},{x!r},{y!r},{z!r}\n" for i, (x, y, z) in enumerate(rows))
    raw = gzip.compress(text.encode()) if packed else text.encode()
    table = read_csv(write(tmp_path_factory.mktemp("csv"), raw, "a.csv.gz" if packed else "a.csv"))
    assert np.array_equal(table.acc_g, np.array(rows))
    assert table.gyr_dps is None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, body: bytes
) -> None:
    path = write(tmp_path_factory.mktemp("csv"), HEAD.encode() + ROW.encode() + body)
    try:
        table = read_csv(path)
    except RecordingError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert np.isfinite(table.acc_g).all()
        assert (np.diff(table.t_s) > 0).all()
