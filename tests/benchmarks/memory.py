"""How much memory the detectors take, over a live session and over the replay of an hour.

    python -m tests.benchmarks.memory [--live-minutes 20] [--replay-minutes 60] [--rate-hz 100]

Each row is a child process of its own. Printed in MiB: how far its resident memory is above that of a process
that only did `import numpy, scipy.signal`, at the end and at its peak (the system's VmRSS and VmHWM; where
there is no /proc, `ru_maxrss` for both). Files are read as a stream, so that the recording itself is not
counted, except where reading it is what the row is about. Linux and macOS.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import scipy.signal  # the baseline

GOAL_MIB = 60.0
TOP = Path(__file__).parents[2]
_AXES = 7  # of a row of the file: t_s, acc_g, gyr_dps


def nothing(_path: Path, _rate_hz: float) -> int:
    """The baseline: numpy and scipy.signal are imported, nothing else."""
    assert np is not None
    assert scipy.signal is not None
    return 0


def modules(_path: Path, _rate_hz: float) -> int:
    """What the code of the engine takes."""
    from footsense.engine import Engine  # noqa: PLC0415

    Engine()
    return 0


def live(path: Path, rate_hz: float) -> int:
    """An engine with all detectors, given chunks of 20 ms, and asked for progress after each."""
    return _through_the_engine(path, rate_hz, max(1, round(0.02 * rate_hz)), watched=True)


def whole(path: Path, rate_hz: float) -> int:
    """An engine with all detectors, given chunks of some thousand samples, as replay does."""
    return _through_the_engine(path, rate_hz, 4096, watched=False)


def _through_the_engine(path: Path, rate_hz: float, size: int, *, watched: bool) -> int:
    from footsense.engine import Engine  # noqa: PLC0415
    from footsense.types import Samples, StreamInfo  # noqa: PLC0415

    engine, events, first = Engine(), 0, 0
    engine.process(StreamInfo(rate_hz, has_gyro=True, placement="foot", acc_range_g=8.0))
    with path.with_suffix(".f64").open("rb") as file:
        while data := file.read(size * _AXES * 8):
            rows = np.frombuffer(data).reshape(-1, _AXES)
            flags = np.zeros(len(rows), np.uint8)
            chunk = Samples(first, rows[:, 0].copy(), rows[:, 1:4].copy(), rows[:, 4:].copy(), flags)
            first += len(rows)
            events += len(engine.process(chunk))
            if watched:
                engine.progress()
    return events + len(engine.flush())


def packets(path: Path, _rate_hz: float) -> int:
    """A session from packets, as live: decoding, stream time, engine, recorder."""
    from footsense.recording import Recorder  # noqa: PLC0415
    from footsense.recording.mcap import scan_mcap  # noqa: PLC0415
    from footsense.session import Session, inputs_of  # noqa: PLC0415

    sensors = scan_mcap(path).sensors
    again = path.with_name(f"again-{os.getpid()}.mcap")
    session = Session(sensors, recorder=Recorder(again, sensors))
    events = sum(len(session.process(item)) for item in inputs_of(path))
    return events + len(session.close())


def replayed(path: Path, _rate_hz: float) -> int:
    """`footsense replay` of an .mcap, as fast as it goes."""
    from footsense.session import replay  # noqa: PLC0415

    return sum(len(events) for _, events in replay(path, paced=False))


def replayed_csv(path: Path, rate_hz: float) -> int:
    """`footsense replay` of a CSV, which is read whole."""
    return replayed(path.with_suffix(".csv"), rate_hz)


def analysed(path: Path, _rate_hz: float) -> int:
    """`footsense analyze` of an .mcap, not told the exercise."""
    from footsense.analysis import analyse  # noqa: PLC0415
    from footsense.recording import open_recording  # noqa: PLC0415

    return len(analyse(open_recording(path)).events)


ROWS: Mapping[str, tuple[Callable[[Path, float], int], str]] = {
    "imports": (nothing, "short"),
    "the engine's modules": (modules, "short"),
    "engine live, 20 ms chunks": (live, "short"),
    "session live, from packets, recorded": (packets, "short"),
    "engine over it whole": (whole, "long"),
    "replay of the .mcap": (replayed, "long"),
    "analyze of the .mcap": (analysed, "long"),
    "replay of the .csv": (replayed_csv, "long"),
}


def resident() -> tuple[int, int]:
    """Bytes of resident memory, now and at the peak."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
        now, peak = (int(lines[key].split()[0]) * 1024 for key in ("VmRSS", "VmHWM"))
        return now, peak
    import resource  # noqa: PLC0415, not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return peak, peak


