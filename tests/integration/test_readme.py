"""Is what README.md shows true? Every console block marked `<!-- replay -->` is run, in order, in one shell against a fresh
server with the roster loaded, and those marked `<!-- replay demo -->` in another one against a demo with all its derivatives;
what comes out is compared with what stands there; times, tokens, UUIDs and ports may differ. The tables of options, methods, exit codes and start messages are held against the sources, and links must lead
somewhere.

    /usr/bin/python3 tests/integration/test_readme.py            checks
    /usr/bin/python3 tests/integration/test_readme.py --update   writes the outputs of a real run into README.md"""
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import BUILD, ROOT, Server  # noqa: E402

README = os.path.join(ROOT, "README.md")
ADDRESS = "127.0.0.1:7443"  # where the README's server listens
HTTP = "127.0.0.1:7480"  # where it serves the log's files
HOME = "/home/you"
TIMEOUT_S = 120
REGISTRY, DEMO = "<!-- replay -->", "<!-- replay demo -->"  # marks, by the server that they want

# What may differ from one run to the next. Digests and log indexes may not: on a fresh log they are the same, but for those of
# whole entries, which hold the time, and what comes of them.
VARIES = (
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d KST"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+09:00"), "<time>"),
    (re.compile(r"^20\d\d-\d\d\b(?!-)", re.M), "<month>"),
    (re.compile(r"\bjk_[A-Za-z0-9_-]{43}"), "<token>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), "<address>"),
    (re.compile(r"^localhost/jokbo-[0-9a-f]{8}\n\d+\n[A-Za-z0-9+/]{43}=\n\n— localhost/jokbo-[0-9a-f]{8} [A-Za-z0-9+/=]+$", re.M), "<checkpoint>"),
    (re.compile(r"\blocalhost/jokbo-[0-9a-f]{8}\+[0-9a-f]{8}(\+[A-Za-z0-9+/]{44})?"), "<verifier key>"),
    (re.compile(r"\blocalhost/jokbo-[0-9a-f]{8}\b"), "<origin>"),
    (re.compile(r"\broot [A-Za-z0-9+/]{43}="), "<root>"),
    (re.compile(r"^([nm] \d+) [0-9a-f]{64}$", re.M), r"\1 <root>"),
    (re.compile(r"^(json sha256:|report\.json +|report\.html +|certificate's text +)[0-9a-f]{64}", re.M), "<digest of roots and more>"),
    (re.compile(r"^— demo\.invalid(/counts)? [A-Za-z0-9+/=]+$", re.M), r"<signature\1>"),
    (re.compile(r"\bdemo\.invalid(/counts)?\+[0-9a-f]{8}(\+[A-Za-z0-9+/]{44})?"), r"<verifier key\1>"),
    (re.compile(r"\b127\.0\.0\.1%3A\d+"), "<address>"),
    (re.compile(r"^([0-9a-f]{64})  -\n\1$", re.M), "<the same hash twice>"),
)


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def masked(text):
    for pattern, name in VARIES:
        text = pattern.sub(name, text)
    return text


class Step:
    """A command and what it printed. `at` and `end` are its output's place among the README's lines."""

    def __init__(self, command, at):
        self.command, self.at, self.end = command, at, at
        self.output = ""


def steps_of(lines, mark=REGISTRY):
    """The commands of all marked blocks, in order."""
    found, at = [], 0
    while at < len(lines):
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


class Checkout:
    """A folder like a checkout with this build, and a home like that of registry/start's user."""

    def __init__(self, server):
        self.folder = tempfile.mkdtemp(prefix="jokbo-readme-")
        self.server = server
        for name, target in (("build", BUILD), ("registry", ROOT + "/registry"), (".data-demo", server.data)):
            os.symlink(target, os.path.join(self.folder, name))
        cards = os.path.join("tests", "data", "model-cards")  # receipts are stored beside them
        shutil.copytree(os.path.join(ROOT, cards), os.path.join(self.folder, cards))
        self.home = os.path.join(self.folder, "home")
        os.makedirs(os.path.join(self.home, ".config", "jokbo"))
        if "--demo" not in server.options:  # a demo is no one's own registry
            shutil.copy(os.path.join(server.data, "client.config"), os.path.join(self.home, ".config", "jokbo", "config"))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def bash(self, script):
        """Everything that a script prints, on both channels. No terminal, no configuration of anybody's."""
        own = {"PATH": os.environ["PATH"], "HOME": self.home, "LC_ALL": "C.UTF-8", "TMPDIR": self.folder}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                own[name] = os.environ[name]
        return subprocess.run(["bash", "-c", script.replace(ADDRESS, self.server.address).replace(HTTP, self.server.http)], cwd=self.folder, env=own, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S)

    def replay(self, commands):
        """What each command printed, in one shell."""
        mark = "---- end of step %d ----"
        script = "".join("%s\n{ kept=$?; } 2>/dev/null; printf '\\n%s\\n'; (exit $kept)\n" % (command, mark % i)
                         for i, command in enumerate(commands))
        rest = self.bash(script).stdout
        for here, there in ((self.server.address, ADDRESS), (self.server.http, HTTP), (self.home, HOME)):
            rest = rest.replace(here, there)
        outputs = []
        for i, command in enumerate(commands):
            output, found, rest = rest.partition("\n%s\n" % (mark % i))
            if not found:
                raise AssertionError("the shell ended in: %s\n%s" % (command, output))
            outputs.append(output.rstrip("\n"))
        return outputs


