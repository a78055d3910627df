#!/usr/bin/env python3
"""Shows that the simulation sees bugs: applies each patch of planted/ to a copy of the sources, builds the
simulation there and runs it over seeds until it fails. Prints a table, and exits 1 where one is not found.

planted_bugs.py [--work DIR] [--worlds N] [NUMBER ...]   all, or those whose patches begin with the numbers
"""

import argparse
import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PATCHES = Path(__file__).resolve().parent / "planted"
LONGEST_RUN = 240  # seconds: a world that hangs has failed too


def copy_changed(source: str, target: str) -> None:
    """Leaves what is the same with its time: what was built of a patch since is built anew."""
    if not os.path.exists(target) or not filecmp.cmp(source, target, shallow=False):
        shutil.copy(source, target)


def copy_sources(work: Path) -> None:
    for name in ("CMakeLists.txt", "CMakePresets.json", "cmake", "include", "src", "tests", "scripts"):
        source, target = ROOT / name, work / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, copy_function=copy_changed)
        elif source.exists():
            copy_changed(str(source), str(target))
    # Most of the time is the compiler's: of what the patches change it is to do as little as can be.
    with (work / "src/CMakeLists.txt").open("a") as lists:
        lists.write("\nset_target_properties(mediafs_store PROPERTIES UNITY_BUILD OFF)\n"
                    "target_compile_options(mediafs_store PRIVATE -O0 -g0)\n")


def build(work: Path) -> str:
    """What the compiler says where it fails."""
    environment = dict(os.environ, CCACHE_BASEDIR=str(work), CCACHE_NOHASHDIR="1")
    if not (work / "build/release/build.ninja").exists():
        subprocess.run(["cmake", "--preset", "release"], cwd=work, env=environment, check=True, capture_output=True)
    done = subprocess.run(["cmake", "--build", "build/release", "--target", "store_simulation"], cwd=work,
                          env=environment, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout[-2000:]


def apply(work: Path, patch: Path, *options: str) -> None:
    subprocess.run(["patch", "-p1", "-s", *options, "-i", str(patch)], cwd=work, check=True)


def run(work: Path, worlds: int) -> tuple[str, str, str]:
    """The seed that fails, how many steps it took, and what was seen; an empty seed: none fails."""
    environment = dict(os.environ, MEDIAFS_SIMULATION_SEED="1", MEDIAFS_SIMULATION_WORLDS=str(worlds),
                       MEDIAFS_SIMULATION_SHRINK="0")
    command = [str(work / "build/release/store_simulation"), "--gtest_filter=Simulation.One"]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST_RUN)
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = (late.stdout or b"").decode(), -1
    said = re.search(r"seed (\d+) fails at step (\d+): +[\d.]+ s +(.*)", output)
    if said:
        return said[1], said[2], said[3]
    seeds = re.findall(r"^world (\d+)$", output, re.MULTILINE)
    if code == 0 or not seeds:
        return "", "", ""
    return seeds[-1], "?", "it hangs" if code == -1 else f"it ends by signal {-code}"


def look_for(work: Path, patch: Path, worlds: int) -> bool:
    apply(work, patch)
    error = build(work)
    built = time.monotonic()
    seed, steps, seen = ("", "", error) if error else run(work, worlds)
    all_steps = f"{(int(seed) - 1) * 2000 + int(steps)}" if seed and steps != "?" else steps
    print(f"| {patch.stem} | {'yes' if seed else 'NO'} | {seed} | {all_steps} | {time.monotonic() - built:.1f} | {seen} |",
          flush=True)
    apply(work, patch, "-R")
    return bool(seed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, help="where the copy goes, and stays for the next time")
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("numbers", nargs="*")
    options = parser.parse_args()
    work = options.work or Path(tempfile.mkdtemp(prefix="planted-bugs-"))
    work.mkdir(parents=True, exist_ok=True)
    copy_sources(work)
    print("| bug | found | seed | steps | seconds | seen as |\n|---|---|---|---|---|---|")
    found = []
    for patch in sorted(PATCHES.glob("*.patch")):
        if not options.numbers or patch.name.split("-")[0] in options.numbers:
            found.append(look_for(work, patch, options.worlds))
    if options.work is None:
        shutil.rmtree(work)
    print(f"{sum(found)} of {len(found)} found")
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
