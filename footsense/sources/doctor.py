"""What is wrong with Bluetooth here, and what to do: from what the machine tells and what was met in trying.

Nothing here looks at the machine or at Bluetooth itself. These words also stand wherever a command meets a
machine without usable Bluetooth.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from footsense.sources.machine import Machine
from footsense.sources.trouble import Trouble
from footsense.text import display

DEMO = "to try footsense without Bluetooth, run `footsense demo`"
OLDEST_WINDOWS = 16299  # 10, version 1709: bleak's README
# WSL and containers reach no Bluetooth unless it is handed to them
_NOT_REACHED = (Trouble.NO_BUS, Trouble.NO_SERVICE)
_ELSEWHERE = {"wsl": (Trouble.NO_ADAPTER, *_NOT_REACHED), "container": _NOT_REACHED}
_TERMINALS = {"Apple_Terminal": "Terminal", "iTerm.app": "iTerm", "vscode": "Visual Studio Code"}
_REINSTALL = "install footsense again in a new environment: `python -m pip install --force-reinstall bleak`"
_ADAPTER = "plug in a USB adapter for Bluetooth 4.0 or later"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `text` says what is, `advice` what to do where it is not `ok`."""

    code: str
    ok: bool
    text: str
    advice: str = ""

    @property
    def line(self) -> str:
        """What is wrong and what to do, in one line."""
        return f"{self.text}: {self.advice}" if self.advice else self.text


def findings(machine: Machine, trouble: Trouble | None, detail: str = "") -> list[Finding]:
    """What is wrong, the cause before what follows from it; all of it `ok` where there is no trouble.

    `detail`: what the system said of the trouble, for those that have no words of their own.
    """
    if trouble is None:
        return [*_there(machine), Finding("ready", True, "Bluetooth can be used: listening for sensors works")]
    if machine.system == "Linux":
        return _linux(machine, trouble, detail)
    if machine.system == "Windows" and 0 < machine.build < OLDEST_WINDOWS:
        text = f"this Windows (build {machine.build}) is too old for Bluetooth Low Energy from Python"
        return [Finding("old-system", False, text, "update to Windows 10, version 1709 or later")]
    if machine.system not in _WORDS:
        text = f"there is no way to Bluetooth on {display(machine.system or 'this system')}"
        return [Finding("no-system", False, text, "use Linux, macOS or Windows")]
    return [_said(machine, trouble, detail)]


def in_one_line(machine: Machine, trouble: Trouble, detail: str = "") -> str:
    """The first thing that is wrong, and where more is told."""
    first = next(f for f in findings(machine, trouble, detail) if not f.ok)
    return f"{first.line}; `footsense doctor` tells more; {DEMO}"


def _there(machine: Machine) -> list[Finding]:
    if not machine.adapters:
        return []
    return [Finding("adapter", True, f"Bluetooth adapter {_named(machine.adapters)}")]


def _named(adapters: tuple[str, ...]) -> str:
    return ", ".join(display(name, 20) for name in adapters[:4])


def _said(machine: Machine, trouble: Trouble, detail: str) -> Finding:
    """The words of the table, else those for all systems, else the system's own."""
    words = _WORDS[machine.system].get(trouble) or _ANYWHERE.get(trouble)
    text, advice = words or _WORDS[machine.system][Trouble.OTHER]
    terminal = _TERMINALS.get(machine.terminal, machine.terminal)
    shown = {"terminal": display(terminal, 40) if terminal else "the terminal program",
             "detail": display(detail or "it did not say why", 200)}  # fmt: skip
    return Finding(trouble, False, text.format(**shown), advice.format(**shown))


# Linux


def _linux(machine: Machine, trouble: Trouble, detail: str) -> list[Finding]:
    if trouble is Trouble.NO_BACKEND:
        return [_said(machine, trouble, detail)]
    if trouble in _ELSEWHERE.get(machine.inside, ()) and not machine.adapters:
        return [_OUTSIDE[machine.inside]]
    blocked = [_blocked(s.name, s.hard) for s in machine.switches if s.soft or s.hard]
    if blocked and trouble in (Trouble.NO_ADAPTER, Trouble.OFF):
        return blocked
    return blocked + _linux_adapter(machine, trouble) + _linux_rest(machine, trouble, detail)


def _blocked(name: str, hard: bool) -> Finding:
    if hard:
        text = f"Bluetooth is blocked by a switch of this machine ({display(name, 40)})"
        return Finding(
            "blocked-by-switch", False, text, "use its key or slider for radio, or its BIOS settings"
        )
    text = f"Bluetooth is blocked by software ({display(name, 40)})"
    return Finding("blocked-by-software", False, text, "run `rfkill unblock bluetooth`, or leave flight mode")


def _linux_adapter(machine: Machine, trouble: Trouble) -> list[Finding]:
    """What is wrong with the adapter, which may be on top of what was met."""
    if machine.adapters and trouble is not Trouble.NO_ADAPTER:
        return _there(machine)
    if machine.adapters:
        text = f"the Bluetooth service does not see the adapter {_named(machine.adapters)}"
        return [Finding("adapter-not-seen", False, text, "start it again: `sudo systemctl restart bluetooth`")]
    if trouble not in (Trouble.NO_ADAPTER, *_NOT_REACHED):
        return []  # the service has one
    if machine.inside == "vm":
        advice = "hand it a USB adapter of the host, or run footsense on the host itself"
        return [Finding(Trouble.NO_ADAPTER, False, "no Bluetooth adapter in this virtual machine", advice)]
    advice = f"{_ADAPTER}; one that is built in may need its driver: `sudo modprobe btusb`, `sudo dmesg`"
    return [Finding(Trouble.NO_ADAPTER, False, "no Bluetooth adapter on this machine", advice)]


