#!/usr/bin/env bash
# Measures mediafs beside its yardsticks and prints Markdown; docs/BENCHMARKS.md says how to read it. Root, for
# real mounts and to drop the kernel's pages.
#   bench.sh                                   all rows, about an hour
#   bench.sh --rows 'cold|warm' --trials 9     some rows, more trials
#   bench.sh --size 64M --trials 2             a quick try of everything
#   bench.sh --output FILE --help
set -euo pipefail
cd "$(dirname "$0")/.."

export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
./scripts/install-deps.sh --bench >&2

{ cmake --preset release && cmake --build --preset release --parallel 2 \
  --target mediafs mediafs-sandbox mediafs_microbench; } >&2

[ "$(id -u)" -eq 0 ] || {
  echo "$0: the benchmark mounts and drops the kernel's pages: it has to be root" >&2
  exit 1
}
exec env PYTHONDONTWRITEBYTECODE=1 python3 tests/bench/bench.py --build build/release "$@"
