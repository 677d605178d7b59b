"""No notes of unfinished work in the source: what is not done is not begun, or stands in an issue."""
import re

from lint import File, Finding, line_of, main

# Put together from halves, so that this file does not hold them.
WORDS = ["TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"]
PATTERN = re.compile(r"\b(" + "|".join(WORDS) + r")\b")
SUFFIXES = (".c", ".h", ".def", ".py", ".sh", ".cmake", ".sql", ".proto", ".yaml", ".yml", ".md", "CMakeLists.txt")
FOREIGN = ("tests/data/", "tests/golden/", "tests/fuzz/corpus/", "registry/data/")


def check(files):
    for path, file in files.items():
        if path.startswith(FOREIGN) or not (path.endswith(SUFFIXES) or file.text.startswith("#!")):
            continue
        for match in PATTERN.finditer(file.text):
            yield Finding(path, line_of(file.text, match.start()), f"the word {match.group()}: do it or drop it")


main(check, [
    ({"registry/a.c": File("/* to do: nothing. XX" "XX */\n")}, 0),
    ({"registry/a.c": File("int a;\n/* TO" "DO: more */\n")}, 1),
    ({"tests/run": File("#!/bin/sh\n# FIX" "ME\n")}, 1),
    ({"proto/a.proto": File("// HA" "CK and XX" "X\n")}, 2),
    ({"tests/data/card.md": File("TO" "DO\n")}, 0),
])
