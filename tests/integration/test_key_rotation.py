"""jokbod key rotate and key retire, as an operator runs them: what is public before, between and after, and who can check what."""
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import BUILD, Server, person  # noqa: E402
from witness import parse_key, signed_by  # noqa: E402


class Rotation(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def public(self, name):
        with open(os.path.join(self.server.data, "public", name), encoding="utf-8") as f:
            return f.read()

    def key(self, word):
        result = subprocess.run([self.server.binary, "key", word, "--data", self.server.data], capture_output=True, text=True,
                                timeout=120)
        return result.returncode, result.stdout, result.stderr

    def signers(self, keys):
        return [signed_by(self.public("checkpoint"), key) is not None for key in keys]

    def test_from_key_to_key(self):
        self.server.start()
        person(self.server.client(), "a").call("Registry.CreatePublisher", name="a")
        old = self.public("log.vkey").strip()
        code, said, _ = self.key("rotate")  # while the server runs: a file, and nothing else
        self.assertEqual(code, 0)
        new = said.splitlines()[1].strip()
        self.assertEqual(parse_key(new)[:2], (parse_key(old)[0], 1))
        self.assertNotEqual(new, old)
        path = os.path.join(self.server.data, "log.key")
        self.assertEqual(os.stat(path + ".next").st_mode & 0o7777, 0o600)
        code, _, error = self.key("rotate")
        self.assertEqual(code, 1)
        self.assertIn("uses the data directory", error)
        self.server.stop()
        self.assertEqual(self.signers([old, new]), [True, False])

        code, said, _ = self.key("rotate")
        self.assertEqual(code, 0)
        self.assertEqual(said.splitlines()[1:3], [new, old])
        self.assertEqual(self.public("log.vkey"), new + "\n" + old + "\n")
        self.assertEqual(self.signers([old, new]), [True, True])
        code, _, error = self.key("rotate")
        self.assertEqual(code, 1)
        self.assertIn("jokbod key retire", error)
        self.write("b")
        self.assertEqual(self.signers([old, new]), [True, True])

        code, said, _ = self.key("retire")
        self.assertEqual(code, 0)
        self.assertEqual(self.public("log.vkey"), new + "\n")
        self.assertEqual(self.signers([old, new]), [False, True])
        self.assertFalse(os.path.exists(path + ".next"))
        code, _, error = self.key("retire")
        self.assertEqual(code, 1)
        self.assertIn("none to retire", error)
        self.write("c")
        self.assertEqual(self.signers([old, new]), [False, True])

    def write(self, name):
        self.server.start()
        person(self.server.client(), name).call("Registry.CreatePublisher", name=name)
        self.server.stop()

    def test_recovery_past_a_rotation(self):
        """Entries of the old key's time are replayed too: with that key where it still lies beside, without it else."""
        self.write("a")
        self.assertEqual([self.key(word)[0] for word in ("rotate", "rotate")], [0, 0])
        self.write("b")
        self.assertEqual(self.key("retire")[0], 0)
        self.write("c")
        wanted = self.public("checkpoint")
        for files in (("log.key", "log.key.retired"), ("log.key",)):
            other = Server()
            self.addCleanup(other.close)
            for name in files:
                shutil.copy2(os.path.join(self.server.data, name), other.data)
            subprocess.run([other.binary, "recover", "--from", os.path.join(self.server.data, "public"), "--data", other.data],
                           check=True, capture_output=True, timeout=120)
            other.start()
            other.stop()
            with open(os.path.join(other.data, "public", "log.vkey")) as f:
                self.assertEqual(f.read(), self.public("log.vkey"))
            with open(os.path.join(other.data, "public", "checkpoint"), encoding="utf-8") as f:
                self.assertTrue(f.read().startswith(wanted.split("\n")[0] + "\n"))

    def audit(self, folder, key):
        keys = os.path.join(self.server.data, "trusted")
        with open(keys, "w") as f:
            f.write(key + "\n")
        mirror = os.path.join(self.server.data, "mirror")
        shutil.rmtree(mirror, ignore_errors=True)
        return subprocess.run([os.path.join(BUILD, "jokbo"), "audit", folder, "--key", keys], capture_output=True, text=True,
                              timeout=60, env=dict(os.environ, HOME=self.server.data, XDG_CACHE_HOME=mirror))

    def test_audit_while_two_keys_sign(self):
        self.write("a")
        old = self.public("log.vkey").strip()
        self.assertEqual([self.key(word)[0] for word in ("rotate", "rotate")], [0, 0])
        new = self.public("log.vkey").splitlines()[0]
        for key in (old, new):
            done = self.audit(os.path.join(self.server.data, "public"), key)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.key("retire")[0], 0)
        self.assertEqual(self.audit(os.path.join(self.server.data, "public"), new).returncode, 0)
        self.assertNotEqual(self.audit(os.path.join(self.server.data, "public"), old).returncode, 0)

    def test_other_words(self):
        for words in (["key"], ["key", "drop"], ["rotate"]):
            result = subprocess.run([self.server.binary] + words + ["--data", self.server.data], capture_output=True, timeout=20)
            self.assertEqual(result.returncode, 2, words)

    def test_nothing_to_rotate(self):
        code, _, error = self.key("rotate")
        self.assertEqual(code, 1)
        self.assertIn("there is no signing key", error)
        self.assertEqual(os.listdir(self.server.data), [])


if __name__ == "__main__":
    unittest.main()
