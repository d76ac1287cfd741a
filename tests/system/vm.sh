#!/usr/bin/env bash
# The end-to-end suite on the real Linux Bluetooth: the kernel and bluetoothd of a virtual machine, reached by bleak's
# own BlueZ backend; its Bluetooth controller and the sensors are virtual, in the process of the tests (tests/rigs).
# About three minutes where the machine is emulated. Further arguments go to pytest.
# Needs qemu, BlueZ, D-Bus and Debian's kernel, which it installs with apt where it can (the kernel is unpacked into a
# temporary folder only). Of this machine's Bluetooth, buses and files nothing is touched, and no root is needed
# beyond apt. Exit 0 all as it should be; 1 not; 2 it could not run.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${PYTHON:-python3}"
here="$(mktemp -d)"
machine=""
ended() { [ -z "$machine" ] || { kill -KILL "$machine" && wait "$machine"; } 2>/dev/null || true; machine=""; }
trap 'ended; rm -rf "$here"' EXIT
trap 'echo "vm test failed: line $LINENO of $0" >&2' ERR

not_run() {
  printf '%s\n' "" "**********" "VM TEST DID NOT RUN: $1" "Bluetooth of a real Linux kernel is untested." "**********" >&2
  exit 2
}
fail() { echo "vm test failed: $1" >&2; exit 1; }

# what is needed

programs=(qemu-system-x86_64 busybox cpio modprobe depmod dpkg-deb bluetoothctl dbus-daemon btattach socat)
packages=(qemu-system-x86 busybox-static cpio kmod dpkg bluez dbus socat)
[ "$(uname -sm)" = "Linux x86_64" ] || not_run "it is for Linux on x86-64, this is $(uname -sm)"
command -v apt-get >/dev/null || not_run "no apt-get, from which it has Debian's kernel"
PATH="$PATH:/usr/sbin:/sbin"
missing() { for program in "${programs[@]}"; do command -v "$program" >/dev/null || echo "$program"; done; }
if [ -n "$(missing)" ]; then
  [ "$(id -u)" = 0 ] || not_run "not root, so it cannot install what is missing: $(missing | xargs)"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y -qq --no-install-recommends \
    "${packages[@]}"; } >"$here/apt.log" 2>&1 || { tail -5 "$here/apt.log" >&2; not_run "packages could not be installed"; }
  [ -z "$(missing)" ] || not_run "still missing: $(missing | xargs)"
fi
newest() { # nothing where apt does not know it
  { apt-cache depends linux-image-amd64 2>/dev/null || true; } | awk '$1 == "Depends:" && /-amd64$/ { print $2; exit }'
}
kernel="$(newest)"
if [ -z "$kernel" ] && [ "$(id -u)" = 0 ]; then
  apt-get update -qq >/dev/null 2>&1 || true
  kernel="$(newest)"
fi
[ -n "$kernel" ] || not_run "apt knows no Debian kernel (linux-image-amd64)"
mkdir "$here/deb" "$here/kernel"
(cd "$here/deb" && timeout 300 apt-get download -qq "$kernel") >"$here/apt.log" 2>&1 \
  || { tail -5 "$here/apt.log" >&2; not_run "$kernel could not be downloaded"; }
dpkg-deb -x "$here"/deb/*.deb "$here/kernel"
rm -r "$here/deb"

# the machine's only file system: programs with their libraries, and kernel modules with those they need

root="$here/root"
version="${kernel#linux-image-}"
mkdir -p "$root"/{bin,dev,proc,sys,run,etc/bluetooth,var/lib/bluetooth,modules}
bluetoothd=/usr/libexec/bluetooth/bluetoothd
[ -x "$bluetoothd" ] || bluetoothd=/usr/lib/bluetooth/bluetoothd
[ -x "$bluetoothd" ] || not_run "the package bluez has no bluetoothd where it is looked for"
for program in busybox dbus-daemon btattach socat "$bluetoothd"; do
  program="$(command -v "$program")"
  cp -L "$program" "$root/bin/"
  { ldd "$program" 2>/dev/null || true; } | grep -o '/[^ ]*' || true
done | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
depmod -b "$here/kernel" "$version"
for module in virtio_pci virtio_net hci_uart cmac ecb; do
  modprobe -d "$here/kernel" -S "$version" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r module; do
  cp "$module" "$root/modules/"
  basename "$module"
done >"$root/modules/in-order"
cp tests/system/vm-init "$root/init"
cp tests/system/vm-attach "$root/bin/attach"
chmod +x "$root/init" "$root/bin/attach"
echo "root:x:0:0::/:/bin/sh" >"$root/etc/passwd"
printf '[Policy]\nAutoEnable=true\n' >"$root/etc/bluetooth/main.conf"
cat >"$root/etc/bus.conf" <<'CONF'
<busconfig>
  <type>system</type><listen>unix:path=/run/bus</listen><auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
    <allow send_type="method_call"/>
  </policy>
</busconfig>
CONF
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$here/initramfs"

# run it: hardware virtualisation counts only if the machine comes up with it

read -r bus hci < <("$python" - <<'PYTHON'
import socket

found = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(one.getsockname()[1] for one in found))
PYTHON
)
start() { # how, seconds to wait
  : >"$here/console"
  qemu-system-x86_64 -nodefaults -no-reboot -display none -m 512 $1 -kernel "$here/kernel/boot/vmlinuz-$version" \
    -initrd "$here/initramfs" -append "console=ttyS0 panic=-1 quiet random.trust_cpu=on" -serial "file:$here/console" \
    -netdev "user,id=host,restrict=on,hostfwd=tcp:127.0.0.1:$bus-:7001,hostfwd=tcp:127.0.0.1:$hci-:7002" \
    -device virtio-net-pci,netdev=host >"$here/qemu.log" 2>&1 & machine=$!
  for _ in $(seq "$2"); do
    kill -0 "$machine" || break
    ! grep -q "^BLUETOOTH READY" "$here/console" || return 0
    sleep 1
  done 2>/dev/null # the shell's word on a qemu that aborts, as it does where /dev/kvm only seems to be usable
  ended
  return 1
}
how=""
[ ! -w /dev/kvm ] || ! start "-accel kvm -cpu host" 15 || how="hardware virtualisation"
[ -n "$how" ] || ! start "-accel tcg -cpu max" 420 || how="emulation"
[ -n "$how" ] || { tail -n 5 "$here/qemu.log" "$here/console" >&2; fail "the virtual machine does not come up"; }
echo "vm test: Linux $version and $(bluetoothctl --version | sed 's/.* /BlueZ /') by $how, ${SECONDS} s to be ready"

export DBUS_SYSTEM_BUS_ADDRESS="tcp:host=127.0.0.1,port=$bus" BLEAK_DBUS_AUTH_UID=-1 FOOTSENSE_HOME="$here/home"
export FOOTSENSE_VM_HCI="tcp-client:127.0.0.1:$hci"
said="$("$python" -m footsense.sources.attempt 10)"
[[ "$said" == *'"trouble": "no-adapter",'* ]] || fail "without an adapter: expected no-adapter, got $said"
code=0
timeout -k 10 900 "$python" -m pytest -n 0 tests/test_end_to_end.py --rig vm -o cache_dir="$here/cache" \
  --basetemp="$here/pytest" "$@" || code=$?
[ "$code" = 0 ] || { echo "the end of the machine's console:"; tail -30 "$here/console"; } >&2
[ "$code" != 124 ] || fail "it took more than 15 minutes"
[ "$code" = 0 ] || fail "pytest ended with $code"
echo "vm test: the suite passes on the real Bluetooth, $SECONDS s in all"
