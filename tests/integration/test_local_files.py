"""Files that the command line is told of, or finds in a folder: a pipe, a socket, a device or a folder of that name is refused,
in a moment, with words that say what it is."""
import os
import shutil
import socket
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import jokbo  # noqa: E402
import published  # noqa: E402

MISSING_FILE, PATIENCE_S = 9, 20
NAMED = [  # how a file is named; FILE stands for it
    ["register", "FILE"],
    ["register", "--name", "a/b", "--parent", "skt/A.X-K1", "--license", "MIT", "--license-file", "FILE", "--yes"],
    ["publish", "--model", "a/b", "--manifest", "FILE", "--yes"],
    ["whoami", "--config", "FILE"],
    ["whoami", "--token-file", "FILE"],
    ["whoami", "--ca", "FILE"],
    ["roster", "apply", "FILE"],
    ["roster", "apply", "GOOD", "--licenses", "FILE"],
    ["policy", "check", "FILE"],
    ["policy", "record", "FILE"],
    ["policy", "diff", "FILE", "FILE"],
    ["verify", "FILE.receipt"],
    ["verify", "skt/A.X-K1", "--key", "FILE"],
    ["verify", "skt/A.X-K1", "--trust-policy", "FILE"],
    ["audit", "PUBLIC", "--key", "FILE"],
    ["audit", "PUBLIC", "--expect", "FILE"],
    ["demo", "load", "FILE"],
    ["digest", "FOLDER", "--check", "FILE"],
]


class LocalFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = jokbo.Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()
        client = cls.server.client()
        published.wait_published(os.path.join(cls.server.data, "public"), int(client.call("Log.GetCheckpoint")["log_size"]))
        client.close()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="jokbo-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def make(self, kind, name):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "socket":
            with socket.socket(socket.AF_UNIX) as s:
                s.bind(path)
        elif kind == "device":
            os.symlink("/dev/zero", path)
        else:
            os.mkdir(path)
        return path

    def refused(self, kind, path, *arguments, **options):
        """In a moment, with the name and what it is."""
        done = self.server.jokbo(*arguments, timeout=PATIENCE_S, **options)
        self.assertEqual(done.returncode, MISSING_FILE, (arguments, done.stdout, done.stderr))
        self.assertIn(path[:58], done.stderr, arguments)  # longer names are cut
        self.assertIn(": it is a %s, not a file" % kind, done.stderr, arguments)

    def test_a_named_one(self):
        for number, arguments in enumerate(NAMED):
            for kind in ("pipe", "socket", "device"):
                suffix = ".receipt" if "FILE.receipt" in arguments else ""
                path = self.make(kind, "%s-%d%s" % (kind, number, suffix))
                words = [{"FILE": path, "FILE.receipt": path, "GOOD": jokbo.ROSTER, "FOLDER": self.folder,
                          "PUBLIC": os.path.join(self.server.data, "public")}.get(word, word) for word in arguments]
                with self.subTest(kind=kind, arguments=arguments):
                    self.refused(kind, path, *words)

    def test_one_that_lies_in_a_folder(self):
        """A card and its neighbours, and receipts."""
        for number, name in enumerate(("README.md", "adapter_config.json", "mergekit_config.yml")):
            for kind in ("pipe", "socket", "device"):
                path = self.make(kind, "%s-%d/%s" % (kind, number, name))
                with self.subTest(kind=kind, name=name):
                    self.refused(kind, path, "register", os.path.dirname(path), "--name", "a/b", "--yes")
        for name in ("m@1.receipt", "m@1.entry", "m@1.manifest"):
            home = os.path.join(self.folder, name)
            path = self.make("pipe", os.path.join(home, ".jokbo/receipts/a", name))
            if not name.endswith(".receipt"):
                with open(os.path.join(os.path.dirname(path), "m@1.receipt"), "w") as f:
                    f.write("c2sp.org/tlog-proof@v1\n")
            with self.subTest(name=name):
                self.refused("pipe", path, "verify", home)

    def test_weights_are_skipped(self):
        """A pipe among the weights says nothing of the model, and holds nobody up."""
        self.make("pipe", "model/weights.gguf")
        card = os.path.join(self.folder, "model", "README.md")
        with open(card, "w") as f:
            f.write("---\nlicense: apache-2.0\nbase_model: skt/A.X-K1\n---\n")
        done = self.server.jokbo("register", os.path.dirname(card), "--name", "a/b", "--dry-run", timeout=PATIENCE_S)
        self.assertNotEqual(done.returncode, MISSING_FILE, done.stderr)

    def test_a_log_in_a_folder(self):
        mirror = os.path.join(self.folder, "log")
        shutil.copytree(os.path.join(self.server.data, "public"), mirror, ignore=shutil.ignore_patterns(".new-*"))
        path = os.path.join(mirror, "tile/entries/000.p/%d" % published.published_size(mirror))
        os.remove(path)
        os.mkfifo(path)
        key = os.path.join(mirror, "log.vkey")
        done = self.server.jokbo("audit", mirror, "--key", key, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, MISSING_FILE, done.stdout + done.stderr)
        self.assertIn("%s cannot be opened: it is a pipe, not a file" % os.path.relpath(path, mirror), done.stderr)

    def test_what_is_remembered(self):
        """The state folder is no exception."""
        state = os.path.join(self.folder, "state")
        origin = self.server.client().call("Log.GetCheckpoint")["origin"]
        log = os.path.join(state, "jokbo/log", urllib.parse.quote(origin, safe=""))
        for name in ("key", "checkpoint"):
            path = self.make("pipe", os.path.join(log, name))
            with self.subTest(name=name):
                self.refused("pipe", path, "verify", "skt/A.X-K1", env={"XDG_STATE_HOME": state})
            os.remove(path)

    def test_standard_input_may_be_a_pipe(self):
        done = self.server.jokbo("policy", "check", "-", "--offline", input="nothing of the kind\n", timeout=PATIENCE_S)
        self.assertNotIn("it is a pipe", done.stderr)
        self.assertEqual(self.server.jokbo("whoami", "--token-file", "-", token=None, input=self.server.token).returncode, 0)


if __name__ == "__main__":
    unittest.main()
