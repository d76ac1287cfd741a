"""What this machine tells of its Bluetooth without being asked to use it: a few files, and the environment."""

import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_SERVICE = ("usr/libexec/bluetooth/bluetoothd", "usr/lib/bluetooth/bluetoothd", "usr/sbin/bluetoothd")
_CONTAINER = (".dockerenv", "run/.containerenv", "run/systemd/container")
_CGROUPS = ("docker", "kubepods", "libpod", "lxc")  # in the path of process 1, with version 1 of cgroups
_VIRTUAL = ("qemu", "kvm", "vmware", "innotek", "virtualbox", "xen", "parallels", "virtual machine")


@dataclass(frozen=True, slots=True)
class Switch:
    """A Bluetooth switch of the kernel (rfkill): whether it blocks by software, by a key or the firmware."""

    name: str
    soft: bool
    hard: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known. `system`: as `platform.system()` names it. `inside`: `wsl`, `container`, `vm` or nothing.

    `adapters`, `switches`, `service` (BlueZ is installed) and `systemd` are of Linux, `terminal` is the program
    that macOS asks for permission, `build` the number of Windows' version.
    """

    system: str
    release: str = ""
    inside: str = ""
    adapters: tuple[str, ...] = ()
    switches: tuple[Switch, ...] = ()
    service: bool = False
    systemd: bool = False
    terminal: str = ""
    build: int = 0


def this_machine() -> Machine:
    """The machine that this runs on."""
    return look(platform.system(), platform.release(), platform.version())


def look(
    system: str,
    release: str,
    version: str,
    root: Path = Path("/"),
    environment: Mapping[str, str] | None = None,
) -> Machine:
    """What the files under `root` and the environment tell; what cannot be read counts as not there."""
    env = os.environ if environment is None else environment
    if system == "Linux":
        return Machine(
            system,
            release,
            inside=_inside(root, release, env),
            adapters=tuple(sorted(p.name for p in _entries(root / "sys/class/bluetooth") if ":" not in p.name)),
            switches=tuple(_switches(root / "sys/class/rfkill")),
            service=any((root / name).exists() for name in _SERVICE) or _has_tool(env),
            systemd=(root / "run/systemd/system").exists(),
        )
    return Machine(system, release, terminal=env.get("TERM_PROGRAM", ""), build=_build(version))


def _has_tool(env: Mapping[str, str]) -> bool:
    return shutil.which("bluetoothctl", path=env.get("PATH", "")) is not None


def _build(version: str) -> int:
    """The third number of `10.0.19045`."""
    parts = version.split(".")
    return int(parts[2]) if len(parts) > 2 and parts[2].isdecimal() else 0


def _inside(root: Path, release: str, env: Mapping[str, str]) -> str:
    if "microsoft" in release.lower():  # 4.4.0-19041-Microsoft, 5.15.90.1-microsoft-standard-WSL2
        return "wsl"
    in_container = any((root / name).exists() for name in _CONTAINER) or "container" in env
    if in_container or any(name in _read(root / "proc/1/cgroup") for name in _CGROUPS):
        return "container"
    product = " ".join(_read(root / "sys/class/dmi/id" / name) for name in ("sys_vendor", "product_name"))
    return "vm" if any(name in product.lower() for name in _VIRTUAL) else ""


def _switches(folder: Path) -> Iterator[Switch]:
    for switch in sorted(_entries(folder)):
        if _read(switch / "type") == "bluetooth":
            soft, hard = (_read(switch / name) == "1" for name in ("soft", "hard"))
            yield Switch(_read(switch / "name") or switch.name, soft, hard)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
