#!/usr/bin/env python3
"""Shows how a floor is built: its files with what they include of it, what includes in circles, and how large
its classes are.

  structure.py [--dot] [--floor NAME ...]

A unit is a header with the .cpp of its name. An arrow is an include. Arrows within a circle of units are those
that lead back: of these there should be none. Classes are counted by ctags (universal-ctags), where it is
installed.
"""
import argparse
import collections
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.M)


def files_of(floor):
    for base in (f"src/{floor}", f"include/mediafs/{floor}"):
        for folder, _, names in os.walk(os.path.join(ROOT, base)):
            for name in sorted(names):
                if name.endswith((".h", ".cpp")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def unit_of(path):
    """The same for a header, public or not, and its .cpp."""
    path = re.sub(r"^(src|include/mediafs)/", "", path)
    return re.sub(r"\.(h|cpp)$", "", path)


def graph_of(floor):
    texts = {path: open(os.path.join(ROOT, path), encoding="utf-8").read() for path in files_of(floor)}
    units = {unit_of(path) for path in texts}
    arrows = collections.defaultdict(set)
    for path, text in texts.items():
        for named in INCLUDE.findall(text):
            to = unit_of(named.removeprefix("mediafs/"))
            if to in units and to != unit_of(path):
                arrows[unit_of(path)].add(to)
    return units, arrows, texts


def circles(units, arrows):
    """Strongly connected components of more than one unit (Tarjan, 1972)."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(unit):
        index[unit] = low[unit] = len(index)
        stack.append(unit)
        on_stack.add(unit)
        for to in arrows[unit]:
            if to not in index:
                visit(to)
                low[unit] = min(low[unit], low[to])
            elif to in on_stack:
                low[unit] = min(low[unit], index[to])
        if low[unit] == index[unit]:
            component = set()
            while unit not in component:
                component.add(stack.pop())
            on_stack.difference_update(component)
            if len(component) > 1:
                found.append(component)

    for unit in sorted(units):
        if unit not in index:
            visit(unit)
    return found


def classes_of(paths):
    """(functions, public fields that are neither const nor of a struct, class) of each class with any."""
    command = ["ctags", "-f", "-", "--language-force=C++", "--kinds-C++=pfm", "--fields=+Ka", "--excmd=number"]
    for macro in ("GUARDED_BY", "REQUIRES", "EXCLUDES", "ACQUIRE", "RELEASE", "CAPABILITY"):
        command += ["-D", f"{macro}(x)="]
    lines = subprocess.run(command + [os.path.join(ROOT, path) for path in paths], capture_output=True,
                           text=True, check=True).stdout.splitlines()
    functions, fields = collections.Counter(), collections.Counter()
    for line in lines:
        scope = re.search(r"\tclass:(\S+)", line)
        kind = re.search(r';"\t(\w+)', line).group(1)
        if not scope:
            continue
        path, number = line.split("\t")[1:3]
        source = open(path, encoding="utf-8").read().splitlines()[int(number.rstrip(';"')) - 1]
        if kind in ("function", "prototype") and "= delete" not in source:
            functions[scope.group(1)] += 1
        elif kind == "member" and "access:public" in line:
            if "const " not in source and "& " not in source:
                fields[scope.group(1)] += 1
    return sorted(((functions[name], fields[name], name) for name in functions | fields), reverse=True)


def show(floor, as_dot):
    units, arrows, texts = graph_of(floor)
    if as_dot:
        print(f"digraph {floor} {{\n  rankdir=LR; node [shape=box];")
        for unit in sorted(units):
            print(f'  "{unit}";' + "".join(f' "{unit}" -> "{to}";' for to in sorted(arrows[unit])))
        return print("}")
    back = circles(units, arrows)
    in_circle = sum(1 for component in back for unit in component for to in arrows[unit] if to in component)
    print(f"{floor}: {len(texts)} files, {len(units)} units, {sum(map(len, arrows.values()))} arrows, "
          f"{in_circle} of them in {len(back)} circles")
    for component in back:
        print("  circle: " + ", ".join(sorted(component)))
    for path, text in sorted(texts.items(), key=lambda entry: -entry[1].count("\n"))[:8]:
        print(f"  {text.count(chr(10)):4} lines  {path}")
    if not shutil.which("ctags"):
        return print("  (no ctags: classes are not counted)")
    for functions, fields, name in classes_of([path for path in texts if path.endswith(".h")])[:8]:
        print(f"  {functions:4} functions, {fields} public fields that change  {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dot", action="store_true", help="the graph alone, for graphviz")
    parser.add_argument("--floor", nargs="+", default=["store"])
    arguments = parser.parse_args()
    for floor in arguments.floor:
        show(floor, arguments.dot)


if __name__ == "__main__":
    sys.exit(main())
