"""What other packages make of the same array, where they are installed; none is needed.

    python -m pip install vqf gaitmap scikit-digital-health     # gaitmap-mad too, for its stride segmentation

Nobody else counts these exercises, so each is the nearest that there is: orientation (the first step of many a
counter), rest detection (of a hold), walking and strides (of a step). What they say of a foot, which they were
not made for, means nothing; how long they take does. gaitmap holds numpy and pandas at older versions: give it
an environment of its own. gaitmap-mad is under AGPL-3.0; nothing in footsense uses it.
"""

import importlib.metadata
import importlib.util
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np

from footsense.types import Floats, Samples, StreamInfo

G_MS2 = 9.80665

Rows = Iterator[tuple[str, Callable[[], object]]]


def rows(info: StreamInfo, samples: Samples) -> Rows:
    """(name with version, what to time) of each function whose package is installed."""
    for package, module, those in (
        ("vqf", "vqf", _vqf),
        ("gaitmap", "gaitmap", _gaitmap),
        ("gaitmap-mad", "gaitmap_mad", _gaitmap_mad),
        ("scikit-digital-health", "skdh", _skdh),
    ):
        if importlib.util.find_spec(module) is None:
            continue
        version = importlib.metadata.version(package)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # theirs are not ours to mend
            for name, work in those(info, samples):
                yield f"{package} {version}, {name}", _quietly(work)


def live_rows(info: StreamInfo) -> Iterator[tuple[str, Callable[[Samples], object]]]:
    """(name, what to time) of the functions that take samples as they come; each is given every chunk."""
    if importlib.util.find_spec("vqf") is None:
        return
    filter_ = import_module("vqf").VQF(1 / info.rate_hz)

    def update(chunk: Samples) -> object:
        assert chunk.gyr_dps is not None
        for acc, gyr in zip(chunk.acc_g * G_MS2, np.deg2rad(chunk.gyr_dps), strict=True):
            filter_.update(gyr, acc)
        return filter_.getQuat6D()

    yield f"vqf {importlib.metadata.version('vqf')}, VQF.update", update


def absent() -> list[str]:
    """Packages that a full comparison lacks here."""
    wanted = {"vqf": "vqf", "gaitmap": "gaitmap", "gaitmap-mad": "gaitmap_mad", "scikit-digital-health": "skdh"}
    return [package for package, module in wanted.items() if importlib.util.find_spec(module) is None]


def _quietly(work: Callable[[], object]) -> Callable[[], object]:
    def quiet() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()

    return quiet


def _vqf(info: StreamInfo, samples: Samples) -> Rows:
    vqf = import_module("vqf")

    def orientation() -> str:
        assert samples.gyr_dps is not None
        acc, gyr = samples.acc_g * G_MS2, np.deg2rad(samples.gyr_dps)
        return f"{len(vqf.VQF(1 / info.rate_hz).updateBatch(gyr, acc)['quat6D'])} orientations"

    yield "VQF.updateBatch", orientation


def _frame(samples: Samples, names: str) -> Any:
    """A data frame with the columns that gaitmap asks for, m/s² and deg/s."""
    columns = [f"{kind}_{axis}" for kind in ("acc", "gyr") for axis in names.split()]
    assert samples.gyr_dps is not None
    both = np.column_stack([samples.acc_g * G_MS2, samples.gyr_dps])
    return import_module("pandas").DataFrame(both, columns=columns)


def _gaitmap(info: StreamInfo, samples: Samples) -> Rows:
    zupt, path = import_module("gaitmap.zupt_detection"), import_module("gaitmap.trajectory_reconstruction")
    data, rate = _frame(samples, "x y z"), {"sampling_rate_hz": info.rate_hz}
    for name in ("NormZuptDetector", "ShoeZuptDetector"):
        detector = getattr(zupt, name)
        yield f"{name}.detect", lambda d=detector: f"{len(d().detect(data, **rate).zupts_)} rests"  # type: ignore[misc]
    yield (
        "MadgwickAHRS.estimate",
        lambda: f"{len(path.MadgwickAHRS().estimate(data, **rate).orientation_)} orientations",
    )


def _gaitmap_mad(info: StreamInfo, samples: Samples) -> Rows:
    strides, data = import_module("gaitmap.stride_segmentation"), _frame(samples, "pa ml si")
    yield (
        "BarthDtw.segment",
        lambda: f"{len(strides.BarthDtw().segment(data, sampling_rate_hz=info.rate_hz).stride_list_)} strides",
    )


def _skdh(info: StreamInfo, samples: Samples) -> Rows:
    utility, context = import_module("skdh.utility"), import_module("skdh.context")
    gait = import_module("skdh.gait")
    t_s: Floats = samples.t_s - samples.t_s[0]
    told = {"time": t_s, "accel": samples.acc_g, "fs": info.rate_hz}
    whole = np.array([[0, len(t_s) - 1]])
    second = max(2, round(info.rate_hz))
    yield "moving_sd, 1 s", lambda: f"{len(utility.moving_sd(samples.acc_g, second, 1, axis=0)[0])} windows"
    yield (
        "PredictGaitLumbarLgbm",
        lambda: f"{len(context.PredictGaitLumbarLgbm().predict(**told)['Gait Bout Start'])} walks",
    )
    yield (
        "GaitLumbar",
        lambda: f"{len(gait.GaitLumbar().predict(**told, gait_bouts=whole)['IC Timestamp'])} steps",
    )
