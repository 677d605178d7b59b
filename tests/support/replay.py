"""Pages of documentation whose examples are run: console blocks marked `<!-- replay -->` against a registry with the roster loaded,
those marked `<!-- replay demo -->` against a demo with all its derivatives. A mark may name a program, as in
`<!-- replay demo python3 -->`: the block after it is given to that, and a block `text` next has what it printed; where there is no such
program it is not run. The pages of one registry are run in their order against
one server and one home, each page in a shell of its own, so that a reader who follows them sees what they show, and so that every
origin, key, root and signature on them comes from one log.

What is printed is compared with what stands on the page. Times, tokens and the like may differ; a key or root may differ too, but
one that is the same in two places of the run is the same in both places of the page."""
import difflib
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

from jokbo import BUILD, COMPARES, ROOT, SLOWER, Server

ADDRESS = "127.0.0.1:7443"  # where the pages' server listens
HTTP = "127.0.0.1:7480"  # where it serves the log's files
HOME = "/home/you"
TIMEOUT_S = 120
REGISTRY, DEMO = "<!-- replay -->", "<!-- replay demo -->"
PAGES = {REGISTRY: ("README.md", "registry/docs/tour.md", "registry/docs/verify.md", "registry/docs/weights.md", "registry/docs/evidence.md",
                    "registry/docs/census.md"),
         DEMO: ("registry/docs/counting.md", "registry/docs/tables.md", "registry/docs/evaluator.md", "registry/docs/api.md",
                "registry/docs/evidence.md")}

# What differs from run to run and says nothing. Log indexes and the digests of statements do not: on a fresh log they are the same.
ANY = (
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d KST"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+09:00"), "<time>"),
    (re.compile(r"^20\d\d-\d\d\b(?!-)", re.M), "<month>"),
    (re.compile(r"\bjk_[A-Za-z0-9_-]{43}"), "<token>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), "<address>"),
    (re.compile(r"^([0-9a-f]{64})  -\n\1$", re.M), "<the same hash twice>"),
)

# What differs, but is one thing wherever it stands: what the group holds is replaced by a name and a number.
ONE = (
    (re.compile(r"\+[0-9a-f]{8}\+([A-Za-z0-9+/]{44})(?![A-Za-z0-9+/=])"), "key"),
    (re.compile(r"\b(?:localhost(?:/|%2F)jokbo-[0-9a-f]{8}|demo\.invalid|demo\.invalid/counts)\+([0-9a-f]{8})\b"), "key hash"),
    (re.compile(r"^— \S+ ([A-Za-z0-9+/=]+)$", re.M), "signature"),
    (re.compile(r"\blocalhost(?:/|%2F)jokbo-([0-9a-f]{8})\b"), "origin"),
    (re.compile(r"(?:^|\broot )([A-Za-z0-9+/]{43}=)(?=$|[\s.,])", re.M), "root"),
    (re.compile(r"^[nm] \d+ ([0-9a-f]{64})$", re.M), "hexadecimal root"),
    (re.compile(r"^ok +root +([0-9a-f]{64})(?= is that of the first )", re.M), "hexadecimal root"),
    (re.compile(r"^ok +key +([0-9a-f]{64})(?= follows from the root)", re.M), "challenge key"),
    (re.compile(r"of the challenge of log entry \d{5}; its SHA-256 is ([0-9a-f]{64})$", re.M), "text under a challenge key"),
    (re.compile(r"^(?:json sha256:|report\.json +|report\.html +|certificate's text +)([0-9a-f]{64})", re.M), "digest over roots"),
)


class Masks:
    """What varies, replaced in one text after the other; what was seen before gets the number that it got then."""

    def __init__(self):
        self.seen = {}

    def number(self, kind, value):
        numbers = self.seen.setdefault(kind, {})
        return "<%s %d>" % (kind, numbers.setdefault(value, len(numbers) + 1))

    def masked(self, text):
        for pattern, name in ANY:
            text = pattern.sub(name, text)
        for pattern, kind in ONE:
            text = pattern.sub(lambda m, kind=kind: m.group(0)[:m.start(1) - m.start()] + self.number(kind, m.group(1)) +
                               m.group(0)[m.end(1) - m.start():], text)
        return text


PROGRAMS = {"python3": "```python", "Rscript": "```r"}  # which run a block, and how that begins


class Step:
    """A command and what it printed. `at` and `end` are its output's place among the page's lines. `absent`: the program that it needs
    and that is not here."""

    def __init__(self, command, at, absent=None):
        self.command, self.at, self.end, self.absent = command, at, at, absent
        self.output = ""


