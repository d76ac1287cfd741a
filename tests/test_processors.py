"""The same recordings give the same events, byte for byte, whatever the processor can do.

Child processes run with other OpenBLAS kernels, with numpy's SIMD dispatch switched off, and with a C library
that keeps off AVX2 and FMA. Each has to show by its controls that it really computed otherwise.
"""

import ast
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import butter, freqz, sosfilt, sosfreqz

from footsense.devices import Encoder, load_profile
from footsense.recording import Recorder
from footsense.resources import data_folder
from footsense.session import Session
from footsense.signal.butterworth import band_pass, high_pass, low_pass, settled
from footsense.simulate import Scenario, simulate, write
from footsense.types import RawPacket, SensorMeta

TOP = Path(__file__).parents[1]
SHORT: Mapping[str, Mapping[str, Any]] = {
    "ankle-circles": {"reps": 4},
    "band-flexes": {"reps": 3},
    "top-presses": {"reps": 4},
    "pencil-pickups": {"reps": 3},
    "toe-walk": {"sets": 1, "reps": 12},
}
REAL = ("ipol_gait/6-1_rf.csv.gz", "pt_exercises/s1_e4_moving.csv.gz", "gaitmap_examples/stair_up_left.csv.gz")
NO_FMA = "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable"  # the names of newer and older ones
ON_PC = platform.machine().lower() in {"x86_64", "amd64"}


def dispatched() -> list[str]:
    """What numpy found in this processor above its baseline, and can be told to leave alone."""
    shown = np.show_config(mode="dicts")
    return list(shown["SIMD Extensions"].get("found", [])) if shown else []


def kernels() -> list[str]:
    """OpenBLAS kernels that this processor can run: an old one, and one that the newest leave unused."""
    if not ON_PC:
        return ["ARMV8"]
    has_avx2 = {"X86_V3", "AVX2"} & set(dispatched())
    return ["Nehalem", *(["Haswell"] if has_avx2 else [])]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Each exercise with a gyro and without, at odd rates, one as packets; and real recordings, if there."""
    folder = tmp_path_factory.mktemp("processors")
    made = []
    for seed, (motion, wish) in enumerate(SHORT.items()):
        for gyro, rate_hz in ((True, 59.97), (False, 104.0)):
            made.append(folder / f"{motion}-{rate_hz}.csv")
            write(simulate(Scenario(motion=motion, seed=seed, gyro=gyro, rate_hz=rate_hz, **wish)), made[-1])
    made.append(_as_packets(folder / "packets.mcap"))
    given = os.environ.get("FOOTSENSE_DATA")
    return [str(f) for f in [*made, *(Path(given, "data", name) for name in REAL if given)]]


def _as_packets(path: Path) -> Path:
    wearer = simulate(Scenario(motion="ankle-circles", seed=9, reps=4, loss=0.02))
    text = (data_folder("firmware_profiles") / "generic.toml").read_text(encoding="utf-8")
    meta = SensorMeta("a1b2", text, {"rate_hz": 100}, "right", "foot")
    session = Session([meta], recorder=Recorder(path, [meta]))
    encoder = Encoder(load_profile("generic"), {"rate_hz": 100})
    assert wearer.gyr_dps is not None
    for k in range(0, len(wearer.t_s), 5):
        part = slice(k, k + 5)
        host_ns = round((wearer.t_s[part][-1] + 0.03) * 1e9)
        for char, data in encoder.encode(k, wearer.t_s[part], wearer.acc_g[part], wearer.gyr_dps[part]):
            session.process(RawPacket("a1b2", char, host_ns, data))
    session.close()
    return path


def told(files: Sequence[str], environment: Mapping[str, str], *options: str) -> dict[str, Any]:
    """What a process says of the files that is told to do without."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.processor", *options, *files],
        cwd=TOP, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@cache
def here(files: tuple[str, ...]) -> dict[str, Any]:
    return told(files, {})


def check(files: list[str], environment: Mapping[str, str], control: str) -> None:
    expected, other = here(tuple(files)), told(files, environment)
    for file in files:
        assert other["found"][file] == expected["found"][file]
    assert other["filters"] == expected["filters"]
    if other["control"][control] == expected["control"][control]:
        pytest.skip(f"same events, but nothing was computed otherwise: {environment} is what runs here anyway")


