"""Is what the documentation shows true? The examples of each page are run, and what comes out is compared with what stands there
(support/replay.py). The tables of options, methods, exit codes and messages are held against the sources, and links must lead
somewhere.

    /usr/bin/python3 tests/integration/test_docs.py            checks
    /usr/bin/python3 tests/integration/test_docs.py --update   writes the outputs of a real run into the pages"""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import ROOT  # noqa: E402
from replay import ADDRESS, DEMO, PAGES, PROGRAMS, REGISTRY, Page, differences, pages_of, replay, update  # noqa: E402

DOCS = os.path.join("registry", "docs")
LONGEST = {"README.md": 200}  # lines


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def table(name):
    """The text of a table of the sources, which is one file of that name below registry/."""
    found = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(ROOT, "registry")) if name in names]
    if len(found) != 1:
        raise AssertionError("%s: %s" % (name, found))
    return read(found[0])


def all_pages():
    """Every page of documentation that a reader may open."""
    docs = [os.path.join(DOCS, name) for name in sorted(os.listdir(os.path.join(ROOT, DOCS))) if name.endswith(".md")]
    return ["README.md", "registry/README.md", "tests/README.md", "docker/README.md"] + docs


class Replay(unittest.TestCase):
    def test_pages_of_a_registry(self):
        self.tour(REGISTRY)

    def test_pages_of_a_demo(self):
        self.tour(DEMO)

    def tour(self, mark):
        pages = pages_of(mark)
        for page in pages:
            self.assertGreater(len(page.steps), 2, page.name + ": its examples are gone")
        told = differences(pages, replay(pages, mark))
        if told:
            self.fail("\n\n".join([""] + told + ["tests/integration/test_docs.py --update writes what is printed now"]))
        for page, step in ((page, step) for page in pages for step in page.steps if step.absent):
            with self.subTest(page=page.name, line=step.at):
                self.skipTest("there is no %s here: a block of %s was not run" % (step.absent, page.name))

    def test_every_marked_block_is_run(self):
        for name in all_pages():
            for mark in re.findall(r"^<!-- replay.*$", read(name), re.M):
                mark = re.sub(r" (%s) -->$" % "|".join(PROGRAMS), " -->", mark)
                self.assertIn(name, PAGES.get(mark, ()), mark)

    def test_a_difference_is_seen_and_what_varies_is_not(self):
        lines = [REGISTRY, "```console", "$ cat <<X", "> a", "> X", "a", "$ echo", "2026-01-02 03:04 KST jk_" + "a" * 43, "```"]
        page = Page("page.md", lines, REGISTRY)
        self.assertEqual([step.command for step in page.steps], ["cat <<X\na\nX", "echo"])
        same = ["a", "2027-11-12 13:14 KST jk_" + "b" * 43]
        self.assertEqual(differences([page], [same]), [])
        told = differences([page], [["b", same[1]]])
        self.assertEqual(len(told), 1)
        self.assertIn("-a\n+b", told[0])
        self.assertEqual(page.updated(["b\nc", same[1]])[5:7], ["b", "c"])

    def test_a_program_s_block(self):
        lines = ["<!-- replay python3 -->", "```python", "print(1)", "```", "", "```text", "1", "```", "after"]
        page = Page("page.md", lines, REGISTRY)
        self.assertEqual([step.command for step in page.steps], ["python3 - <<'END OF BLOCK'\nprint(1)\nEND OF BLOCK"])
        self.assertEqual((differences([page], [["1"]]), len(differences([page], [["2"]]))), ([], 1))
        self.assertEqual(page.updated(["2\n3"])[5:9], ["```text", "2", "3", "```"])
        page.steps[0].absent = "python3"
        self.assertEqual((differences([page], [[""]]), page.updated([""])), ([], lines))
        for wrong in (lines[:4] + lines[5:], ["<!-- replay Rscript -->"] + lines[1:]):
            with self.assertRaises(ValueError):
                Page("page.md", wrong, REGISTRY)

    def test_two_roots_of_one_size_are_a_difference(self):
        def output(root):
            return "of 160 entries with root %s=" % (root * 43)

        def page(*roots):
            return Page("page.md", sum((["$ step", output(root)] for root in roots), [REGISTRY, "```console"]) + ["```"], REGISTRY)
        run = [output("x"), output("x")]
        self.assertEqual(differences([page("a", "a")], [run]), [])
        self.assertEqual(len(differences([page("a", "b")], [run])), 1)
        self.assertEqual(len(differences([page("a"), page("b")], [run[:1], run[:1]])), 1)


