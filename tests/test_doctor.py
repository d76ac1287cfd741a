"""What is wrong with Bluetooth here, in words: each system's cases, without its hardware."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakError
from bleak.exc import BleakBluetoothNotAvailableReason as Why
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from shown import is_safe

from footsense.cli import doctor, permission
from footsense.errors import BluetoothError
from footsense.simulate.virtual_link import VirtualScanner
from footsense.sources import attempt, words
from footsense.sources.central import Central, Patience
from footsense.sources.doctor import findings, in_one_line
from footsense.sources.machine import Machine, Switch, look
from footsense.sources.trouble import Trouble

LINUX = Machine("Linux", "6.1.0", adapters=("hci0",), service=True, systemd=True)
BARE = Machine("Linux", "6.1.0")
SOFT, HARD = Switch("hci0", soft=True, hard=False), Switch("tpacpi_bluetooth_sw", soft=False, hard=True)
FREE = Switch("hci0", soft=False, hard=False)
MAC = Machine("Darwin", "24.1.0", terminal="iTerm.app")
WINDOWS = Machine("Windows", "11", build=22631)


def wrong(machine: Machine, trouble: Trouble, detail: str = "") -> list[str]:
    return [f.code for f in findings(machine, trouble, detail) if not f.ok]


@pytest.mark.parametrize(
    ("machine", "trouble", "codes", "advice"),
    [
        (BARE, Trouble.NO_ADAPTER, ["no-adapter"], "plug in a USB adapter"),
        (BARE, Trouble.NO_SERVICE, ["no-adapter", "no-service"], "sudo apt install bluez"),
        (BARE, Trouble.NO_BUS, ["no-adapter", "no-bus"], "service dbus start"),
        (BARE, Trouble.OFF, ["powered-off"], "bluetoothctl power on"),
        (LINUX, Trouble.NO_SERVICE, ["no-service"], "systemctl enable --now bluetooth"),
        (Machine("Linux", service=True, adapters=("hci0",)), Trouble.NO_SERVICE, ["no-service"],
         "sudo service bluetooth start"),
        (LINUX, Trouble.NO_ADAPTER, ["adapter-not-seen"], "systemctl restart bluetooth"),
        (LINUX, Trouble.DENIED, ["denied"], "usermod -aG bluetooth"),
        (LINUX, Trouble.FORBIDDEN, ["forbidden"], "administrator"),
        (LINUX, Trouble.NO_BACKEND, ["no-backend"], "--force-reinstall bleak"),
        (LINUX, Trouble.NO_LOW_ENERGY, ["no-low-energy"], "Bluetooth 4.0"),
        (LINUX, Trouble.OLD_SERVICE, ["old-service"], "update bluez"),
        (LINUX, Trouble.NO_ANSWER, ["no-answer"], "systemctl restart bluetooth"),
        (LINUX, Trouble.BUSY, ["busy"], "close"),
        (LINUX, Trouble.OTHER, ["other"], "journalctl -u bluetooth"),
        (Machine("Linux", switches=(FREE, SOFT), adapters=("hci0",)), Trouble.OFF, ["blocked-by-software"],
         "rfkill unblock bluetooth"),
        (Machine("Linux", switches=(HARD,)), Trouble.NO_ADAPTER, ["blocked-by-switch"], "key or slider"),
        (Machine("Linux", switches=(FREE,), adapters=("hci0",)), Trouble.OFF, ["powered-off"], "power on"),
        (Machine("Linux", switches=(SOFT,), adapters=("hci0",)), Trouble.DENIED,
         ["blocked-by-software", "denied"], "usermod"),
        (Machine("Linux", inside="wsl"), Trouble.NO_BUS, ["wsl"], "in Windows itself"),
        (Machine("Linux", inside="wsl"), Trouble.NO_ADAPTER, ["wsl"], "usbipd"),
        (Machine("Linux", inside="wsl", adapters=("hci0",)), Trouble.OFF, ["powered-off"], "bluetoothctl"),
        (Machine("Linux", inside="container"), Trouble.NO_BUS, ["container"], "-v /run/dbus:/run/dbus"),
        (Machine("Linux", inside="container"), Trouble.NO_ADAPTER, ["no-adapter"], "plug in"),
        (Machine("Linux", inside="container", adapters=("hci0",)), Trouble.DENIED, ["denied"], "apparmor"),
        (Machine("Linux", inside="vm"), Trouble.NO_ADAPTER, ["no-adapter"], "on the host itself"),
        (MAC, Trouble.KILLED, ["killed"], "Privacy & Security → Bluetooth"),
        (MAC, Trouble.DENIED, ["denied"], "Privacy & Security → Bluetooth"),
        (MAC, Trouble.FORBIDDEN, ["forbidden"], "Screen Time"),
        (MAC, Trouble.OFF, ["powered-off"], "Control Centre"),
        (MAC, Trouble.NO_ANSWER, ["no-answer"], "question on the screen"),
        (MAC, Trouble.NO_ADAPTER, ["no-adapter"], "another one"),
        (MAC, Trouble.NO_BACKEND, ["no-backend"], "--force-reinstall bleak"),
        (WINDOWS, Trouble.OFF, ["powered-off"], "Bluetooth & devices"),
        (WINDOWS, Trouble.NO_ADAPTER, ["no-adapter"], "Device Manager"),
        (WINDOWS, Trouble.NO_LOW_ENERGY, ["no-low-energy"], "Bluetooth 4.0"),
        (WINDOWS, Trouble.DENIED, ["denied"], "Privacy & security"),
        (WINDOWS, Trouble.OTHER, ["other"], "services.msc"),
        (Machine("Windows", "10", build=15063), Trouble.OTHER, ["old-system"], "1709"),
        (Machine("FreeBSD", "14"), Trouble.OTHER, ["no-system"], "use Linux, macOS or Windows"),
    ],
)  # fmt: skip
def test_each_trouble_is_named_with_what_to_do(
    machine: Machine, trouble: Trouble, codes: list[str], advice: str
) -> None:
    assert wrong(machine, trouble) == codes
    assert advice in findings(machine, trouble)[-1].advice


def test_the_terminal_that_macos_asks_for_is_called_by_its_name() -> None:
    assert "iTerm use" in findings(MAC, Trouble.DENIED)[0].text
    assert "the terminal program" in findings(Machine("Darwin"), Trouble.DENIED)[0].text


MACHINES = st.builds(
    Machine,
    st.sampled_from(["Linux", "Darwin", "Windows", "Java", ""]),
    inside=st.sampled_from(["", "wsl", "container", "vm"]),
    adapters=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    switches=st.lists(st.builds(Switch, st.text(max_size=5), st.booleans(), st.booleans()), max_size=2).map(
        tuple
    ),
    service=st.booleans(),
    systemd=st.booleans(),
    terminal=st.text(max_size=8),
    build=st.integers(0, 30000),
)


@given(MACHINES, st.sampled_from(Trouble), st.text())
def test_there_is_always_an_answer_in_one_safe_line(machine: Machine, trouble: Trouble, detail: str) -> None:
    found = [f for f in findings(machine, trouble, detail) if not f.ok]
    assert found
    assert all(f.text and f.advice and is_safe(f.line) for f in found)
    assert in_one_line(machine, trouble, detail).startswith(found[0].line)


@given(MACHINES)
def test_where_listening_works_nothing_is_wrong(machine: Machine) -> None:
    assert all(f.ok for f in findings(machine, None))


@pytest.mark.parametrize(
    ("error", "system", "trouble"),
    [
        (BleakBluetoothNotAvailableError("", Why.NO_BLUETOOTH), "Linux", Trouble.NO_ADAPTER),
        (BleakBluetoothNotAvailableError("", Why.NO_BLE_CENTRAL_ROLE), "Windows", Trouble.NO_LOW_ENERGY),
        (BleakBluetoothNotAvailableError("", Why.POWERED_OFF), "Darwin", Trouble.OFF),
        (BleakBluetoothNotAvailableError("", Why.DENIED_BY_USER), "Darwin", Trouble.DENIED),
        (BleakBluetoothNotAvailableError("", Why.DENIED_BY_UNKNOWN), "Darwin", Trouble.DENIED),
        (BleakBluetoothNotAvailableError("", Why.DENIED_BY_SYSTEM), "Linux", Trouble.FORBIDDEN),
        (BleakBluetoothNotAvailableError("", Why.UNKNOWN), "Darwin", Trouble.OTHER),
        (BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", []), "Linux", Trouble.NO_SERVICE),
        (BleakDBusError("org.freedesktop.DBus.Error.Spawn.ExecFailed", []), "Linux", Trouble.NO_SERVICE),
        (BleakDBusError("org.freedesktop.DBus.Error.AccessDenied", []), "Linux", Trouble.DENIED),
        (BleakDBusError("org.freedesktop.DBus.Error.NoReply", []), "Linux", Trouble.NO_ANSWER),
        (BleakDBusError("org.bluez.Error.NotReady", []), "Linux", Trouble.OFF),
        (BleakDBusError("org.bluez.Error.InProgress", []), "Linux", Trouble.BUSY),
        (BleakDBusError("org.bluez.Error.Failed", []), "Linux", Trouble.OTHER),
        (BleakError("Failed to start scanner. Is Bluetooth turned on?"), "Windows", Trouble.OTHER),
        (ModuleNotFoundError("No module named 'dbus_fast'"), "Linux", Trouble.NO_BACKEND),
        (FileNotFoundError(2, "No such file"), "Linux", Trouble.NO_BUS),
        (ConnectionRefusedError(111, "refused"), "Linux", Trouble.NO_BUS),
        (PermissionError(13, "denied"), "Linux", Trouble.DENIED),
        (OSError(5, "input/output"), "Linux", Trouble.OTHER),
        (FileNotFoundError(2, "No such file"), "Windows", Trouble.OTHER),
        (words.OldServiceError("no 'Roles'"), "Linux", Trouble.OLD_SERVICE),
        (TimeoutError(), "Linux", Trouble.NO_ANSWER),
        (EOFError(), "Linux", Trouble.OTHER),
    ],
)
def test_what_an_error_of_bleak_means(error: Exception, system: str, trouble: Trouble) -> None:
    assert words.trouble_of(error, system) is trouble


@pytest.mark.parametrize(
    ("code", "trouble"), [(-2147020577, Trouble.OFF), (-2147221231, Trouble.NO_ADAPTER), (-1, Trouble.OTHER)]
)
def test_what_an_error_of_windows_means(code: int, trouble: Trouble) -> None:
    error = OSError()
    error.winerror = code  # type: ignore[attr-defined]  # which only Windows' own has
    assert words.trouble_of(error, "Windows") is trouble


# the machine


def put(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def seen(root: Path, release: str = "6.1.0", **env: str) -> Machine:
    return look("Linux", release, "", root, env)


def test_a_linux_machine_is_read_from_its_files(tmp_path: Path) -> None:
    assert seen(tmp_path) == Machine("Linux", "6.1.0")
    (tmp_path / "sys/class/bluetooth/hci0").mkdir(parents=True)
    (tmp_path / "sys/class/bluetooth/hci0:64").mkdir()  # a connection, which stands beside it
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    rfkill = "sys__class__rfkill__rfkill"
    put(tmp_path, **{f"{rfkill}0__type": "wlan\n", f"{rfkill}0__soft": "1\n"})
    put(tmp_path, **{f"{rfkill}1__type": "bluetooth\n", f"{rfkill}1__name": "hci0\n", f"{rfkill}1__soft": "1\n",
                     f"{rfkill}1__hard": "0\n", "usr__libexec__bluetooth__bluetoothd": ""})  # fmt: skip
    expected = Machine("Linux", "6.1.0", "", ("hci0",), (SOFT,), service=True, systemd=True)
    assert seen(tmp_path) == expected


@pytest.mark.parametrize(
    ("files", "release", "env", "inside"),
    [
        ({}, "5.15.90.1-microsoft-standard-WSL2", {}, "wsl"),
        ({}, "4.4.0-19041-Microsoft", {}, "wsl"),
        ({".dockerenv": ""}, "6.1.0", {}, "container"),
        ({"run__.containerenv": ""}, "6.1.0", {}, "container"),
        ({}, "6.1.0", {"container": "lxc"}, "container"),
        ({"proc__1__cgroup": "12:pids:/kubepods/burst\n"}, "6.1.0", {}, "container"),
        ({"sys__class__dmi__id__sys_vendor": "innotek GmbH\n"}, "6.1.0", {}, "vm"),
        ({"sys__class__dmi__id__product_name": "Virtual Machine\n"}, "6.1.0", {}, "vm"),
        ({"sys__class__dmi__id__sys_vendor": "LENOVO\n"}, "6.1.0", {}, ""),
    ],
)
def test_what_a_system_runs_inside_of(
    tmp_path: Path, files: dict[str, str], release: str, env: dict[str, str], inside: str
) -> None:
    assert seen(put(tmp_path, **files), release, **env).inside == inside


def test_the_other_systems_are_known_by_their_name_and_version() -> None:
    assert look("Windows", "11", "10.0.22631", Path("/none"), {}) == WINDOWS
    assert (
        look("Darwin", "24.1.0", "Darwin Kernel Version 24", Path("/none"), {"TERM_PROGRAM": "iTerm.app"})
        == MAC
    )


# the attempt


def ran(code: int, out: str = "", errors: str = "") -> Any:
    return lambda *_, **__: subprocess.CompletedProcess([], code, out, errors)


def stuck(*_: Any, **kw: Any) -> Any:
    raise subprocess.TimeoutExpired("python", kw["timeout"])


@pytest.mark.parametrize(
    ("system", "run", "met"),
    [
        ("Linux", ran(0, '{"trouble": null, "detail": ""}\n'), (None, "")),
        ("Linux", ran(0, 'noise\n{"trouble": "busy", "detail": "x"}\n'), (Trouble.BUSY, "x")),
        ("Darwin", ran(-6), (Trouble.KILLED, "ended by signal 6")),
        ("Linux", ran(-11), (Trouble.OTHER, "ended by signal 11")),
        ("Windows", ran(1, "", "Traceback\nKeyError: 'x'\n"), (Trouble.OTHER, "KeyError: 'x'")),
        ("Windows", ran(3), (Trouble.OTHER, "ended with code 3")),
        ("Linux", ran(0, '{"trouble": "new", "detail": "x"}'), (Trouble.OTHER, "ended with code 0")),
        ("Linux", stuck, (Trouble.NO_ANSWER, "")),
    ],
)
def test_however_the_attempt_ends_it_is_understood(system: str, run: Any, met: attempt.Met) -> None:
    assert attempt.attempt(system, run) == met


@pytest.mark.skipif(sys.platform != "linux", reason="not run: the bus is looked for on Linux only")
def test_a_process_of_its_own_tells_what_it_met(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nothing'}")
    trouble, detail = attempt.attempt()
    assert trouble is Trouble.NO_BUS, detail


class Deaf(VirtualScanner):
    """A system that never begins to listen."""

    async def start(self) -> None:
        await asyncio.sleep(60)


class Old(VirtualScanner):
    """As bleak's, where BlueZ does not tell what an adapter can be."""

    async def start(self) -> None:
        raise KeyError("Roles")


