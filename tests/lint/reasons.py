"""The table of reasons, registry/base/reasons.def, read; and the page of the documentation that is made from it."""
import re
from typing import NamedTuple

ITEM = re.compile(r'/\* ---- (?P<section>.+?) ---- \*/|JK_ERROR_REASON\((?P<name>[A-Z][A-Z0-9_]*), (?P<statuses>[A-Z_ or]+),'
                  r'\s*(?P<means>"(?:\\.|[^"\\])*"(?:\s*"(?:\\.|[^"\\])*")*),\s*(?P<next>"(?:\\.|[^"\\])*"(?:\s*"(?:\\.|[^"\\])*")*)\)')
LITERAL = re.compile(r'"((?:\\.|[^"\\])*)"')

HEAD = """# Reasons of errors

**For** whoever writes a program against the interface or the command line, or finds a reason in a log. **Afterwards** you know what it means
and what to do next.

Every failed call carries a `google.rpc.ErrorInfo` in its status details, of the domain `jokbo.v1`, whose `reason` is one of these words.
`jokbo --json` prints it as `error.reason`, and `jokbod` writes it into its log. A program should look at the reason and never at the message:
messages change, reasons stay. For messages as people meet them, see [troubleshooting](troubleshooting.md).

This page is made from `registry/base/reasons.def`, so change that; `JK_REASONS_UPDATE=1 ctest --test-dir build -R lint/reasons` then writes it.
"""


class Row(NamedTuple):
    section: str
    name: str
    statuses: list
    means: str
    next: str
    line: int


def read(text):
    rows, section = [], ""
    for match in ITEM.finditer(text):
        if match["section"]:
            section = match["section"]
            continue
        rows.append(Row(section, match["name"], match["statuses"].split(" or "), joined(match["means"]), joined(match["next"]),
                        text.count("\n", 0, match.start()) + 1))
    return rows


def joined(literals):
    return "".join(LITERAL.findall(literals)).replace('\\"', '"')


def page(text):
    out, section = [HEAD], None
    for row in read(text):
        if row.section != section:
            section = row.section
            out.append(f"\n## {section}\n\n| reason | status | what it means | what to do |\n| --- | --- | --- | --- |\n")
        statuses = ", ".join(f"`{status}`" for status in row.statuses)
        out.append(f"| `{row.name}` | {statuses} | {row.means} | {row.next} |\n")
    return "".join(out)