class FirstCommands(unittest.TestCase):
    """The commands that registry/start prints are those whose output README.md shows, to the letter."""

    def printed(self):
        script = read("registry", "start")
        functions = [re.search(r"^%s\(\) \{.*?(?:^\}|\}$)" % name, script, re.M | re.S).group(0)
                     for name in ("value_of", "told", "next_commands")]
        shell = "root=$PWD config= profile=local ready='jokbod ready grpc=%s http=127.0.0.1:7480 data=/somewhere'\n%s\nnext_commands" % (ADDRESS, "\n".join(functions))
        text = subprocess.run(["bash", "-euc", shell], cwd="/", text=True, capture_output=True, check=True).stdout
        self.assertIn("  gRPC    %s\n  HTTP    127.0.0.1:7480\n  data    /somewhere\n  profile local, the default from now on\n" % ADDRESS, text)
        return [line.strip().replace("//build", "build").replace("//tests", "tests") for line in text.split("\n") if "build/jokbo" in line]

    def test_they_are_those_that_the_readme_runs(self):
        commands = self.printed()
        self.assertEqual(len(commands), 3)
        self.assertEqual(commands, [step.command for step in Page.read("README.md", REGISTRY).steps[:3]])


class Tables(unittest.TestCase):
    """What the pages list is what the sources list, no more and no less."""

    def rows(self, heading):
        """The cells of the table under a heading."""
        section = re.search(r"^#+ %s\n(.*?)(?=^#|\Z)" % re.escape(heading), "\n".join(map(read, all_pages())), re.M | re.S)
        self.assertIsNotNone(section, heading)
        lines = [line for line in section.group(1).split("\n") if line.startswith("| ")]
        return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]

    def test_options_of_the_server(self):
        options = re.findall(r'^JK_OPTION\(\w+, \w+, "([a-z-]+)", "([^"]*)", "([^"]*)", \d+, \d+,', table("config.def"), re.M)
        self.assertGreater(len(options), 10)
        wanted = [("`--%s`" % (name + " " + value if value else name), "`%s`" % default if default else "") for name, value, default in options]
        self.assertEqual([(row[0], row[1]) for row in self.rows("The server")], wanted)

    def test_options_of_the_command_line(self):
        wanted = []
        for name, value, help in re.findall(r'^JK_OPTION\(\w+, "([a-z-]+)", \w+, 1, "([^"]*)",\s*"((?:[^"\\]|\\.)*)"', table("options.def"), re.M):
            inside = re.search(r"\[([^\]]*)\]$", help)
            words = [word.strip() for word in inside.group(1).split(",")] if inside else []
            variables = ", ".join("`%s`" % w for w in words if w.isupper())
            keys = ", ".join("`%s`" % w for w in words if not w.isupper())
            wanted.append(("`--%s%s`" % (name, " " + value if value else ""), variables, keys))
        self.assertGreater(len(wanted), 8)
        self.assertEqual([tuple(row[:3]) for row in self.rows("The command line")], wanted)

    def test_exit_codes(self):
        wanted = re.findall(r'^JK_EXIT\(\w+, (\d+), "([^"]*)"\)', table("exit.def"), re.M)
        self.assertEqual([tuple(row) for row in self.rows("Exit codes")], wanted)

    def test_methods(self):
        methods = re.findall(r"^JK_METHOD\((\w+), (\w+),", table("methods.def"), re.M)
        self.assertGreater(len(methods), 30)
        found = [(service, method) for service in ("Registry", "Evaluation", "Stages", "Evidence", "Log", "Demo", "Access")
                 for row in self.rows("`jokbo.v1.%s`" % service) for method in re.findall(r"`(\w+)`", row[0])]
        self.assertEqual(found, methods)

    def test_reasons(self):
        wanted = re.findall(r'^JK_REASON\(\w+, (\d+), "([^"]*)", "([^"]*)",', table("reason.def"), re.M)
        self.assertGreater(len(wanted), 10)
        self.assertEqual([(row[2], row[0].strip("`"), row[1]) for row in self.rows("Policies")], wanted)

    def test_findings(self):
        kinds = re.search(r"^enum FindingKind \{(.*?)^\}", read("proto", "jokbo", "v1", "registry.proto"), re.M | re.S).group(1)
        wanted = [name.lower().replace("_", "-") for name in re.findall(r"FINDING_KIND_(\w+) = [1-9]", kinds)]
        self.assertGreater(len(wanted), 10)
        self.assertEqual([row[0].strip("`") for row in self.rows("Findings")], wanted)

    def test_messages(self):
        """What troubleshooting quotes is what a program says; "…" stands for what differs."""
        sources = []
        for folder, _, names in os.walk(os.path.join(ROOT, "registry")):
            sources += [read(folder, name) for name in names if name.endswith((".c", ".def")) or name == "start"]
        said = re.sub(r'"\s*\n\s*"', "", "".join(sources)).replace('\\"', '"')
        page = read(DOCS, "troubleshooting.md")
        quoted = re.findall(r"“([^”]+)”", "".join(line.split(" | ")[0] for line in page.split("\n") if line.startswith("| ")))
        self.assertGreater(len(quoted), 40)
        for message in quoted:
            for piece in message.split("…"):
                self.assertTrue(piece.strip(", ") in said, message)

    def test_commands_are_there(self):
        names = re.findall(r'^JK_COMMAND\(\w+, [A-Z]+, "([a-z -]+)"', table("commands.def"), re.M)
        self.assertGreater(len(names), 40)
        for page in all_pages():
            for words in re.findall(r"(?:`|^|build/)jokbo ([a-z][a-z-]*(?: [a-z][a-z-]*)*)", read(page), re.M):
                self.assertTrue(any((words + " ").startswith(name + " ") for name in names), "%s: jokbo %s" % (page, words))

    def test_links_lead_somewhere(self):
        formats = os.path.join("registry", "formats")
        specified = [os.path.join(folder, name) for folder in (formats, os.path.join(formats, "tiny"))
                     for name in sorted(os.listdir(os.path.join(ROOT, folder))) if name.endswith(".md")]
        for page in all_pages() + specified:
            prose = re.sub(r"`[^`\n]*`", "", read(page))
            for target, heading in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", prose):
                if "://" in target:
                    continue
                path = os.path.normpath(os.path.join(os.path.dirname(page), target)) if target else page
                self.assertTrue(os.path.exists(os.path.join(ROOT, path)), "%s: %s" % (page, target))
                if heading:
                    self.assertIn(heading, self.anchors(path), "%s: %s#%s" % (page, target, heading))

    def anchors(self, page):
        """What a hub makes of a page's headings: lower case, hyphens for spaces, nothing else but letters and digits."""
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", read(page), re.M)}

    def test_pages_keep_to_their_length(self):
        for page, most in LONGEST.items():
            self.assertLessEqual(read(page).count("\n"), most, page)

    def test_pages_say_whom_they_are_for(self):
        for page in all_pages():
            if page.startswith(DOCS):
                self.assertRegex(read(page), r"\A# [^\n]+\n\n\*\*For\*\* [^*]+\*\*Afterwards\*\* you ", page)


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        update()
    else:
        unittest.main(verbosity=1)
