"""`cmake --install` into an empty folder: what a package of a distribution would hold, in its places, and the programs run from there."""
import filecmp
import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import BUILD, COMPARES, ROOT, SLOWER, Server  # noqa: E402


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="jokbo-installed-")
        cls.addClassCleanup(folder.cleanup)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"], env=dict(os.environ, DESTDIR=folder.name), check=True,
                       stdout=subprocess.DEVNULL, timeout=120)
        cls.usr = os.path.join(folder.name, "usr")

    def run_program(self, name, *arguments):
        """From an empty environment, but for a sanitizer's and the width of a manual page: nothing but the program itself is to find."""
        env = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        done = subprocess.run([os.path.join(self.usr, "bin", name), *arguments], env=dict(env, LC_ALL="C.UTF-8", COLUMNS="78"), cwd="/", text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""), name)
        return done.stdout

    def read(self, *path):
        with open(os.path.join(self.usr, *path), encoding="utf-8") as f:
            return f.read()

    def test_programs_run(self):
        with open(os.path.join(ROOT, "CMakeLists.txt")) as f:
            version = re.search(r"^project\(jokbo VERSION (\S+)", f.read(), re.M).group(1)
        self.assertIn(version, self.run_program("jokbo", "--version"))
        self.assertIn(version, self.run_program("jokbod", "--version"))
        self.assertIn("--client-config", self.run_program("jokbod", "--help"))

    def test_completions_are_the_programs_own(self):
        for shell, path in (("bash", "bash-completion/completions/jokbo"), ("zsh", "zsh/vendor-completions/_jokbo"),
                            ("fish", "fish/vendor_completions.d/jokbo.fish")):
            self.assertEqual(self.read("share", path), self.run_program("jokbo", "completion", shell), shell)

    def test_manual_pages_hold_the_help(self):
        for name, section in (("jokbo", 1), ("jokbod", 8)):
            page = self.read("share", "man", "man%d" % section, "%s.%d" % (name, section))
            self.assertRegex(page, r'\A\.TH %s %d "" "%s [0-9.]+"\n\.SH NAME\n%s \\- \S' % (name.upper(), section, name, name))
            self.assertNotRegex(page, r"(?m)^'|^\.(?!TH |SH |nf$|fi$)|\\[^-e&]")
            text = page.partition(".nf\n")[2].partition("\n.fi\n")[0]
            text = text.replace("\\&", "").replace("\\-", "-").replace("\\e", "\\")
            self.assertEqual(text, self.run_program(name, "--help").rstrip())

    def test_data_and_documentation(self):
        data, doc = os.path.join(self.usr, "share", "jokbo"), os.path.join(self.usr, "share", "doc", "jokbo")
        for source, installed in (("registry/data/policies", data + "/policies"), ("proto", data + "/proto"),
                                  ("registry/docs", doc + "/registry/docs"), ("registry/formats", doc + "/registry/formats")):
            self.assert_same_tree(filecmp.dircmp(os.path.join(ROOT, source), installed))
        self.assertTrue(filecmp.cmp(os.path.join(ROOT, "registry/data/roster.yaml"), data + "/roster.yaml", shallow=False))
        self.assertEqual(sorted(os.listdir(doc)), ["LICENSE", "README.md", "docker", "proto", "registry", "tests"])

    def test_the_demo_is_loaded_from_there(self):
        source, installed = os.path.join(ROOT, "registry", "data", "demo"), os.path.join(self.usr, "share", "jokbo", "demo")
        compared = filecmp.dircmp(source, installed)
        self.assertEqual((compared.left_only, compared.right_only, compared.diff_files), ([], ["cards"], ["programme.script"]))
        self.assert_same_tree(compared.subdirs["manifests"])
        with Server("--demo", *COMPARES) as server:
            loaded = subprocess.run([os.path.join(self.usr, "bin", "jokbo"), "demo", "load", os.path.join(installed, "programme.script"),
                                     "--derivatives", "120"], capture_output=True, text=True, cwd="/", timeout=120 * SLOWER,
                                    env=dict(os.environ, JOKBO_CONFIG=os.path.join(server.data, "client.config"), HOME=server.data))
            self.assertEqual(loaded.returncode, 0, loaded.stderr)

    def test_links_between_the_pages_hold(self):
        doc = os.path.join(self.usr, "share", "doc", "jokbo")
        pages = [os.path.join(folder, name) for folder, _, names in os.walk(doc) for name in names if name.endswith(".md")]
        links = [(page, link) for page in pages for link in self.links_of(page)]
        self.assertGreater(len(links), 100)
        self.assertEqual([link for link in links if not os.path.exists(os.path.join(os.path.dirname(link[0]), link[1]))], [])

    @staticmethod
    def links_of(page):
        """Links to other files; a grammar, which stands in backquotes, is none."""
        with open(page, encoding="utf-8") as f:
            text = re.sub(r"```.*?```|`[^`\n]*`", "", f.read(), flags=re.S)
        return [link for link in re.findall(r"\]\(([^)#\s]+)", text) if ":" not in link]

    def assert_same_tree(self, compared):
        self.assertEqual((compared.left_only, compared.right_only, compared.diff_files, compared.funny_files), ([], [], [], []), compared.right)
        self.assertTrue(compared.same_files or compared.subdirs, compared.right)
        for below in compared.subdirs.values():
            self.assert_same_tree(below)


if __name__ == "__main__":
    unittest.main(verbosity=2)