def test_a_service_that_is_too_old_is_named() -> None:
    assert attempt._listen(1, backend=Old, radio=None) == (Trouble.OLD_SERVICE, "no 'Roles'")


def test_a_system_that_never_begins_to_listen_is_said_to_be_silent() -> None:
    scan_kw = {"backend": Deaf, "radio": None}
    assert attempt._listen(0.05, **scan_kw) == (Trouble.NO_ANSWER, "TimeoutError")
    with pytest.raises(BluetoothError, match="not answer"):
        asyncio.run(Central((), scan_kw=scan_kw, patience=Patience(listen_s=0.05)).scan(1))


# the commands


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes this a machine of that kind, on which that is met."""

    def make(machine: Machine, trouble: Trouble | None, detail: str = "") -> None:
        monkeypatch.setattr("footsense.sources.machine.this_machine", lambda: machine)
        monkeypatch.setattr(words, "this_machine", lambda: machine)
        monkeypatch.setattr(attempt, "attempt", lambda _system: (trouble, detail))

    return make


def test_doctor_says_it_in_text_and_in_json(here: Any) -> None:
    here(BARE, Trouble.NO_SERVICE)
    done = CliRunner().invoke(doctor.command, [])
    assert done.exit_code == 1
    assert "WRONG  no Bluetooth adapter on this machine" in done.output
    assert "footsense demo" in done.output
    done = CliRunner().invoke(doctor.command, ["--json"])
    told = json.loads(done.output)
    assert (done.exit_code, told["ok"], told["schema"]) == (1, False, "footsense.doctor/1")
    assert [(f["code"], f["ok"]) for f in told["findings"]] == [("no-adapter", False), ("no-service", False)]


def test_doctor_is_content_where_listening_works(here: Any) -> None:
    here(LINUX, None)
    done = CliRunner().invoke(doctor.command, [])
    assert done.exit_code == 0
    assert [line[:5] for line in done.output.splitlines()[1:]] == ["ok   ", "ok   "]
    assert json.loads(CliRunner().invoke(doctor.command, ["--json"]).output)["ok"] is True


def test_the_same_words_stand_where_another_command_meets_it(here: Any) -> None:
    here(LINUX, Trouble.OFF)
    with pytest.raises(BluetoothError) as met, words.explained():
        raise BleakBluetoothNotAvailableError("No powered adapters", Why.POWERED_OFF)
    told = json.loads(CliRunner().invoke(doctor.command, ["--json"]).output)["findings"][-1]
    assert str(met.value).startswith(f"{told['text']}: {told['advice']}; ")


def test_macos_is_asked_before_it_can_end_the_program(here: Any) -> None:
    here(MAC, Trouble.KILLED)
    with pytest.raises(BluetoothError, match="iTerm may not use Bluetooth"):
        permission.ask_for_bluetooth()
    here(MAC, None)
    permission.ask_for_bluetooth()
    here(LINUX, Trouble.KILLED)  # whom nobody asked
    permission.ask_for_bluetooth()