def demo_server():
    server = Server("--demo")
    server.start()
    loaded = server.jokbo("demo", "load", os.path.join(ROOT, "registry", "data", "demo", "programme.script"), timeout=300)
    if loaded.returncode != 0:
        server.close()
        raise AssertionError("the demo was not loaded: " + loaded.stderr)
    return server


def replay_all(steps, mark=REGISTRY):
    server = demo_server() if mark == DEMO else Server()
    try:
        if mark == REGISTRY:
            server.start().load_roster()
        checkout = Checkout(server)
        try:
            return checkout.replay([step.command for step in steps])
        finally:
            checkout.close()
    finally:
        server.close()


def differences(steps, outputs):
    """A readable diff of every step that printed something else."""
    told = []
    for step, output in zip(steps, outputs):
        wanted, got = masked(step.output.rstrip("\n")), masked(output)
        if wanted != got:
            diff = difflib.unified_diff(wanted.split("\n"), got.split("\n"), "README.md", "this run", lineterm="")
            told.append("README.md, line %d: $ %s\n%s" % (step.at, step.command, "\n".join(diff)))
    return told


def updated(lines, steps, outputs):
    """The README's lines with the outputs of a run. What differs only in what varies stays as it is."""
    for step, output in reversed(list(zip(steps, outputs))):
        if masked(step.output.rstrip("\n")) != masked(output):
            lines[step.at:step.end] = output.split("\n") if output else []
    return lines


class Replay(unittest.TestCase):
    def test_the_tour(self):
        self.tour(REGISTRY, 20)

    def test_an_evaluators_day(self):
        self.tour(DEMO, 15)

    def tour(self, mark, least):
        steps = steps_of(read("README.md").split("\n"), mark)
        self.assertGreater(len(steps), least, "the README's tour is gone")
        told = differences(steps, replay_all(steps, mark))
        if told:
            self.fail("\n\n".join([""] + told + ["tests/integration/test_readme.py --update writes what is printed now"]))

    def test_a_difference_is_seen_and_what_varies_is_not(self):
        lines = ["<!-- replay -->", "```console", "$ cat <<X", "> a", "> X", "a", "$ echo", "2026-01-02 03:04 KST jk_" + "a" * 43, "```"]
        steps = steps_of(lines)
        self.assertEqual([step.command for step in steps], ["cat <<X\na\nX", "echo"])
        same = ["a", "2027-11-12 13:14 KST jk_" + "b" * 43]
        self.assertEqual(differences(steps, same), [])
        self.assertEqual(updated(list(lines), steps, same), lines)
        told = differences(steps, ["b", same[1]])
        self.assertEqual(len(told), 1)
        self.assertIn("-a\n+b", told[0])
        self.assertEqual(updated(list(lines), steps, ["b\nc", same[1]])[5:7], ["b", "c"])


class FirstCommands(unittest.TestCase):
    """The commands that registry/start prints work as they are printed."""

    def printed(self):
        script = read("registry", "start")
        functions = [re.search(r"^%s\(\) \{.*?(?:^\}|\}$)" % name, script, re.M | re.S).group(0)
                     for name in ("value_of", "told", "next_commands")]
        shell = "root=$PWD config= ready='jokbod ready grpc=%s http=127.0.0.1:7480 data=/somewhere'\n%s\nnext_commands" % (ADDRESS, "\n".join(functions))
        text = subprocess.run(["bash", "-euc", shell], cwd="/", text=True, capture_output=True, check=True).stdout
        self.assertIn("  gRPC    %s\n  HTTP    127.0.0.1:7480\n  data    /somewhere\n" % ADDRESS, text)
        return [line.strip().replace("//build", "build").replace("//tests", "tests") for line in text.split("\n") if "build/jokbo" in line]

    def test_they_work(self):
        commands = self.printed()
        self.assertEqual(len(commands), 3)
        server = Server()
        self.addCleanup(server.close)
        server.start().load_roster()
        checkout = Checkout(server)
        self.addCleanup(checkout.close)
        for command, expected in zip(commands, ("\nRegistered: mradermacher/EXAONE-3.5-7.8B-Instruct-GGUF@1\n",
                                                "\nLGAI-EXAONE/EXAONE-3.5-7.8B-Instruct        1  ",
                                                "\n└─ LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct@initial  base model")):
            result = checkout.bash(command)
            self.assertEqual(result.returncode, 0, command + "\n" + result.stdout)
            self.assertIn(expected, result.stdout)


