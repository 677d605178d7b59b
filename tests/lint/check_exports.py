"""A function that a header declares is used by some file besides the one that defines it, a test at least; else it is static, or
goes. A declaration whose function nobody defines goes, too. No two files define functions of one exported name."""
import re

from c_text import DIRECTIVE, blank_comments, blank_literals, functions, spaces
from lint import File, Finding, line_of, main

SOURCES = (".c", ".h", ".def")
NAME = re.compile(r"\bjk_\w+")
# At the beginning of a line: types, the name, parameters, attributes, and a semicolon; no body. `static inline` has one.
DECLARED = re.compile(r"^(?!static\b|typedef\b|return\b|#)[A-Za-z_][\w \t\n*]*?\b(jk_\w+)\s*\((?:[^(){};]|\([^(){};]*\))*\)"
                      r"(?:\s*__attribute__\s*\(\([^;]*?\)\))?\s*;", re.MULTILINE)
DEFINED_BY_MACRO = re.compile(r"\b([a-z_]\w*)##")


def check(files):
    sources = {path: file.text for path, file in files.items()
               if path.startswith(("registry/", "tests/")) and path.endswith(SOURCES)}
    words = {path: names_of(text) for path, text in sources.items()}
    homes = {}
    for path, text in sources.items():
        if path.startswith("registry/") and path.endswith(".c"):
            for name, line, _ in functions(text):
                if NAME.fullmatch(name) and homes.setdefault(name, path) != path:
                    yield Finding(path, line, f"{name}: {homes[name]} defines a function of this name, too")
    for path, text in sources.items():
        if path.startswith("registry/") and path.endswith(".h"):
            yield from check_header(path, text, words, homes)


def check_header(path, text, words, homes):
    code = DIRECTIVE.sub(lambda match: spaces(match) if "define" not in match.group() else match.group(), blank_literals(text))
    for match in DECLARED.finditer(code):
        name, home = match[1], homes.get(match[1])
        elsewhere = any(name in names for other, names in words.items() if other not in (path, home))
        again = len(re.findall(rf"\b{name}\b", code)) > 1  # by a macro or an inline function of the header
        if elsewhere or again:
            continue
        yield Finding(path, line_of(code, match.start(1)), f"{name}: no other file uses it: make it static, or drop it")


def names_of(text):
    """Comments do not use a function; the text of a macro does."""
    return set(NAME.findall(blank_comments(text)))


HEADER = "int jk_a(int a);\n"
BODY = '#include "base/a.h"\nint jk_a(int a)\n{\n    return a;\n}\nint main(void)\n{\n    return jk_a(1);\n}\n'

main(check, [
    ({"registry/base/a.h": File(HEADER), "registry/base/a.c": File(BODY),
      "registry/base/b.c": File("int jk_b(void)\n{\n    return jk_a(1);\n}\n")}, 0),
    ({"registry/base/a.h": File(HEADER), "registry/base/a.c": File(BODY)}, 1),
    ({"registry/base/a.h": File(HEADER), "registry/base/a.c": File(BODY),
      "registry/base/b.c": File("/* jk_a(1) */\n")}, 1),
    ({"registry/base/a.h": File(HEADER), "registry/base/a.c": File(BODY),
      "tests/unit/test_a.c": File("static void test(void)\n{\n    assert_true(jk_a(1));\n}\n")}, 0),
    ({"registry/base/a.h": File(HEADER), "registry/base/a.c": File(BODY), "registry/book/a.c": File(BODY)}, 1),
    ({"registry/base/a.h": File(HEADER + "#define JK_A() jk_a(0)\n"), "registry/base/a.c": File(BODY)}, 0),
    ({"registry/base/a.h": File("struct a *jk_a(int (*f)(void *context, int b),\n        int c) __attribute__((malloc));\n"),
      "registry/base/a.c": File(BODY)}, 1),
    ({"registry/base/a.h": File("static inline int jk_c(void)\n{\n    return 1;\n}\ntypedef int jk_f(void);\n")}, 0),
    ({"registry/base/a.h": File("int jk_a(void);\nint jk_gone(void);\n"), "registry/base/b.c": File("int b = jk_a();\n")}, 1),
])