def steps_of(lines, mark):
    """The commands of all blocks with that mark, in order."""
    marks = {mark.replace(" -->", " %s -->" % name): name for name in PROGRAMS}
    found, at = [], 0
    while at < len(lines):
        if lines[at] in marks:
            at = take_program(lines, at + 1, marks[lines[at]], found)
            continue
        if lines[at] != mark:
            at += 1
            continue
        if at + 1 == len(lines) or lines[at + 1] != "```console":
            raise ValueError("line %d: a console block must follow the mark" % (at + 1))
        at = take_block(lines, at + 2, found)
    return found


def take_block(lines, at, found):
    while lines[at] != "```":
        if not lines[at].startswith("$ "):
            raise ValueError("line %d: a block begins with a command" % (at + 1))
        command, at = [lines[at][2:]], at + 1
        while lines[at].startswith("> "):
            command.append(lines[at][2:])
            at += 1
        step = Step("\n".join(command), at)
        while lines[at] != "```" and not lines[at].startswith("$ "):
            at += 1
        step.end = at
        step.output = "\n".join(lines[step.at:at])
        found.append(step)
    return at + 1


def take_program(lines, at, name, found):
    if at == len(lines) or lines[at] != PROGRAMS[name]:
        raise ValueError("line %d: a block %s must follow the mark" % (at, PROGRAMS[name]))
    end = lines.index("```", at)
    if lines[end + 1:end + 3] != ["", "```text"]:
        raise ValueError("line %d: a block ```text with what it prints must follow" % (end + 1))
    step = Step("\n".join(["%s - <<'END OF BLOCK'" % name, *lines[at + 1:end], "END OF BLOCK"]), end + 3, None if shutil.which(name) else name)
    step.end = lines.index("```", step.at)
    step.output = "\n".join(lines[step.at:step.end])
    found.append(step)
    return step.end + 1


class Page:
    """A page's lines, and the steps on it."""

    def __init__(self, name, lines, mark):
        self.name, self.lines, self.steps = name, lines, steps_of(lines, mark)

    @classmethod
    def read(cls, name, mark):
        with open(os.path.join(ROOT, name), encoding="utf-8") as f:
            return cls(name, f.read().split("\n"), mark)

    def updated(self, outputs):
        lines = list(self.lines)
        for step, output in reversed(list(zip(self.steps, outputs))):
            if step.absent:
                continue
            lines[step.at:step.end] = output.split("\n") if output else []
        return lines

    def write(self, outputs):
        path = os.path.join(ROOT, self.name)
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write("\n".join(self.updated(outputs)))
        os.rename(path + ".new", path)


def pages_of(mark):
    return [Page.read(name, mark) for name in PAGES[mark]]


def differences(pages, outputs):
    """A readable diff of every step that printed something else. `outputs` has a list for each page."""
    told, wanted_masks, got_masks = [], Masks(), Masks()
    for page, printed in zip(pages, outputs):
        for step, output in zip(page.steps, printed):
            if step.absent:
                continue
            wanted, got = wanted_masks.masked(step.output.rstrip("\n")), got_masks.masked(output)
            if wanted != got:
                diff = difflib.unified_diff(wanted.split("\n"), got.split("\n"), page.name, "this run", lineterm="")
                told.append("%s, line %d: $ %s\n%s" % (page.name, step.at, step.command, "\n".join(diff)))
    return told


