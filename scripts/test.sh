#!/usr/bin/env bash
# Builds mediafs and passes its tests. MEDIAFS_PRESET picks another build than release. With CI=true the
# sanitizer builds follow, without the tests labelled `long` (1 GiB under a sanitizer proves nothing new).
set -euo pipefail
cd "$(dirname "$0")/.."

# What was compiled in another checkout of this machine need not be compiled again.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

./scripts/install-deps.sh

build() {
  echo "== building: $1"
  cmake --preset "$1" > /dev/null
  cmake --build --preset "$1" --parallel 2 # not nproc: a compiler takes up to 1 GiB of memory
}

run_suite() {
  local preset=$1
  shift
  build "$preset"
  echo "== testing: $preset"
  ctest --preset "$preset" --parallel 2 "$@"
}

# Every bit of a cache flipped in turn, a thousand crashes: minutes, by hand and in the gate.
few_minutes=()
[ "${CI-}" = true ] && few_minutes=(--label-exclude 'unit-long|longest')

run_suite "${MEDIAFS_PRESET:-release}" "${few_minutes[@]}"
if [ "${CI-}" = true ]; then
  run_suite asan --label-exclude long
  run_suite tsan --label-exclude long
fi