def _linux_rest(machine: Machine, trouble: Trouble, detail: str) -> list[Finding]:
    match trouble:
        case Trouble.NO_ADAPTER:
            return []
        case Trouble.NO_SERVICE:
            return [Finding(trouble, False, "the Bluetooth service (BlueZ) does not run", _start(machine))]
        case Trouble.DENIED if machine.inside == "container":
            text = "the system bus refuses what runs in this container"
            return [Finding(trouble, False, text, _CONTAINER_DENIED)]
    return [_said(machine, trouble, detail)]


def _start(machine: Machine) -> str:
    if not machine.service:
        return "install it: `sudo apt install bluez`, or your distribution's package of that name"
    if machine.systemd:
        return "start it: `sudo systemctl enable --now bluetooth`"
    return "start it: `sudo service bluetooth start`"


_CONTAINER_DENIED = (
    "start it with `--security-opt apparmor=unconfined` and not rootless, or run footsense outside of it"
)
_OUTSIDE = {
    "wsl": Finding(
        "wsl", False, "WSL does not have the Bluetooth of Windows",
        "run footsense in Windows itself, with Python for Windows (a USB adapter can be handed over with "
        "usbipd, where the WSL kernel was built with Bluetooth)",
    ),
    "container": Finding(
        "container", False, "no Bluetooth in this container",
        "share the system bus of a machine with bluez, `docker run -v /run/dbus:/run/dbus …`; or run footsense "
        "on that machine itself",
    ),
}  # fmt: skip

_Words = Mapping[Trouble, tuple[str, str]]

_ANYWHERE: _Words = {
    Trouble.NO_BACKEND: ("the part of bleak for this system is not installed ({detail})", _REINSTALL),
    Trouble.NO_LOW_ENERGY: ("this Bluetooth adapter cannot connect to Low Energy sensors", _ADAPTER),
    Trouble.OFF: ("Bluetooth is switched off", "switch it on in the system's settings"),
    Trouble.BUSY: (
        "another program keeps the Bluetooth adapter busy",
        "close what scans or pairs (a settings window, another app), then try again",
    ),
}
_MAC_ALLOW = (
    "in System Settings → Privacy & Security → Bluetooth add it (+) and switch it on, then quit it and open it "
    "again"
)

_WORDS: Mapping[str, _Words] = {
    "Linux": {
        Trouble.OFF: (
            "Bluetooth is switched off",
            "switch it on: `bluetoothctl power on`, or in the system's settings",
        ),
        Trouble.DENIED: (
            "this user may not use Bluetooth: the system bus refuses",
            "join the group that may, `sudo usermod -aG bluetooth $USER`, and sign in again",
        ),
        Trouble.FORBIDDEN: ("the system bus does not let this user in ({detail})", "ask its administrator"),
        Trouble.NO_BUS: (
            "no Bluetooth can be reached, because there is no system bus (D-Bus)",
            "install and start it: `sudo apt install dbus bluez`, `sudo service dbus start`",
        ),
        Trouble.OLD_SERVICE: (
            "the Bluetooth service (BlueZ) is older than 5.55, which is the oldest that works",
            "update bluez with the system",
        ),
        Trouble.NO_ANSWER: (
            "the Bluetooth service does not answer",
            "start it again: `sudo systemctl restart bluetooth`",
        ),
        Trouble.OTHER: (
            "Bluetooth cannot be used: {detail}",
            "start its service again, `sudo systemctl restart bluetooth`; its log: `journalctl -u bluetooth`",
        ),
    },
    "Darwin": {
        Trouble.NO_ADAPTER: (
            "this Mac has no Bluetooth Low Energy",
            "use another one (in a virtual machine, the Mac itself)",
        ),
        Trouble.OFF: (
            "Bluetooth is switched off",
            "switch it on in the Control Centre, or in System Settings → Bluetooth",
        ),
        Trouble.DENIED: ("macOS does not let {terminal} use Bluetooth", _MAC_ALLOW),
        Trouble.KILLED: ("macOS ended footsense, since {terminal} may not use Bluetooth", _MAC_ALLOW),
        Trouble.FORBIDDEN: (
            "this Mac is set up not to allow Bluetooth here",
            "ask who manages it (Screen Time, a device profile)",
        ),
        Trouble.NO_ANSWER: (
            "macOS does not answer; it may have asked whether {terminal} may use Bluetooth",
            "answer the question on the screen, or see System Settings → Privacy & Security → Bluetooth",
        ),
        Trouble.OTHER: ("Bluetooth cannot be used: {detail}", "switch Bluetooth off and on, then try again"),
    },
    "Windows": {
        Trouble.NO_ADAPTER: (
            "Windows finds no Bluetooth adapter",
            f"{_ADAPTER}, or see in Device Manager whether it is disabled or lacks its driver",
        ),
        Trouble.OFF: (
            "Bluetooth is switched off",
            "switch it on in Settings → Bluetooth & devices, and flight mode off",
        ),
        Trouble.DENIED: (
            "Windows does not let this program use Bluetooth",
            "allow it in Settings → Privacy & security",
        ),
        Trouble.NO_ANSWER: ("Windows' Bluetooth does not answer", "switch Bluetooth off and on in Settings"),
        Trouble.OTHER: (
            "Bluetooth cannot be used: {detail}",
            "switch Bluetooth off and on in Settings; the Bluetooth Support Service must run (services.msc)",
        ),
    },
}
