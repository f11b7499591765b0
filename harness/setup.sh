#!/bin/sh
# Installs what building and testing netspec needs on Debian and Ubuntu, where it is missing.
set -eu

packages="
build-essential iproute2 ethtool kmod systemd nix-bin
qemu-system-x86 ipxe-qemu seabios ovmf ipxe shim-signed grub-efi-amd64-signed
pxelinux syslinux-common isolinux
xorriso genisoimage squashfs-tools e2fsprogs cpio gzip xz-utils mtools patch
busybox-static klibc-utils libklibc
live-build debootstrap
dnsmasq-base isc-dhcp-client nginx-light tftp-hpa atftp curl openssl tshark
grub-common
"

# Firmware of other processors, and an installer: what needs it is skipped, with its reason, where a release has no such package.
optional="qemu-system-arm qemu-efi-aarch64 ovmf-ia32 debian-installer-12-netboot-amd64"

is_installed() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

missing=""
for package in $packages; do
    is_installed "$package" || missing="$missing $package"
done
wanted=""
for package in $optional; do
    is_installed "$package" || wanted="$wanted $package"
done

if ! command -v cargo >/dev/null; then
    echo "setup: cargo is missing; install Rust 1.95 or newer (rustup or your distribution) and run again" >&2
    exit 1
fi

# Those of the optional packages that this release has, by the lists that apt-get has read.
available() {
    for package in $wanted; do
        if apt-cache show "$package" >/dev/null 2>&1; then printf ' %s' "$package"; fi
    done
}
[ -n "$missing" ] || [ -n "$(available)" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "setup: no apt-get here; install what corresponds to:$missing" >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: run as root, or install first:$missing" >&2
        exit 1
    fi
    as_root="sudo"
fi

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
install() {
    # The lists of a new machine are empty until now.
    $as_root apt-get update || return
    missing="$missing$(available)"
    echo "setup: installing$missing" >&3
    $as_root apt-get install -y --no-install-recommends $missing
}
if ! install 3>&1 >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "setup: apt-get failed; the whole log is in $log" >&2
    exit 1
fi
rm -f "$log"
