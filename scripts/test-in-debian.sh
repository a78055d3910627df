#!/usr/bin/env bash
# test-in-debian.sh RELEASE: passes the tests in a root of that release of Debian (bookworm, trixie), whatever
# release this machine has. The root is build/RELEASE, made anew from the mirror that apt uses here, and goes
# at the end; the kernel is this machine's. Only root can do so.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "$0: $*" >&2
  exit 1
}

[ $# -eq 1 ] || fail "usage: $0 RELEASE"
release=$1
[ "$(id -u)" -eq 0 ] || fail "only root can make a root of another Debian and mount in it"
command -v mmdebstrap > /dev/null || fail "mmdebstrap is missing: ./scripts/install-deps.sh --gate"

# Of what apt has here: the archive from which this machine's own release comes.
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(SITE)' "Release: $codename" 'Component: main' 'Created-By: Packages' | head -n 1)
[ -n "$mirror" ] || fail "apt knows no archive with $codename here, so none to take $release from"

root=$PWD/build/$release
remove_root() { rm -rf --one-file-system "$root"; }
remove_root
trap remove_root EXIT
mkdir -p "$root"
mmdebstrap --quiet --variant=apt --include=mount "$release" "$root" "deb $mirror $release main"

# What systemd makes at boot; without it fusermount3 unmounts for nobody but root.
ln -s ../proc/self/mounts "$root/etc/mtab"

# What the checkout tracks, as it stands there: no build, no cache.
mkdir "$root/mediafs"
git ls-files -z | tar --create --null --files-from=- | tar --extract --directory="$root/mediafs"

# Mounts and processes are of this call alone and end with it. The root becomes that of the mount namespace, since
# a container can be made neither in a bare chroot nor by an ordinary user in any other.
in_namespaces() {
  unshare --mount --pid --fork --kill-child bash -euc '
    mount --bind "$1" "$1"
    cd "$1"
    mount --rbind /dev dev
    mount --rbind /sys sys
    mount -t proc proc proc
    mount -t tmpfs tmpfs tmp
    pivot_root . .
    umount --lazy .
    cd /
    exec "${@:2}"
  ' in_namespaces "$root" "$@"
}

# A compiler of another release would only push this one's objects out of the cache.
in_namespaces env --unset=CI CCACHE_DISABLE=1 HOME=/root LC_ALL=C.UTF-8 \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /mediafs/scripts/test.sh --strict
