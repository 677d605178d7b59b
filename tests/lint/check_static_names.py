"""A static function's name says whose it is: no more than two files of the product have one of the same name, so that a
search for it, a backtrace and a profile lead to one place."""
import re
from collections import defaultdict

from c_text import DIRECTIVE, blank_literals, spaces
from lint import File, Finding, line_of, main

FILES_MOST = 2
STATIC = re.compile(r"^static\b[^;={}()]*?\b([A-Za-z]\w*)\(", re.MULTILINE)


def check(files):
    places = defaultdict(dict)  # name: path: line
    for path, file in files.items():
        if path.startswith("registry/") and path.endswith((".c", ".h")):
            code = DIRECTIVE.sub(spaces, blank_literals(file.text))
            for match in STATIC.finditer(code):
                places[match[1]].setdefault(path, line_of(code, match.start(1)))
    for name, found in places.items():
        for path, line in found.items() if len(found) > FILES_MOST else ():
            yield Finding(path, line, f"{len(found)} files have a static function \"{name}\", at most {FILES_MOST} may: "
                          "give it a name after what this file is about")


def of(folder, *texts):
    return {f"registry/{folder}/{number}.c": File(text) for number, text in enumerate(texts)}


RUN = "static void *run(void *context)\n{\n}\n"

main(check, [
    (of("rpc", RUN, RUN), 0),
    (of("rpc", RUN, RUN, RUN), 3),
    (of("rpc", RUN, RUN, "static void *run(void *context);\n" + RUN), 3),
    (of("rpc", RUN, RUN, "/* static */ void *run(void *context);\n// static void *run(void *context)\n"), 0),
    (of("rpc", RUN, RUN, "static int (*run)(void);\nstatic int table[] = {1};\n"), 0),
    (of("rpc", RUN, RUN, "static inline bool\nrun(int a);\n"), 3),
    (of("rpc", RUN, RUN, "#define RUN \\\nstatic void run(void)\n"), 0),
    ({**of("rpc", RUN, RUN), **of("http", RUN), "tests/unit/a.c": File(RUN)}, 3),
    ({**of("rpc", RUN, RUN), "tests/unit/a.c": File(RUN)}, 0),
])