def child(name: str, path: Path, rate_hz: float) -> str:
    """In a process of its own: do it, and tell `events now peak`, in bytes."""
    events = ROWS[name][0](path, rate_hz)
    return f"{events} {' '.join(map(str, resident()))}"


def measure(name: str, path: Path, rate_hz: float) -> tuple[int, int, int]:
    """(events, resident bytes at the end, at the peak) of a row."""
    command = [sys.executable, "-m", "tests.benchmarks.memory", "--child", name, str(path), str(rate_hz)]
    done = subprocess.run(
        command, cwd=TOP, capture_output=True, text=True, check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    events, end, peak = map(int, done.stdout.split())
    return events, end, peak


def make(path: Path, minutes: float, rate_hz: float) -> None:
    """The recording as packets (`path`), as plain numbers (`.f64`) and as a CSV."""
    from footsense.devices import Encoder, load_profile  # noqa: PLC0415
    from footsense.recording import Recorder  # noqa: PLC0415
    from footsense.types import RawPacket, SensorMeta  # noqa: PLC0415
    from tests.benchmarks.replay import recording  # noqa: PLC0415

    _, samples = recording(minutes, rate_hz, "day")
    assert samples.gyr_dps is not None
    table = np.column_stack([samples.t_s, samples.acc_g, samples.gyr_dps])
    table.tofile(path.with_suffix(".f64"))
    header, formats = "t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps", ["%.4f"] * 4 + ["%.2f"] * 3
    np.savetxt(path.with_suffix(".csv"), table, fmt=formats, delimiter=",", header=header, comments="")
    profile, settings = load_profile("generic"), {"rate_hz": round(rate_hz)}
    encoder, recorder = Encoder(profile, settings), Recorder(path, [SensorMeta("a1b2", profile.text, settings)])
    for k in range(0, len(samples), 2):
        part = slice(k, k + 2)
        host_ns = round((samples.t_s[part][-1] + 0.03) * 1e9)
        for char, data in encoder.encode(k, samples.t_s[part], samples.acc_g[part], samples.gyr_dps[part]):
            recorder.packet(RawPacket("a1b2", char, host_ns, data))
    recorder.close()


def table(folder: Path, minutes: Mapping[str, float], rate_hz: float) -> Iterator[str]:
    """The lines to print, of `short.mcap` and `long.mcap` in the folder, so many minutes each."""
    ground: tuple[int, int] = (0, 0)
    for name, (_, length) in ROWS.items():
        events, end, peak = measure(name, folder / f"{length}.mcap", rate_hz)
        ground = ground if any(ground) else (end, peak)
        above_end, above_peak = ((x - g) / 2**20 for x, g in zip((end, peak), ground, strict=True))
        over = "  over the goal" if above_peak > GOAL_MIB else ""
        of = f"{minutes[length]:g} min" if events else ""
        yield f"{name:42} {above_end:8.1f} {above_peak:8.1f} {of:>8} {events:7}{over}"
    yield f"above imports of {ground[0] / 2**20:.1f} at the end and {ground[1] / 2**20:.1f} at the peak"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live-minutes", type=float, default=20.0)
    parser.add_argument("--replay-minutes", type=float, default=60.0)
    parser.add_argument("--rate-hz", type=float, default=100.0)
    parser.add_argument("--child", nargs=3, metavar=("NAME", "PATH", "RATE"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        name, path, rate_hz = options.child
        print(child(name, Path(path), float(rate_hz)))
        return
    print(f"{'MiB of resident memory above imports':42} {'end':>8} {'peak':>8} {'of':>8} {'events':>7}")
    with tempfile.TemporaryDirectory() as folder:
        minutes = {"short": options.live_minutes, "long": options.replay_minutes}
        for name, of in minutes.items():
            make(Path(folder, f"{name}.mcap"), of, options.rate_hz)
        for line in table(Path(folder), minutes, options.rate_hz):
            print(line, flush=True)


if __name__ == "__main__":
    main()