class Tables(unittest.TestCase):
    """What README and docs list is what the sources list, no more and no less."""
    PAGES = (("README.md",), ("registry", "docs", "interface.md"), ("registry", "docs", "operate.md"))

    def rows(self, heading):
        """The cells of the table under a heading."""
        section = re.search(r"^#+ %s\n(.*?)(?=^#|\Z)" % re.escape(heading), "\n".join(read(*page) for page in self.PAGES), re.M | re.S)
        self.assertIsNotNone(section, heading)
        lines = [line for line in section.group(1).split("\n") if line.startswith("| ")]
        return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]

    def test_options_of_the_server(self):
        table = re.findall(r'^JK_OPTION\(\w+, \w+, "([a-z-]+)", "([^"]*)", "([^"]*)", \d+, \d+,', read("registry", "daemon", "config.def"), re.M)
        self.assertGreater(len(table), 10)
        wanted = [("`--%s`" % (name + " " + value if value else name), "`%s`" % default if default else "") for name, value, default in table]
        self.assertEqual([(row[0], row[1]) for row in self.rows("The server")], wanted)

    def test_options_of_the_command_line(self):
        wanted = []
        for name, value, help in re.findall(r'^JK_OPTION\(\w+, "([a-z-]+)", \w+, 1, "([^"]*)",\s*"((?:[^"\\]|\\.)*)"', read("registry", "cli", "options.def"), re.M):
            inside = re.search(r"\[([^\]]*)\]$", help)
            words = [word.strip() for word in inside.group(1).split(",")] if inside else []
            variables = ", ".join("`%s`" % w for w in words if w.isupper())
            keys = ", ".join("`%s`" % w for w in words if not w.isupper())
            wanted.append(("`--%s%s`" % (name, " " + value if value else ""), variables, keys))
        self.assertGreater(len(wanted), 8)
        self.assertEqual([tuple(row[:3]) for row in self.rows("The command line")], wanted)

    def test_exit_codes(self):
        wanted = re.findall(r'^JK_EXIT\(\w+, (\d+), "([^"]*)"\)', read("registry", "cli", "exit.def"), re.M)
        self.assertEqual([tuple(row) for row in self.rows("Exit codes")], wanted)

    def test_methods(self):
        methods = re.findall(r"^JK_METHOD\((\w+), (\w+),", read("registry", "service", "call", "methods.def"), re.M)
        self.assertGreater(len(methods), 30)
        found = [(service, method) for service in ("Registry", "Evaluation", "Stages", "Log", "Demo", "Access")
                 for row in self.rows("`jokbo.v1.%s`" % service) for method in re.findall(r"`(\w+)`", row[0])]
        self.assertEqual(found, methods)

    def test_messages_of_the_start(self):
        sources = "".join(read("registry", folder, name) for folder in ("store", "tiles")
                          for name in sorted(os.listdir(os.path.join(ROOT, "registry", folder))) if name.endswith(".c"))
        sources += read("registry", "daemon", "main.c") + read("registry", "rpc", "credentials.c")
        words = [phrase for row in self.rows("When it does not start") for phrase in re.findall(r"“([^”]+)”", row[0])]
        self.assertGreater(len(words), 7)
        joined = re.sub(r'"\s*\n\s*"', "", sources)
        for phrase in words:
            pieces = [piece for piece in phrase.split("…") if piece.strip()]
            self.assertTrue(all(piece in joined for piece in pieces), phrase)

    def test_links_lead_somewhere(self):
        for page in ("README.md", "registry/README.md", "tests/README.md", "docker/README.md", "registry/docs/interface.md",
                     "registry/docs/operate.md", "registry/docs/integrity.md"):
            for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", read(page)):
                if "://" not in target:
                    path = os.path.join(ROOT, os.path.dirname(page), target)
                    self.assertTrue(os.path.exists(path), "%s: %s" % (page, target))


def update():
    lines = read("README.md").split("\n")
    for mark in (REGISTRY, DEMO):
        steps = steps_of(lines, mark)
        lines = updated(lines, steps, replay_all(steps, mark))
    with open(README + ".new", "w", encoding="utf-8") as f:
        f.write("\n".join(lines))
    os.rename(README + ".new", README)


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        update()
    else:
        unittest.main(verbosity=1)
