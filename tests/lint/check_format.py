"""Every C file is as clang-format 14 writes it, by .clang-format. Other versions write some things otherwise, so this
runs only where that version is installed (lint.cmake), which CI sees to. `tests/format` mends what this finds."""
import os
import re
import subprocess
import tempfile

from lint import File, Finding, main

FORMATTER = "clang-format-14"
SOURCES = (".c", ".h")
COMPLAINT = re.compile(r"^(.+?):(\d+):\d+: error: ", re.MULTILINE)


def check(files):
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for path, file in files.items():
            if path == ".clang-format" or path.endswith(SOURCES):
                write(os.path.join(folder, path), file.text)
                paths.append(path)
        sources = [path for path in paths if path != ".clang-format"]
        done = subprocess.run([FORMATTER, "--dry-run", "--Werror", "--style=file", *sources], cwd=folder,
                              capture_output=True, text=True)
    found = {}
    for match in COMPLAINT.finditer(done.stderr):
        found.setdefault(match[1], int(match[2]))
    if done.returncode != 0 and not found:
        yield Finding(".clang-format", 1, done.stderr.strip() or f"{FORMATTER} failed")
    for path, line in found.items():
        yield Finding(path, line, "not as clang-format 14 writes it: run tests/format")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)


STYLE = File("BasedOnStyle: LLVM\nIndentWidth: 4\n")

main(check, [
    ({".clang-format": STYLE, "registry/base/a.c": File("int a(void) {\n    call();\n    return 1;\n}\n")}, 0),
    ({".clang-format": STYLE, "registry/base/a.c": File("int a(void) {\n  call();\n  return 1;\n}\n")}, 1),
    ({".clang-format": STYLE, "tests/unit/b.c": File("int  b;\nint  c;\n"), "registry/base/a.h": File("int *a;\n")}, 1),
    ({".clang-format": STYLE, "registry/base/rows.def": File("ROW( a )\n"), "registry/base/a.c": File("int a;\n")}, 0),
    ({".clang-format": File("BasedOnStyle: Nobody\n"), "registry/base/a.c": File("int a;\n")}, 1),
])
