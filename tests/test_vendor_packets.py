"""Packets and commands of the makers' own tests, and of other people's, beyond those that the profiles hold.

Each file of `fixtures/packets` is one profile's; bytes and numbers are from the sources that it names.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from footsense.cli import cli
from footsense.devices import load_profile
from footsense.devices.matching import Advertised, score
from footsense.devices.reading import difference
from footsense.devices.uuids import full

FILES = sorted((Path(__file__).parent / "fixtures" / "packets").glob("*.toml"))


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(path.stem, case, id=f"{path.stem}-{i}")
        for path in FILES
        for i, case in enumerate(tomllib.loads(path.read_text(encoding="utf-8")).get(kind, []))
    ]


def told(word: str, profile: str, case: dict[str, Any], *more: str) -> Any:
    chosen = [f"--set={name}={value}" for name, value in case.get("settings", {}).items()]
    result = CliRunner().invoke(
        cli, ["profiles", word, profile, "--json", *chosen, *more], catch_exceptions=False
    )
    return [json.loads(line) for line in result.stdout.splitlines()]


def place(profile: str, char: str) -> str:
    """The UUID, where the profile has a name for it."""
    chars = load_profile(profile).data.chars
    return full(chars[char].uuid) if char in chars else char


@pytest.mark.parametrize(("profile", "case"), cases("packet"))
def test_a_packet_means_what_its_source_says(profile: str, case: dict[str, Any]) -> None:
    char = ["--char", place(profile, case["char"])] if "char" in case else []
    answers = told("decode", profile, case, *char, *(h.replace(" ", "") for h in case["hex"]))
    last = {name: answers[-1].get(name) for name in case["expected"]}
    assert not difference(case["expected"], last, case.get("tolerance", 1e-6)), (case["source"], answers[-1])


@pytest.mark.parametrize(("profile", "case"), cases("command"))
def test_the_writes_are_those_of_the_source(profile: str, case: dict[str, Any]) -> None:
    writes = [write["hex"] for write in told("commands", profile, case)[0]]
    missing = [x for x in case["bytes"] if x.replace(" ", "").lower() not in writes]
    assert not missing, (case["source"], writes)


@pytest.mark.parametrize(("profile", "case"), cases("advert"))
def test_an_advert_is_recognised(profile: str, case: dict[str, Any]) -> None:
    heard = Advertised(
        case.get("name", ""),
        [full(uuid) for uuid in case.get("services", [])],
        {int(company, 16): bytes.fromhex(data) for company, data in case.get("companies", {}).items()},
        {full(uuid): bytes.fromhex(data) for uuid, data in case.get("service_data", {}).items()},
    )
    assert (score(load_profile(profile).data.match, heard) > 0) == case.get("is_one", True), case["source"]
