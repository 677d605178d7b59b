"""No C file over 700 lines, no function over 70."""
from c_text import functions
from lint import File, Finding, main

FILE_LINES = 700
FUNCTION_LINES = 70


def check(files):
    for path, file in files.items():
        if not path.endswith((".c", ".h")):
            continue
        lines = len(file.text.splitlines())
        if lines > FILE_LINES:
            yield Finding(path, FILE_LINES + 1, f"the file has {lines} lines; at most {FILE_LINES}: divide it")
        for name, first, last in functions(file.text):
            if last - first + 1 > FUNCTION_LINES:
                yield Finding(path, first, f"{name} has {last - first + 1} lines; at most {FUNCTION_LINES}: divide it")


def function_of(lines):
    """A function of so many lines, with braces where they do not count."""
    body = ["    call(\"}\", '}'); /* } */"] + ["    work();"] * (lines - 3)
    return "#define OPEN {\nint table[] = {1, 2};\nint f(int (*g)(void), int b)\n{\n" + "\n".join(body) + "\n}\n"


main(check, [
    ({"registry/a.c": File(function_of(70))}, 0),
    ({"registry/a.c": File(function_of(71))}, 1),
    ({"registry/a.c": File(function_of(70) + function_of(72))}, 1),
    ({"registry/a.h": File("int a;\n" * 700)}, 0),
    ({"registry/a.h": File("int a;\n" * 701)}, 1),
    ({"registry/a.c": File("static const int rows[] = {\n" + "    1,\n" * 100 + "};\n")}, 0),
    ({"tests/notes.txt": File("line\n" * 701)}, 0),
])
