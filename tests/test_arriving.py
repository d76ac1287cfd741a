"""What `record` says of a link that does not carry what the sensor was asked for."""

import asyncio
import io
from pathlib import Path

import numpy as np
import pytest

from footsense.cli.arriving import Arriving
from footsense.cli.record import Wish
from footsense.cli.record import run as record
from footsense.cli.screen import Screen
from footsense.devices import load_profile
from footsense.simulate import Scenario, simulate
from footsense.simulate.rig import virtual_rig
from footsense.sources.central import Central, Patience
from footsense.types import INTERPOLATED, Samples


def said(arriving: Arriving, kept: float, seconds: float, *, filled: bool, begin_s: float = 0.0) -> list[str]:
    """The lines on a stream of 100 Hz of which this share was measured; the rest is `filled` in or missing."""
    lines = []
    for k in range(round(seconds * 10)):
        flags = np.where(np.arange(10) < round(10 * kept), 0, INTERPOLATED).astype(np.uint8)
        there = np.ones(10, bool) if filled else flags == 0
        t_s = begin_s + (10 * k + np.arange(10)) / 100
        samples = Samples(10 * k, t_s[there], np.zeros((there.sum(), 3)), None, flags[there])
        lines.append(arriving.add(samples))
    return [line for line in lines if line]


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize(("kept", "told"), [(1.0, 0), (0.9, 0), (0.8, 1), (0.3, 1)])
def test_too_few_samples_are_told_once(kept: float, told: int, filled: bool) -> None:
    lines = said(Arriving(100.0), kept, 30.0, filled=filled)
    assert len(lines) == told
    assert all(f"of 100 samples a second {100 * kept:.0f}" in line and "nearer" in line for line in lines)


def test_what_was_lost_with_the_link_is_not_held_against_it() -> None:
    arriving = Arriving(100.0)
    assert said(arriving, 1.0, 5.0, filled=True) == []
    arriving.begin_anew()
    assert said(arriving, 1.0, 20.0, filled=True, begin_s=60.0) == []


def test_of_what_is_too_slow_anyway_nothing_more_is_said() -> None:
    assert said(Arriving(5.0), 0.1, 20.0, filled=False) == []


def test_record_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a good link, of which more is wanted than there is."""
    monkeypatch.setattr("footsense.cli.arriving._TRIAL_S", 1.0)
    monkeypatch.setattr("footsense.cli.arriving._ENOUGH", 1.5)
    profile, wearer = load_profile("generic"), simulate(Scenario(motion="sitting", duration_s=20, seed=1))
    out = io.StringIO()

    async def done() -> None:
        async with virtual_rig(profile, wearer, None) as rig:
            kw = {"scan_kw": rig.radio.scan_kw, "client_kw": rig.radio.client_kw}
            central = Central([profile], **kw, patience=Patience(settle_s=0.1))
            await record(central, Wish(tmp_path / "a.mcap", side="left", duration_s=2), Screen(out))

    asyncio.run(asyncio.wait_for(done(), 60))
    assert "of 100 samples a second 10" in out.getvalue()
