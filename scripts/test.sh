#!/usr/bin/env bash
# Builds mediafs and passes its tests, but for those labelled `longest` (every bit of a cache flipped in turn, a
# thousand crashes), which are for check.sh. MEDIAFS_PRESET picks another build than release. With CI=true the
# sanitizer builds follow, without all that is labelled `long` (1 GiB under a sanitizer proves nothing new).
# A suite that fails holds up no other one; the last line is the closing line over all of them.
set -euo pipefail
cd "$(dirname "$0")/.."

# What was compiled in another checkout of this machine need not be compiled again.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

./scripts/install-deps.sh

counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
without_outcome=()

build() {
  local begun=$SECONDS
  echo "== building: $1"
  # Not nproc: a compiler takes up to 1 GiB of memory.
  cmake --preset "$1" > /dev/null && cmake --build --preset "$1" --parallel 2 || return
  echo "== built: $1 in $((SECONDS - begun)) s"
}

run_suite() {
  local preset=$1 code=0
  shift
  build "$preset" && echo "== testing: $preset" &&
    ./scripts/run_tests.py --counts "$counts" "build/$preset" --parallel 2 "$@" || code=$?
  # 8 says that tests failed: the sum tells.
  [ $code -eq 0 ] || [ $code -eq 8 ] || without_outcome+=("$preset")
}

run_suite "${MEDIAFS_PRESET:-release}" --label-exclude longest
if [ "${CI-}" = true ]; then
  run_suite asan --label-exclude long
  run_suite tsan --label-exclude long
fi

[ ${#without_outcome[@]} -eq 0 ] || {
  echo "$0: no outcome of ${without_outcome[*]}: not built, or its tests could not be run" >&2
  exit 1
}
./scripts/run_tests.py --sum "$counts"