class Checkout:
    """A folder like a checkout with this build, and a home like that of registry/start's user."""

    def __init__(self, server):
        self.folder = tempfile.mkdtemp(prefix="jokbo-docs-")
        self.server = server
        for name, target in (("build", BUILD), ("registry", ROOT + "/registry"), (".data-demo", server.data)):
            os.symlink(target, os.path.join(self.folder, name))
        cards = os.path.join("tests", "data", "model-cards")  # receipts are stored beside them
        shutil.copytree(os.path.join(ROOT, cards), os.path.join(self.folder, cards), ignore=shutil.ignore_patterns(".jokbo"))
        self.home = os.path.join(self.folder, "home")
        os.makedirs(os.path.join(self.home, ".config", "jokbo"))
        if "--demo" not in server.options:  # a demo is no one's own registry
            shutil.copy(os.path.join(server.data, "client.config"), os.path.join(self.home, ".config", "jokbo", "config"))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def as_on_page(self, text):
        """With the addresses and the home that the pages have."""
        for here, there in ((self.server.address, ADDRESS), (self.server.http, HTTP), (self.home, HOME)):
            text = text.replace(here, there)
        return text

    def bash(self, script):
        """Everything that a script prints, on both channels. No terminal, no configuration of anybody's."""
        own = {"PATH": os.environ["PATH"], "HOME": self.home, "LC_ALL": "C.UTF-8", "TMPDIR": self.folder, "COLUMNS": "100"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                own[name] = os.environ[name]
        return subprocess.run(["bash", "-c", script.replace(ADDRESS, self.server.address).replace(HTTP, self.server.http)], cwd=self.folder, env=own, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S * SLOWER)

    @staticmethod
    def published_first(command):
        """Before an audit of what is served: nobody turns to it within the second in which the last entry is published."""
        if not re.match(r"build/jokbo (?:audit|export) http", command):
            return ""
        newest = "env -i JOKBO_SERVER=%s build/jokbo log checkpoint | sed -n 2p" % ADDRESS
        served = "curl -fsS %s/checkpoint | sed -n 2p" % ("http://" + HTTP.replace("http://", ""))
        return "for _ in $(seq 400); do [[ $(%s) -ge $(%s) ]] && break; sleep 0.05; done 2>/dev/null\n" % (served, newest)

    def compared_next(self, commands):
        """After each command, once a release may have come whose manifest is held: nobody types the next one within the moment in which
        the server compares its weights."""
        model, waits = None, []
        for command in commands:
            if "--manifest " in command:
                model = (re.findall(r"--(?:name|model) (\S+)", command) or [model])[-1]
            told = "env -i HOME=/ JOKBO_SERVER=%s %s/build/jokbo evidence %s" % (ADDRESS, self.folder, model)
            waits.append("for _ in $(seq 400); do %s && break; sleep 0.05; done > /dev/null 2>&1\n" % told
                         if model and re.search(r"--manifest |\bpublish ", command) else "")
        return waits

    def replay(self, commands):
        """What each command printed, in one shell."""
        mark = "---- end of step %d ----"
        script = "".join("%s%s\n{ kept=$?; } 2>/dev/null; printf '\\n%s\\n'; %s(exit $kept)\n" % (self.published_first(command), command, mark % i, wait)
                         for i, (command, wait) in enumerate(zip(commands, self.compared_next(commands))))
        rest = self.as_on_page(self.bash(script).stdout)
        outputs = []
        for i, command in enumerate(commands):
            output, found, rest = rest.partition("\n%s\n" % (mark % i))
            if not found:
                raise AssertionError("the shell ended in: %s\n%s" % (command, output))
            outputs.append(output.rstrip("\n"))
        return outputs


def wait_until_published(server):
    """A page that reads the log over HTTP begins with all of it there, as for a reader who turned a page."""
    client = server.client()
    try:
        size = int(client.call("Log.GetCheckpoint")["log_size"])
    finally:
        client.close()
    deadline = time.monotonic() + 20 * SLOWER
    while time.monotonic() < deadline:
        with urllib.request.urlopen("http://%s/checkpoint" % server.http, timeout=20) as answer:
            if int(answer.read().split(b"\n")[1]) >= size:
                return
        time.sleep(0.05)
    raise AssertionError("the log's %d entries were not published" % size)


def start_registry():
    server = Server(*COMPARES)
    server.start().load_roster()
    return server


def start_demo():
    """As registry/start serves one: evaluators and their tokens rest for a day before they rule."""
    server = Server("--demo", "--evaluator-rest-hours", "24", *COMPARES)
    server.start()
    loaded = server.load_demo(timeout=300)
    if loaded.returncode != 0:
        server.close()
        raise AssertionError("the demo was not loaded: " + loaded.stderr)
    return server


def replay(pages, mark):
    """What the steps of each page printed, page by page, on one server."""
    server = start_demo() if mark == DEMO else start_registry()
    try:
        checkout, outputs = Checkout(server), []
        try:
            for page in pages:
                wait_until_published(server)
                outputs.append(checkout.replay([":" if step.absent else step.command for step in page.steps]))
        finally:
            checkout.close()
        return outputs
    finally:
        server.close()


def update():
    """Writes the outputs of a real run into the pages: into all of one registry or, where nothing changed, into none."""
    for mark in PAGES:
        pages = pages_of(mark)
        outputs = replay(pages, mark)
        if differences(pages, outputs):
            for page, printed in zip(pages, outputs):
                page.write(printed)
