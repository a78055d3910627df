#!/usr/bin/env bash
# Builds mediafs and passes its tests, but for those labelled `longest` (every bit of a cache flipped in turn, a
# thousand crashes), which are for check.sh. MEDIAFS_PRESET picks another build than release. With CI=true the
# sanitizer builds follow, driven by the release build's mount tests, without what proves nothing new under a
# sanitizer: what is labelled `long` (1 GiB) or `plain` (refusals, other people's programs).
# A suite that fails holds up no other one; the last line is the closing line over all of them, or says which could not
# be built or run.
#   test.sh --strict   counts a flaky test as a failure
set -euo pipefail
cd "$(dirname "$0")/.."

strict=()
case "${1-}" in
  "") ;;
  --strict) strict=(--strict) ;;
  *)
    echo "usage: $0 [--strict]" >&2
    exit 2
    ;;
esac

# What was compiled in another checkout of this machine need not be compiled again.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

./scripts/install-deps.sh

counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
without_outcome=()

# build PRESET [options of cmake]
build() {
  local begun=$SECONDS
  echo "== building: $1"
  # Not nproc: a compiler takes up to 1 GiB of memory.
  cmake --preset "$@" -D CMAKE_COMPILE_WARNING_AS_ERROR=ON > /dev/null &&
    cmake --build --preset "$1" --parallel 2 || return
  echo "== built: $1 in $((SECONDS - begun)) s"
}

# run_tests PRESET [options of ctest]. Four at a time, on two processors: tests wait more than they compute.
run_tests() {
  local preset=$1 code=0
  shift
  echo "== testing: $preset"
  ./scripts/run_tests.py "${strict[@]}" --counts "$counts" "build/$preset" --parallel 4 "$@" || code=$?
  [ $code -eq 0 ] || [ $code -eq 8 ] # 8 says that tests failed: the sum tells
}

preset=${MEDIAFS_PRESET:-release}
build "$preset" && run_tests "$preset" --label-exclude longest || without_outcome+=("$preset")
if [ "${CI-}" = true ]; then
  for sanitizer in asan tsan; do
    build "$sanitizer" -D MEDIAFS_MOUNT_TESTS="$PWD/build/$preset/mount_tests" &&
      run_tests "$sanitizer" --label-exclude 'long|plain' || without_outcome+=("$sanitizer")
  done
fi

[ ${#without_outcome[@]} -eq 0 ] || {
  echo "$0: no outcome of ${without_outcome[*]}: not built, or its tests could not be run" >&2
  exit 1
}
./scripts/run_tests.py --sum "$counts"
