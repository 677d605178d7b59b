"""The log as tables, written from registry/formats/export.md alone: that page's own list of files and columns is read and followed.
What the entries come to is tests/recount.py's to say. It shares no code with the registry."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "tests"))
import recount  # noqa: E402

PAGE = os.path.join(ROOT, "registry", "formats", "export.md")
INNER = {"register": 5, "release": 5, "policy": 5}  # lines before what the entry holds verbatim, its first line with them


class Table:
    """A row of the page: file, kinds of entries, columns as (name, the line's word)."""

    def __init__(self, file, rows, columns):
        self.file, self.kinds, self.columns = file, re.findall(r"`([a-z-]+)`", rows.split(";")[0]), []
        for name, beside in re.findall(r"`([a-z0-9_]+)`(?: \(([^)]*)\))?", columns):
            word = re.fullmatch(r"`([a-z-]+)`", beside or "")
            self.columns.append((name, word.group(1) if word else name.replace("_", "-")))


def tables_of_page():
    with open(PAGE, encoding="utf-8") as f:
        return [Table(*row) for row in re.findall(r"^\| `([a-z_]+\.csv)` \| (.*?) \| (.*) \|$", f.read(), re.M)]


def cell(value):
    text = str(value)
    shown = ("'" if text[:1] in tuple("=+-@\t\r") and text else "") + text.replace('"', '""')
    return '"%s"' % shown if re.search('[",\r\n]', text) else shown


def row(values):
    return ",".join(map(cell, values)) + "\r\n"


def yes(value):
    return "yes" if value else "no"


class Entry:
    def __init__(self, index, data):
        self.index, self.data = index, data
        lines = data.decode().split("\n")[:-1]
        self.kind, self.time, self.actor = [lines[i].split(" ", 1)[1] for i in (1, 2, 3)]
        self.body = data.split(b"\n", 4)[4]
        self.lines = [line.partition(" ")[::2] for line in lines[INNER.get(self.kind, 4):]]
        self.hash = recount.sha256(self.body).hex()

    def value(self, column, word):
        own = {"log_index": self.index, "time": self.time, "kind": self.kind, "actor": self.actor, "bytes": len(self.data),
               "leaf_hash": recount.sha256(b"\0" + self.data).hex()}
        found = dict(reversed(self.lines)).get(word, "")
        if column in own and (column != "bytes" or self.kind not in ("held", "withdrawn")):
            return own[column]
        found = "" if found == "none" else found
        return found.replace("sha256:", "", 1) if column.endswith("_sha256") else found

    def rows(self, table):
        if table.file == "entries.csv":
            return [[self.value(*column) if column[0] != "bytes" else len(self.data) for column in table.columns]]
        if table.file == "parents.csv" and self.kind in ("register", "release"):
            return [self.parent(i + 1, value) for i, value in enumerate(v for word, v in self.lines if word == "parent")]
        if self.kind not in table.kinds or table.file == "parents.csv":
            return []
        if table.file == "stage_teams.csv":
            return [[self.index, self.value("stage", "stage"), team] for team in dict(self.lines)["teams"].split(" ")]
        special = {"lineage_hash": self.hash} if table.file == "statements.csv" else {}
        if table.file == "statements.csv":
            special["parents"] = sum(word == "parent" for word, _ in self.lines)
        if table.file == "policies.csv":
            special.update(policy_sha256=self.hash, policy=self.body.decode())
        return [[special.get(column, None) if column in special else self.value(column, word) for column, word in table.columns]]

    def parent(self, position, value):
        known = recount.Parent(value)
        return [self.index, self.hash, position, known.hash, yes(known.external), known.name,
                "" if known.external and known.version == "none" else known.version]


def fold(entries):
    """The fold, and of each model and release the entry that brought it."""
    known, models, releases = recount.Fold(), {}, {}
    for index, data in enumerate(entries):
        known.apply(data)
        for model in known.models[len(models):]:
            models[model] = index
        for release in list(known.releases.values())[len(releases):]:
            releases[release] = index
    return known, models, releases


def of_models(entries):
    known, models, releases = fold(entries)
    counts = recount.Counts(known)
    derivatives = {model: (release, roots, clean) for model, release, roots, clean in counts.derivatives}
    model_rows = [[index, model.name, model.name.split("/")[0], model.team or "", yes(model in derivatives), yes(model.deciding.yanked),
                   releases[model.deciding]] for model, index in models.items()]
    release_rows = [[index, release.hash, models[release.model], yes(release.yanked)] for release, index in releases.items()]
    root_rows = []
    for model, (release, roots, clean) in derivatives.items():
        declared = counts.standing(release, True)[0]
        for root in sorted(roots, key=models.get):
            root_rows.append([models[model], models[root], root.name, root.team, roots[root], yes(root not in declared),
                              yes(not counts.is_bound(model.registered_under, model.time, root.team)),
                              recount.class_of(counts.permissions(release.license)), yes(clean), yes(release.yanked)])
    return {"models.csv": model_rows, "releases.csv": release_rows, "roots.csv": root_rows}


def write(entries):
    """All files: name and text."""
    found = of_models(entries)
    root = recount.root_of([recount.sha256(b"\0" + data) for data in entries])
    found["log.csv"] = [["jokbo/export/v1", len(entries), root.hex(), dict(Entry(0, entries[0]).lines)["origin"]]]
    taken = [Entry(index, data) for index, data in enumerate(entries)]
    files = {}
    for table in tables_of_page():
        rows = found.get(table.file)
        if rows is None:
            rows = [one for entry in taken for one in entry.rows(table)]
        files[table.file] = "".join(map(row, [[name for name, _ in table.columns]] + rows))
    return files