def test_there_are_events_to_compare(files: list[str]) -> None:
    for file, lines in here(tuple(files))["found"].items():
        assert len(lines) > 1, file


@pytest.mark.parametrize("kernel", kernels())
def test_other_kernels_of_openblas_change_no_event(kernel: str, files: list[str]) -> None:
    check(files, {"OPENBLAS_CORETYPE": kernel}, "blas")


def test_numpy_without_simd_dispatch_changes_no_event(files: list[str]) -> None:
    check(files, {"NPY_DISABLE_CPU_FEATURES": " ".join(dispatched())}, "simd")


def test_a_c_library_without_fma_changes_no_event(files: list[str]) -> None:
    check(files, {"GLIBC_TUNABLES": NO_FMA}, "libm")


@pytest.mark.skipif(not ON_PC, reason="not run: no OpenBLAS kernel is known that differs here for sure")
def test_a_product_of_matrices_in_the_counting_path_is_noticed(files: list[str]) -> None:
    few = files[:4]
    assert told(few, {"OPENBLAS_CORETYPE": "Nehalem"}, "--fault")["found"] != told(few, {}, "--fault")["found"]


@pytest.mark.parametrize("rate_hz", [10.0, 59.97, 400.0])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_filters_are_butterworth_s(order: int, rate_hz: float) -> None:
    low, high = 0.11 * rate_hz, 0.3 * rate_hz
    at_hz = np.linspace(0.0, 0.49 * rate_hz, 50)
    expected = butter(order, low, fs=rate_hz, output="sos")
    sections = low_pass(order, low, rate_hz)
    assert sections.shape == expected.shape
    np.testing.assert_allclose(sosfilt(sections, np.ones(99), zi=settled(sections))[0], 1.0, atol=1e-9)
    pairs = [
        (sosfreqz(sections, at_hz, fs=rate_hz), sosfreqz(expected, at_hz, fs=rate_hz)),
        *(
            (freqz(*mine, at_hz, fs=rate_hz), freqz(*scipys, at_hz, fs=rate_hz))
            for mine, scipys in (
                (high_pass(order, high, rate_hz), butter(order, high, "highpass", fs=rate_hz)),
                (band_pass(order, (low, high), rate_hz), butter(order, [low, high], "bandpass", fs=rate_hz)),
            )
        ),
    ]
    for mine, scipys in pairs:
        np.testing.assert_allclose(mine[1], scipys[1], atol=1e-9)


@pytest.mark.parametrize("cutoff_hz", [0.0, 50.0, float("nan")])
def test_a_cutoff_outside_the_band_is_refused(cutoff_hz: float) -> None:
    with pytest.raises(ValueError, match="half of 100 Hz"):
        low_pass(2, cutoff_hz, 100.0)


DIFFER = {
    "butter", "cheby1", "bessel", "iirfilter", "firwin", "sosfilt_zi", "lfilter_zi", "filtfilt", "sosfiltfilt",
    "matmul", "dot", "vdot", "inner", "tensordot", "convolve", "correlate", "linalg", "norm", "cov", "polyfit",
    "arctan", "arctan2", "arcsin", "arccos", "atan", "atan2", "asin", "acos", "sin", "cos", "tan", "exp", "log",
    "log2", "log10", "power", "cbrt", "hypot", "fft", "Rotation",
}  # fmt: skip


def differing(code: str) -> set[str]:
    """What a module takes from numpy, scipy or math that processors do not agree on."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
            found.add("@")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found |= {node.attr} & DIFFER if node.value.id in {"np", "math", "signal"} else set()
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {
            "scipy",
            "numpy",
            "math",
        }:
            found |= {a.name for a in node.names} & DIFFER
    return found


@pytest.mark.parametrize("folder", ["signal", "exercises", "stream"])
def test_the_counting_path_takes_nothing_that_processors_do_not_agree_on(folder: str) -> None:
    modules = list((TOP / "footsense" / folder).glob("*.py"))
    assert len(modules) > 5
    assert {m.name: d for m in modules if (d := differing(m.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    "code", ["a @ b", "np.exp(x)", "from scipy.signal import butter", "math.atan2(y, x)", "np.linalg.norm(x)"]
)
def test_such_a_taking_is_noticed(code: str) -> None:
    assert differing(code)
