"""No way out of a function between a JK_CLEANUP variable and the line that first sets it: what is cleaned up on the way would be whatever
lay there before."""
import re

from lint import File, Finding, main

DECLARED = re.compile(r"\s*JK_CLEANUP\(\w+\) [\w ]+?[ *](\w+);$")
WAY_OUT = re.compile(r"\breturn\b|\bJK_TRY\(|\bgoto\b")


def check(files):
    for path, file in files.items():
        if not path.endswith(".c"):
            continue
        lines = file.text.split("\n")
        for at, line in enumerate(lines):
            declared = DECLARED.match(line)
            if not declared:
                continue
            name = declared.group(1)
            for later in lines[at + 1:]:
                if re.search(r"\b%s\b" % name, later) or later == "}":
                    break
                if WAY_OUT.search(later):
                    yield Finding(path, at + 1, f"the function may be left before {name} is set: set it first, or where it is declared")
                    break


def function_of(*lines):
    return "static enum jk_status f(void)\n{\n" + "".join("    %s\n" % line for line in lines) + "    return JK_OK;\n}\n"


TEXT = "JK_CLEANUP(jk_text_done) struct jk_text text;"
main(check, [
    ({"registry/a.c": File(function_of(TEXT, "int n = 0;", "jk_text_init(&text, 0);", "JK_TRY(g());"))}, 0),
    ({"registry/a.c": File(function_of("JK_CLEANUP(jk_text_done) struct jk_text text = {0};", "JK_TRY(g());"))}, 0),
    ({"registry/a.c": File(function_of(TEXT, "JK_TRY(g());", "jk_text_init(&text, 0);"))}, 1),
    ({"registry/a.c": File(function_of(TEXT, "if (none) return JK_OK;", "jk_text_init(&text, 0);"))}, 1),
    ({"registry/a.c": File(function_of("JK_CLEANUP(free_it) char *text;", "if (none) return JK_OK;", "text = g();"))}, 1),
])
