"""jokbod key rotate and key retire, as an operator runs them: what is public before, between and after, and who can check what."""
import base64
import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import BUILD, Server, person  # noqa: E402
from witness import key_id, parse_key, public_key, sign, signed_by, split_note  # noqa: E402

BASE, NOT_VERIFIED = "skt/A.X-3.1-Light@initial", 10


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
        self.assertIn("cannot be retired", error)
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
        # who knows the new key need not believe the old one alone
        half = os.path.join(self.server.data, "half")
        shutil.copytree(os.path.join(self.server.data, "public"), half)
        lines = self.public("checkpoint").splitlines(True)
        for key, code in ((new, 0), (old, 10)):  # whose line is kept
            kept = [line for line in lines[4:] if signed_by("".join(lines[:4]) + line, key) is not None]
            self.assertEqual(len(kept), 1)
            with open(os.path.join(half, "checkpoint"), "w", encoding="utf-8") as f:
                f.write("".join(lines[:4] + kept))
            self.assertEqual(self.audit(half, new).returncode, code)
            self.assertEqual(self.audit(half, old).returncode, 0)
        self.assertEqual(self.key("retire")[0], 0)
        self.assertEqual(self.audit(os.path.join(self.server.data, "public"), new).returncode, 0)
        done = self.audit(os.path.join(self.server.data, "public"), old)  # which the entries lead on from
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    # ---- what is remembered

    def jokbo(self, home, *arguments, expect=0):
        """In a home of that name: the JSON answer."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(("JOKBO", "XDG_"))}
        own.update(HOME=os.path.join(self.server.data, home), JOKBO_SERVER=self.server.address)
        os.makedirs(own["HOME"], exist_ok=True)
        done = subprocess.run([os.path.join(BUILD, "jokbo")] + list(arguments) + ["--json"], env=own, capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, expect, "%s\n%s%s" % (arguments, done.stdout, done.stderr))
        return json.loads(done.stdout)

    def remembered(self, home):
        state = os.path.join(self.server.data, home, ".local", "state", "jokbo", "log")
        with open(os.path.join(state, os.listdir(state)[0], "key")) as f:
            return f.read()

    def keys_of_server(self):
        return self.server.client().call("Log.GetCheckpoint")["verifier_key"] + "\n"

    def keep_receipt(self, path, index):
        client = self.server.client()
        with open(path + ".receipt", "w", encoding="utf-8") as f:
            f.write(client.call("Log.GetReceipt", log_index=index)["receipt"])
        with open(path + ".entry", "wb") as f:
            f.write(client.entries(index, index + 1)[0])

    def failure(self, answer):
        return [check["text"] for subject in answer["subjects"] for check in subject["checks"] if check["state"] == "failed"]

    def test_who_knows_the_first_key_follows(self):
        """verify and audit, from the first use or by --key, before, between and after."""
        server, receipt = self.server, os.path.join(self.server.data, "old")
        server.start().load_roster()
        self.jokbo("user", "verify", BASE)
        self.keep_receipt(receipt, 3)
        old = self.public("log.vkey").strip()
        policy = os.path.join(server.data, "policy")
        with open(policy, "w") as f:
            f.write("log %s\nquorum none\n" % old)
        url = "http://" + server.http
        self.assertEqual(self.jokbo("user", "audit", url)["key_from"], "first-use")
        self.jokbo("auditor", "audit", url, "--key", old)
        server.stop()

        self.assertEqual([self.key(word)[0] for word in ("rotate", "rotate")], [0, 0])
        server.start()
        new = self.public("log.vkey").splitlines()[0]
        self.assertEqual(self.keys_of_server(), self.public("log.vkey"))
        self.jokbo("user", "verify", BASE)
        self.assertEqual(self.remembered("user"), old + "\n")
        self.jokbo("between", "verify", BASE)
        self.assertEqual(self.remembered("between"), new + "\n")
        server.stop()

        self.assertEqual(self.key("retire")[0], 0)
        until = int(self.public("checkpoint").splitlines()[1]) - 1
        server.start()
        self.assertEqual(self.keys_of_server(), new + "\n")
        self.jokbo("between", "verify", BASE)
        for arguments in ([], ["--key", old], ["--trust-policy", policy]):
            answer = self.jokbo("user", "verify", BASE, *arguments, expect=NOT_VERIFIED)
            self.assertIn("jokbo audit", " ".join(self.failure(answer)))
        url = "http://" + server.http
        mirror = os.path.join(server.data, "user", "mirror")
        shutil.copytree(os.path.join(server.data, "user", ".cache", "jokbo", "mirror",
                                     os.listdir(os.path.join(server.data, "user", ".cache", "jokbo", "mirror"))[0]), mirror)
        facts = self.jokbo("user", "audit", url, "--mirror", mirror)  # whose checkpoint the old key signed
        self.assertEqual((facts["key"], facts["key_from"]), ("+".join(new.split("+")[:2]), "first-use"))
        self.assertLess(facts["earlier"]["log_size"], facts["log_size"])
        self.assertEqual(self.remembered("user"), "%s\n%s %d\n" % (new, old, until))
        for arguments in ([], ["--key", old], ["--key", new], ["--trust-policy", policy]):
            self.jokbo("user", "verify", BASE, *arguments)
        self.jokbo("user", "verify", receipt + ".receipt", "--offline")  # the old key's, from its time
        self.jokbo("user", "verify", receipt + ".receipt", "--offline", "--key", old)
        self.jokbo("user", "verify", receipt + ".receipt", "--offline", "--key", new, expect=NOT_VERIFIED)
        # by option
        self.jokbo("stranger", "verify", BASE, "--key", old, expect=NOT_VERIFIED)
        for arguments in (["--key", old], ["--key", old, "--verify-only"], ["--trust-policy", policy], ["--trust-policy", policy, "--key", new]):
            facts = self.jokbo("stranger", "audit", url, *arguments)
            self.assertEqual((facts["key"], facts["key_proves"]), ("+".join(new.split("+")[:2]), True))
        self.jokbo("stranger", "verify", BASE, "--key", old)
        # the mirror of before, by the new key alone
        folder = os.path.join(server.data, "auditor", ".cache", "jokbo", "mirror")
        mirror = os.path.join(folder, os.listdir(folder)[0])
        self.assertTrue(self.jokbo("newcomer", "audit", url, "--key", new, "--mirror", mirror)["earlier"])
        self.assertEqual(self.read(mirror, "log.vkey"), new + "\n")
        server.stop()
        self.forge(old, new)

    def read(self, folder, name):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            return f.read()

    def forge(self, old, new):
        """Whoever has the retired key signs a checkpoint with it: the log's entries have put it away."""
        folder = os.path.join(self.server.data, "forged")
        shutil.copytree(os.path.join(self.server.data, "public"), folder)
        body, _ = split_note(self.read(folder, "checkpoint"))
        seed = parse_key(self.read(self.server.data, "log.key.retired").removeprefix("PRIVATE+KEY+"))[2]
        self.assertEqual(public_key(seed), parse_key(old)[2])
        blob = key_id(*parse_key(old)) + sign(seed, body.encode())
        with open(os.path.join(folder, "checkpoint"), "w", encoding="utf-8") as f:
            f.write("%s\n\u2014 %s %s\n" % (body, parse_key(old)[0], base64.b64encode(blob).decode()))
        self.assertIsNotNone(signed_by(self.read(folder, "checkpoint"), old))
        for home, arguments in (("user", []), ("nobody", ["--key", old]), ("nobody", ["--key", new])):
            error = self.jokbo(home, "audit", folder, *arguments, expect=NOT_VERIFIED)["error"]
            self.assertEqual(error["reason"], "AUDIT_SIGNATURE")

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
