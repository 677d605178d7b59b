"""The top level holds only what belongs there, besides dot files."""
from lint import File, Finding, main

FILES = {"CMakeLists.txt", "README.md", "LICENSE"}
FOLDERS = {"registry", "proto", "migrations", "tests", "docker"}


def check(files):
    for path in files:
        first, slash, _ = path.partition("/")
        if first.startswith(".") or first in (FOLDERS if slash else FILES):
            continue
        yield Finding(path, 1, f"\"{first}\" is not among what the top level holds: "
                      + " ".join(sorted(FILES | FOLDERS)) + " and dot files")


EMPTY = File("")
main(check, [
    ({"README.md": EMPTY, "registry/base/a.c": EMPTY, ".ci/run": EMPTY, ".gitignore": EMPTY}, 0),
    ({"notes.txt": EMPTY}, 1),
    ({"src/a.c": EMPTY, "tests/README.md": EMPTY}, 1),
    ({"docker": EMPTY}, 1),
])
