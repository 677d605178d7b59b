"""Every reason of an error stands in registry/base/reasons.def with the statuses that it comes with; every row is used; and
registry/docs/reasons.md says what the rows say. JK_REASONS_UPDATE=1 writes it."""
import os
import re
import sys

import reasons
from c_text import blank_comments
from lint import File, Finding, line_of, main

TABLE = "registry/base/reasons.def"
PAGE = "registry/docs/reasons.md"
WORD = re.compile(r'"([A-Z][A-Z0-9_]*)"')
CALL = re.compile(r"\bjk_fail\s*\(")
TAKER = re.compile(r"\benum jk_status ([a-z_]\w*)\(([^(){};]*\bconst char \*reason\b[^(){};]*)\)\s*(?:\n\{|;|__attribute__)")
SQLSTATE = re.compile(r'JK_SQLSTATE\("\w*", (\w+), "(\w+)"')
CONSTANT = re.compile(r'^#define (JK_\w+)\s+"([A-Z][A-Z0-9_]*)"', re.MULTILINE)
COMPARED = re.compile(r'(?:reason\)?, |\bhas_reason\(error, |\bis_so_already\(\w+, \w+, )"([A-Z][A-Z0-9_]*)"\)')
STATUS = re.compile(r"\bJK_([A-Z_]+)\b")


class Use:
    """The statuses that code gives a reason; `open` where one of them is only known at run time."""

    def __init__(self):
        self.statuses, self.places, self.open = {}, [], False

    def add(self, path, line, text):
        self.places.append((path, line))
        named = STATUS.findall(text)
        self.open = self.open or not named or bool(re.search(r"\bstatus\b(?!\s*==)|->status|\.status", text)) and "?" not in text
        for status in named:
            self.statuses.setdefault(status, (path, line))


def check(files):
    if TABLE not in files:
        yield Finding(TABLE, 1, "there is no table of reasons")
        return
    rows = reasons.read(files[TABLE].text)
    yield from check_rows(rows)
    uses, compared = look(files)
    known = {row.name: row for row in rows}
    for name, use in sorted(uses.items()):
        yield from check_use(name, use, known.get(name))
    for row in rows:
        if row.name not in uses:
            yield Finding(TABLE, row.line, f"no code gives the reason {row.name}: drop the row")
    for name, path, line in compared:
        if name not in known:
            yield Finding(path, line, f"no error has the reason {name}, which is asked for here")
    if files.get(PAGE, File("")).text != reasons.page(files[TABLE].text):
        yield Finding(PAGE, 1, f"does not say what {TABLE} says: JK_REASONS_UPDATE=1 writes it")


def check_rows(rows):
    seen = set()
    for row in rows:
        if row.name in seen:
            yield Finding(TABLE, row.line, f"{row.name} has two rows")
        seen.add(row.name)
        for text in (row.means, row.next):
            if not re.fullmatch(r"[A-Z\"`].*[.?]", text) or "|" in text:
                yield Finding(TABLE, row.line, f"{row.name}: a sentence begins with a capital and ends with a stop: \"{text}\"")


def check_use(name, use, row):
    path, line = use.places[0]
    if row is None:
        yield Finding(path, line, f"the reason {name} has no row in {TABLE}")
        return
    for status, place in use.statuses.items():
        if status not in row.statuses:
            yield Finding(*place, f"{name} comes with {status} here; {TABLE} knows it with " + ", ".join(row.statuses))
    for status in row.statuses:
        if status not in use.statuses and not use.open:
            yield Finding(TABLE, row.line, f"{name} never comes with {status}")


def look(files):
    """All uses of reasons by name, and where code asks for one."""
    code = {path: blank_comments(file.text) for path, file in files.items()
            if path.startswith("registry/") and path.endswith((".c", ".h", ".def"))}
    constants = {name: word for text in code.values() for name, word in CONSTANT.findall(text)}
    uses, compared = {}, []
    for path, text in code.items():
        takers = places_of_reason(text, code)
        for name, place, status_place in takers:
            for start in (match.end() for match in re.finditer(rf"\b{name}\s*\(", text)):
                parts, line = arguments(text, start), line_of(text, start)
                if len(parts) <= place:
                    continue
                words = WORD.findall(parts[place]) + [constants[part] for part in [parts[place].strip()] if part in constants]
                for word in words:
                    uses.setdefault(word, Use()).add(path, line, parts[status_place] if status_place is not None else "status")
        for match in SQLSTATE.finditer(text):
            uses.setdefault(match[2], Use()).add(path, line_of(text, match.start()), "JK_" + match[1])
        for match in COMPARED.finditer(text):
            compared.append((match[1], path, line_of(text, match.start())))
    return uses, compared


