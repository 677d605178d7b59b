"""Which file of settings the command line reads: one, and never the token of one registry for another. That registry/start writes
profiles is in test_start.py."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import BUILD  # noqa: E402

USAGE, LOCAL_FILE, AWAY = 2, 9, 8
# Nobody listens there: the message names the address, and so the file that it came from.
FLAG, VARIABLE, OWN, STARTED, OTHER = ("127.0.0.%d:1" % i for i in range(2, 7))


class Profiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="jokbo-profiles-")
        self.addCleanup(folder.cleanup)
        self.home = folder.name
        self.folder = os.path.join(self.home, ".config", "jokbo")
        os.makedirs(os.path.join(self.folder, "profiles"))

    def write(self, text, *path):
        with open(os.path.join(self.folder, *path), "w") as f:
            f.write(text)
        os.chmod(f.name, 0o600)
        return f.name

    def settings(self, server, *path):
        return self.write("server = %s\ntoken = of-%s\n" % (server, server), *path)

    def run_jokbo(self, *options, code=AWAY, **variables):
        env = {"HOME": self.home, "LC_ALL": "C.UTF-8", **variables}
        done = subprocess.run([os.path.join(BUILD, "jokbo"), "whoami", "--timeout", "5", *options], env=env, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def reads(self, server, *options, **variables):
        self.assertIn(server, self.run_jokbo(*options, **variables))

    def test_order(self):
        given = self.settings(OTHER, "given")
        self.settings(FLAG, "profiles", "flag")
        self.settings(VARIABLE, "profiles", "variable")
        self.settings(STARTED, "profiles", "local.2")
        self.write("local.2\n", "profile")
        self.reads(STARTED)
        self.reads(STARTED, HOME="/nowhere", XDG_CONFIG_HOME=os.path.join(self.home, ".config"))
        self.settings(OWN, "config")
        self.reads(OWN)
        self.reads(VARIABLE, JOKBO_PROFILE="variable")
        self.reads(OTHER, JOKBO_CONFIG=given)
        self.reads(FLAG, "--profile", "flag", JOKBO_PROFILE="variable")
        self.reads(FLAG, "--profile", "flag", JOKBO_CONFIG=given)
        self.reads(OTHER, "--config", given, JOKBO_PROFILE="variable")

    def test_two_at_once(self):
        self.settings(FLAG, "profiles", "flag")
        said = self.run_jokbo("--profile", "flag", "--config", "/dev/null", code=USAGE)
        self.assertIn("--config and --profile cannot be combined", said)
        said = self.run_jokbo(code=USAGE, JOKBO_CONFIG="/dev/null", JOKBO_PROFILE="flag")
        self.assertIn("JOKBO_CONFIG and JOKBO_PROFILE cannot be combined", said)

    def test_missing(self):
        self.assertIn("there is no profile: registry/start creates one", self.run_jokbo("--profile", "none", code=LOCAL_FILE))
        for name in ("b", "a", ".hidden", "c.new~"):
            self.settings(FLAG, "profiles", name)
        said = self.run_jokbo(code=LOCAL_FILE, JOKBO_PROFILE="none")
        self.assertIn("JOKBO_PROFILE: there is no %s/profiles/none; there are the profiles a, b\n" % self.folder, said)

    def test_names(self):
        for name in ("", "../config", "a/b", ".a", "-a", "a" * 65, "\u00e4"):
            self.assertIn('--profile "', self.run_jokbo("--profile=" + name, code=USAGE), name)
        self.settings(FLAG, "profiles", "a" * 64)
        self.reads(FLAG, "--profile", "a" * 64)

    def test_started_last_is_gone(self):
        """What needs no settings still works."""
        self.write("gone\n", "profile")
        said = self.run_jokbo("--server", OTHER)
        self.assertIn("no settings are read: %s/profile: there is no %s/profiles/gone; there is no profile" % (self.folder, self.folder), said)
        self.assertIn(OTHER, said)
        self.write("../config\n", "profile")
        self.assertIn("must be 1 to 64 letters", self.run_jokbo("--server", OTHER))

    def test_started_last_cannot_be_read(self):
        self.write("a" * 100 + "\n", "profile")
        said = self.run_jokbo("--server", OTHER)
        self.assertIn("no settings are read: ", said)
        self.assertIn("it is larger than 65 bytes", said)
        self.assertIn(OTHER, said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
