"""Nothing but loopback and Bluetooth is talked to: whole commands, in processes where every socket is seen.

An audit hook (PEP 578) cannot be got round from Python. It is put into every Python that the commands start,
notes where a socket is connected, bound or sends to and which name is looked up, and lets nothing else through.
"""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
HOOK = """
import os, socket, sys

ADDRESSED = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}
NAMED = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
NEAR = {"127.0.0.1", "::1", "localhost"}
BUS = ("/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket")

def allowed(event, args):
    if event in NAMED:
        return args[0] in NEAR
    family, address = args[0].family, args[1]
    if family == getattr(socket, "AF_UNIX", None):
        return address in BUS
    if family in (socket.AF_INET, socket.AF_INET6):
        return address is None or address[0] in NEAR  # None: to where it is connected
    return family == getattr(socket, "AF_BLUETOOTH", None)

def watch(event, args):
    if event in ADDRESSED | NAMED:
        good = allowed(event, args)
        what = args[0] if event in NAMED else (str(args[0].family), args[1])
        seen = os.open(os.environ["SOCKETS_SEEN"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(seen, (repr((good, event, what)) + "\\n").encode())
        os.close(seen)
        if not good:
            raise OSError("a test lets nothing out")

sys.addaudithook(watch)
"""
COMMANDS = """
import json, sys
from footsense.cli import main

for line in json.loads(sys.argv[1]):
    sys.argv = ["footsense", *line]
    print("$", *line)
    try:
        main()
    except SystemExit as end:
        print("=", end.code)
"""
RECORDING = """
import sys
from pathlib import Path
from footsense.cli.record import Wish
from tests.test_recording_session import over_the_virtual_radio

over_the_virtual_radio(Wish(Path(sys.argv[1]), side="left", duration_s=2))
print("=", 0)
"""


def watched(folder: Path, code: str, *arguments: str) -> tuple[list[int], list[tuple[bool, str, object]]]:
    """What became of each command, and what was seen: (whether it may be, event, to whom)."""
    (folder / "hook").mkdir(exist_ok=True)
    (folder / "hook" / "sitecustomize.py").write_text(HOOK)
    path = os.pathsep.join([str(folder / "hook"), str(HERE)])
    env = os.environ | {"PYTHONPATH": path, "SOCKETS_SEEN": str(folder / "seen"), "FOOTSENSE_HOME": str(folder)}
    called = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(called, capture_output=True, text=True, cwd=folder, env=env, check=False)
    assert done.returncode == 0, done.stderr
    seen = (folder / "seen").read_text().splitlines() if (folder / "seen").exists() else []
    codes = [int(line[2:]) for line in done.stdout.splitlines() if line.startswith("= ")]
    return codes, [ast.literal_eval(line) for line in seen]


def test_the_hook_sees_what_it_is_to_see(tmp_path: Path) -> None:
    tries = """
import contextlib, socket, subprocess, sys
for target in (("192.0.2.1", 9), ("127.0.0.1", 9), ("name.invalid", 9)):
    with contextlib.suppress(OSError):
        socket.create_connection(target, timeout=0.1)
with contextlib.suppress(OSError):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.2", 9))
with contextlib.suppress(OSError):
    socket.socket().bind(("0.0.0.0", 0))
child = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
subprocess.run([sys.executable, "-c", child], check=True)
"""
    _, seen = watched(tmp_path, tries)
    refused = [what for good, _, what in seen if not good]
    assert refused[:2] == ["192.0.2.1", "name.invalid"]  # looked up before they are connected to
    assert [what[1][0] for what in refused[2:] if isinstance(what, tuple)] == ["192.0.2.2", "0.0.0.0"]
    assert len([event for good, event, _ in seen if good and event == "socket.connect"]) == 2


@pytest.mark.skipif(sys.platform == "darwin", reason="not run: macOS may ask a person about Bluetooth")
def test_no_command_opens_any_other_socket(tmp_path: Path) -> None:
    recorded = str(tmp_path / "recorded.mcap")
    assert watched(tmp_path, RECORDING, recorded)[0] == [0]
    routine = tmp_path / "one.toml"
    item = '[[item]]\nexercise = "ankle-circles"\nsides = ["left"]\nreps = 1\n'
    routine.write_text(f'schema = "footsense.routine/1"\nname = "one"\n{item}')
    lines = [
        ["demo", "--fast", "-o", "demo"],
        ["analyze", "demo/demo.mcap", recorded],
        ["verify", "demo/demo.mcap", "--routine", "one.toml", "--record"],
        ["verify", "demo/demo.mcap", "--routine", "one.toml", "--json"],
        ["report", recorded, "-o", "page.html"],
        ["replay", recorded],
        ["repair", recorded],
        ["simulate", "sitting", "--help"],
        ["profiles", "list"],
        ["keys"],
        ["scan", "--seconds", "0.1"],
        ["doctor"],
    ]
    codes, seen = watched(tmp_path, COMMANDS, json.dumps(lines))
    assert len(codes) == len(lines)
    assert codes[0] == 0
    assert (tmp_path / "page.html").exists()
    assert [what for good, *what in seen if not good] == []
