"""What the checks of the tree share: each is held against a good tree, and then against one fault at a time."""

import argparse
import tempfile
from pathlib import Path


def problems_of(checker, tree: dict[str, str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        for path, text in tree.items():
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return checker(Path(folder)).run()


def self_test(checker, good_tree: dict[str, str], faults: list[tuple[str, str, str]]) -> list[str]:
    """`faults`: a path, a line added to its file, and what is then to be said, and nothing else."""
    failures = [f"the good tree: {problem}" for problem in problems_of(checker, good_tree)]
    for path, line, expected in faults:
        found = problems_of(checker, good_tree | {path: good_tree.get(path, "") + line})
        if len(found) != 1 or expected not in found[0]:
            failures.append(f"{path}: {line.strip()}: expected only '{expected}', got {found}")
    return failures


def main(checker, description: str, all_well: str, good_tree, faults) -> int:
    """What such a check does as a program: its exit code."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    problems = self_test(checker, good_tree, faults) if options.self_test else checker(options.root.resolve()).run()
    print("\n".join(problems) if problems else all_well)
    return 1 if problems else 0
