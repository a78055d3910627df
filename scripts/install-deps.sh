#!/usr/bin/env bash
# Installs what mediafs needs on Debian 12 or newer, and does nothing where all of it is there.
#   install-deps.sh           what building and testing take
#   install-deps.sh --build   only what building and the demo take
#   install-deps.sh --gate    also what scripts/check.sh takes
#   install-deps.sh --bench   what building and scripts/bench.sh take
set -euo pipefail

build=(g++ cmake ninja-build ccache pkg-config fuse3 libfuse3-dev libcurl4-openssl-dev libssl-dev
  liblmdb-dev libsystemd-dev libmicrohttpd-dev prometheus-cpp-dev libcli11-dev nlohmann-json3-dev libfmt-dev libspdlog-dev libxxhash-dev
  libgtest-dev libgmock-dev libbenchmark-dev libcpp-httplib-dev python3 openssl util-linux coreutils)
tests=(attr curl rsync tar findutils procps nftables ffmpeg mpv podman runc bubblewrap busybox-static
  systemd systemd-container dbus)
gate=(clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev mmdebstrap
  prometheus) # for promtool
bench=(nginx-light rclone curl fio hyperfine)

case "${1-}" in
  "") wanted=("${build[@]}" "${tests[@]}") ;;
  --build) wanted=("${build[@]}") ;;
  --gate) wanted=("${build[@]}" "${tests[@]}" "${gate[@]}") ;;
  --bench) wanted=("${build[@]}" "${bench[@]}") ;;
  *)
    echo "usage: $0 [--build | --gate | --bench]" >&2
    exit 2
    ;;
esac

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

command -v dpkg-query > /dev/null || {
  echo "$0: this is not a Debian; please install: ${wanted[*]}" >&2
  exit 1
}

missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "Installing: ${missing[*]}"
as_root apt-get update -q
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
