#!/usr/bin/env bash
# Builds mediafs and passes its tests, but for those labelled `longest` (every bit of a cache flipped in turn, a
# thousand crashes), which are for check.sh. MEDIAFS_PRESET picks another build than release. With CI=true the
# sanitizer builds follow, without all that is labelled `long` (1 GiB under a sanitizer proves nothing new).
set -euo pipefail
cd "$(dirname "$0")/.."

# What was compiled in another checkout of this machine need not be compiled again.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

./scripts/install-deps.sh

build() {
  echo "== building: $1"
  cmake --preset "$1" -D CMAKE_COMPILE_WARNING_AS_ERROR=ON > /dev/null
  cmake --build --preset "$1" --parallel 2 # not nproc: a compiler takes up to 1 GiB of memory
}

run_suite() {
  local preset=$1
  shift
  build "$preset"
  echo "== testing: $preset"
  ctest --preset "$preset" --parallel 2 "$@"
}

run_suite "${MEDIAFS_PRESET:-release}" --label-exclude longest
if [ "${CI-}" = true ]; then
  run_suite asan --label-exclude long
  run_suite tsan --label-exclude long
fi
