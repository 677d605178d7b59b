"""What the checks share: the project's files, findings, and the two ways to run a check.

A check is a function from files (a dict of path to File) to an iterable of Finding. Its fixtures are pairs of such
files and the number of findings that they must give: at least one of them none, at least one of them some.
Called as `check_x.py ROOT GENERATED` or `check_x.py --self-test`.
"""
import os
import subprocess
import sys
from typing import NamedTuple


class File(NamedTuple):
    text: str
    executable: bool = False


class Finding(NamedTuple):
    path: str
    line: int
    rule: str


def tracked_paths(root):
    """Files that are, or would be, part of the project; in a folder without git, all that is not a build folder."""
    command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, check=True, capture_output=True).stdout
        paths = [os.fsdecode(path) for path in listed.split(b"\0") if path]
    except (OSError, subprocess.CalledProcessError):
        paths = list(walked_paths(root))
    return sorted(path for path in paths if os.path.isfile(os.path.join(root, path)))


def walked_paths(root):
    for folder, folders, names in os.walk(root):
        if folder == root:
            folders[:] = [name for name in folders if name not in (".git", ".data") and not is_build(name)]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root)


def is_build(name):
    return name == "build" or name.startswith("build-")


def load(root):
    files = {}
    for path in tracked_paths(root):
        full = os.path.join(root, path)
        with open(full, encoding="utf-8", errors="replace") as stream:
            files[path] = File(stream.read(), os.access(full, os.X_OK))
    return files


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def report(findings):
    findings = sorted(set(findings))
    for finding in findings:
        print(f"{finding.path}:{finding.line}: {finding.rule}")
    return 1 if findings else 0


def self_test(check, fixtures):
    counts = [wanted for _, wanted in fixtures]
    if 0 not in counts or not any(counts):
        print("the fixtures must hold both what passes and what does not")
        return 1
    failed = 0
    for number, (files, wanted) in enumerate(fixtures, 1):
        found = sorted(set(check(files)))
        if len(found) != wanted:
            print(f"fixture {number}: {wanted} findings expected, {len(found)} made: {found}")
            failed = 1
    if not failed:
        print(f"{len(fixtures)} fixtures judged as they must be")
    return failed


def main(check, fixtures):
    """`check` takes files; a check that also needs the checkout itself reads sys.argv by `roots()`."""
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test(check, fixtures))
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} ROOT GENERATED | --self-test")
    sys.exit(report(check(load(sys.argv[1]))))
