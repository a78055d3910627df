#!/usr/bin/env bash
# The one gate, the same for people and machines. Every stage runs, whatever became of those before it, and
# the last lines say which passed. `check.sh format tidy` runs only the stages that it names. A flaky test is a
# failure here.
set -uo pipefail
cd "$(dirname "$0")/.."

# What was compiled in another checkout of this machine need not be compiled again.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

stages=(format floors gcc clang tidy tests mounts asan tsan fuzz)
# Debian's oldest supported release and its newest stable one; that of this machine is built and tested above.
debian_here=$(. /etc/os-release && echo "${VERSION_ID-}")
for version in 12 13; do
  [ "$version" = "$debian_here" ] || stages+=("debian$version")
done

configured() { cmake --preset "$1" -D CMAKE_COMPILE_WARNING_AS_ERROR=ON -D MEDIAFS_MOUNT_TESTS= > /dev/null; }
built() { configured "$1" && cmake --build --preset "$1" --parallel 2; }
tested() {
  local preset=$1
  shift
  built "$preset" && ./scripts/run_tests.py --strict "build/$preset" --parallel 4 "$@"
}

sources() { git ls-files --cached --others --exclude-standard -- "$@"; }

stage_format() { sources '*.cpp' '*.h' | xargs clang-format-19 --dry-run --Werror; }
stage_floors() { python3 scripts/check_floors.py && python3 scripts/check_floors.py --self-test; }
stage_gcc() { built release; }
stage_clang() { built clang; }
stage_tidy() {
  configured clang &&
    sources 'src/*.cpp' | xargs --max-args=4 --max-procs=2 clang-tidy-19 -p build/clang --quiet --warnings-as-errors='*'
}
stage_tests() { tested release --label-exclude mount; }
stage_mounts() { tested release --label-regex mount; }
stage_asan() { tested asan --label-exclude long; }
stage_tsan() { tested tsan --label-exclude long; }

# One target for a minute, in a copy of its corpus, so that what it finds on its way stays out of the checkout.
fuzzed() {
  local target=$1 place=build/fuzz/found/$1
  rm -rf "$place" && mkdir -p "$place" && cp -r "tests/fuzz/corpus/$target" "$place/corpus" || return 1
  if "build/fuzz/${target}_fuzz" -max_total_time=60 -rss_limit_mb=1024 -timeout=10 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix="$place/" "$place/corpus" > "$place/log" 2>&1; then
    grep '^stat::' "$place/log"
  else
    tail -n 100 "$place/log"
    echo "fuzz: what $target does not stand:" "$place"/*-*
    return 1
  fi
}
stage_fuzz() {
  built fuzz || return 1
  local corpus failed=0
  for corpus in tests/fuzz/corpus/*/; do
    fuzzed "$(basename "$corpus")" || failed=1
  done
  return $failed
}

stage_debian12() { ./scripts/test-in-debian.sh bookworm; }
stage_debian13() { ./scripts/test-in-debian.sh trixie; }

[ $# -gt 0 ] || set -- "${stages[@]}"
./scripts/install-deps.sh --gate || exit 1

outcome=()
failed=0
for stage in "$@"; do
  declare -F "stage_$stage" > /dev/null || {
    echo "$0: no stage '$stage'; there are: ${stages[*]}" >&2
    exit 2
  }
  echo "== $stage"
  begun=$SECONDS
  if "stage_$stage"; then
    outcome+=("passed  $stage ($((SECONDS - begun)) s)")
  else
    outcome+=("FAILED  $stage ($((SECONDS - begun)) s)")
    failed=1
  fi
done

printf '\n'
printf '%s\n' "${outcome[@]}"
exit $failed