def places_of_reason(text, code):
    """Of jk_fail, jk_callers_refuse, jk_places_take and the file's own functions that take a reason: which argument it is."""
    found = {("jk_fail", 2, 1)}
    shared = [code.get("registry/service/call/%s.h" % name, "") for name in ("callers", "places")]
    for name, parameters in [taker for source in [text] + shared for taker in TAKER.findall(source)]:
        names = [parameter.split()[-1].lstrip("*") for parameter in parameters.split(",")]
        if name != "jk_fail" and "error" in names:
            found.add((name, names.index("reason"), None))
    return sorted(found, key=str)


def arguments(text, start):
    """The arguments of a call whose opening parenthesis ends at `start`."""
    parts, depth, begin, at, quoted = [], 0, start, start, False
    while at < len(text):
        char = text[at]
        if quoted:
            at += 1 if char == "\\" else 0
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            if depth == 0:
                return parts + [text[begin:at]]
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[begin:at])
            begin = at + 1
        at += 1
    return []


def update():
    """Writes the page where that is asked for, before it is looked at."""
    if os.environ.get("JK_REASONS_UPDATE") != "1" or len(sys.argv) != 3:
        return
    with open(os.path.join(sys.argv[1], TABLE), encoding="utf-8") as stream:
        text = reasons.page(stream.read())
    with open(os.path.join(sys.argv[1], PAGE), "w", encoding="utf-8") as stream:
        stream.write(text)


def tree(table, code, page=None):
    return {TABLE: File(table), "registry/base/a.c": File(code),
            PAGE: File(reasons.page(table) if page is None else page)}


HEAD = "/* Head. */\n/* ---- One ---- */\n"
ROW = 'JK_ERROR_REASON(NO_ROOM, RESOURCE_EXHAUSTED, "It is full.", "Try again later.")\n'
FAIL = 'int f(void) { return jk_fail(error, JK_RESOURCE_EXHAUSTED, "NO_ROOM", "full (%d)", g(1, 2)); }\n'

update()
main(check, [
    (tree(HEAD + ROW, FAIL), 0),
    (tree(HEAD, FAIL), 1),
    (tree(HEAD + ROW, "int f;\n"), 1),
    (tree(HEAD + ROW + ROW, FAIL), 1),
    (tree(HEAD + ROW, FAIL.replace("JK_RESOURCE_EXHAUSTED", "JK_INTERNAL")), 2),
    (tree(HEAD + ROW, FAIL.replace("JK_RESOURCE_EXHAUSTED", "status")), 0),
    (tree(HEAD + ROW, FAIL, page="# Reasons\n"), 1),
    (tree(HEAD + ROW.replace("later.", "later"), FAIL), 1),
    (tree(HEAD + ROW, FAIL + 'bool is(void) { return strcmp(error->reason, "NO_ROM") == 0; }\n'), 1),
    (tree(HEAD + ROW, '/* jk_fail(error, JK_INTERNAL, "OTHER", "") */\n' + FAIL), 0),
    (tree(HEAD + ROW + ROW.replace("NO_ROOM", "NO_KEY").replace("RESOURCE_EXHAUSTED", "INTERNAL or NOT_FOUND"),
          FAIL + 'int g(void) { return jk_fail(error, a ? JK_INTERNAL : JK_NOT_FOUND, b ? "NO_KEY" : "NO_KEY", ""); }\n'), 0),
    (tree(HEAD + ROW, "static enum jk_status refuse(struct jk_error *error, const char *reason)\n{\n    return 1;\n}\n"
                      'int f(void) { return refuse(error, "NO_ROOM"); }\n'), 0),
])
