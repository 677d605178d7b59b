"""Does `jokbo` keep receipts, and does `jokbo verify` catch what it should: damage on the disk, a server that gives wrong
receipts, a log that shows two pasts? A real server, a second one with the same key, and a proxy that lies."""
import base64
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import sketch  # noqa: E402
from jokbo import BUILD, Server  # noqa: E402
from liar import Liar  # noqa: E402

BASE = "skt/A.X-3.1-Light"
CARD = "---\nlicense: apache-2.0\nbase_model: %s\ntags: [sft]\n---\n" % BASE
VERIFIED, USAGE, INCOMPLETE, NOT_FOUND, TRY_AGAIN, LOCAL_FILE, NOT_VERIFIED, FORKED, RECEIPT_WRONG = 0, 2, 3, 5, 8, 9, 10, 11, 12
OTHER_LOG = 4
NOWHERE = {"JOKBO_SERVER": "127.0.0.1:1"}


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def manifest_of(folder, names):
    lines = ["jokbo/manifest/v1"]
    for name in sorted(names, key=os.fsencode):
        data = read(os.path.join(folder, name))
        lines.append("file %s %d %s" % (hashlib.sha256(data).hexdigest(), len(data), name))
    return "\n".join(lines) + "\n"


def setUpModule():
    server = Server()
    unittest.addModuleCleanup(server.close)
    server.start().load_roster().jokbo("publisher", "create", "hanbit")
    checkpoint = server.client().call("Log.GetCheckpoint")
    Case.server, Case.origin, Case.vkey = server, checkpoint["origin"], checkpoint["verifier_key"]


class Case(unittest.TestCase):
    """A server with the publisher hanbit, for all; each test has a home and a model's folder of its own."""
    maxDiff = 4000
    number = 0

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="jokbo-verify-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.home, self.model = self.folder + "/home", self.folder + "/model"
        os.mkdir(self.home)
        write(self.model + "/README.md", CARD)
        write(self.model + "/model.safetensors", "in place of weights\n")
        write(self.model + "/sub/config.json", "{}\n")
        self.files = ["model.safetensors", "sub/config.json"]
        write(self.folder + "/manifest", manifest_of(self.model, self.files))
        Case.number += 1
        self.name = "hanbit/model-%d" % Case.number
        self.receipt = "%s/.jokbo/receipts/%s@1.receipt" % (self.model, self.name)
        self.entry = self.receipt[:-len("receipt")] + "entry"
        self.remembered = "%s/.local/state/jokbo/log/%s/checkpoint" % (self.home, self.origin.replace("/", "%2F"))

    def jokbo(self, *arguments, expect=0, env=None, server=None):
        result = (server or self.server).jokbo(*arguments, env=dict({"HOME": self.home}, **(env or {})))
        self.assertEqual(result.returncode, expect, "jokbo %s\n%s%s" % (" ".join(arguments), result.stdout, result.stderr))
        return result

    def in_folder(self, folder, *arguments, env=None):
        """There the receipts of releases without a card are stored."""
        env = dict({"PATH": os.environ["PATH"], "HOME": self.home, "JOKBO_SERVER": self.server.address,
                    "JOKBO_TOKEN": self.server.token}, **(env or {}))
        done = subprocess.run([os.path.join(BUILD, "jokbo")] + list(arguments), cwd=folder, env=env, capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def register(self, *options, expect=0, **more):
        return self.jokbo("register", self.model, "--name", self.name, "--manifest", self.folder + "/manifest", *options,
                          expect=expect, **more)

    def verify(self, *arguments, expect=VERIFIED, **more):
        """{check: [states]} of all subjects; the exit code must be the expected one."""
        result = self.jokbo("verify", *arguments, "--json", expect=expect, **more)
        self.answer = json.loads(result.stdout)
        self.assertEqual(self.answer.get("verified"), expect == VERIFIED)
        found = {}
        for subject in self.answer["subjects"]:
            for check in subject["checks"]:
                found.setdefault(check["check"], []).append(check["state"])
        return found

    def text_of(self, check):
        return [c["text"] for s in self.answer["subjects"] for c in s["checks"] if c["check"] == check][0]

    def grow(self):
        """The log grows by an entry."""
        Case.number += 1
        self.jokbo("register", "--name", "hanbit/other-%d" % Case.number, "--parent", BASE, "--license", "MIT", "--no-receipt")

    def remembered_size(self):
        return int(read(self.remembered).split(b"\n")[1])


class Receipts(Case):
    def test_register_stores_receipt_entry_and_manifest(self):
        result = self.register()
        self.assertIn("receipt       %s\n" % self.receipt, result.stdout)
        self.assertIn("log's key     %s\n" % self.vkey, result.stdout)
        receipt, entry = read(self.receipt), read(self.entry)
        self.assertTrue(receipt.startswith(b"c2sp.org/tlog-proof@v1\nindex "))
        index = int(receipt.split(b"\n")[1].split()[1])
        self.assertEqual(self.server.client().entries(index, index + 1), [entry])
        self.assertEqual(read(self.entry[:-len("entry")] + "manifest"), read(self.folder + "/manifest"))
        self.assertEqual(sorted(os.listdir(os.path.dirname(self.receipt))),
                         sorted("%s@1.%s" % (self.name[7:], kind) for kind in ("entry", "manifest", "receipt")))

    def test_json_has_the_receipt(self):
        answer = json.loads(self.register("--json").stdout)
        self.assertEqual(answer["receipt_file"], self.receipt)
        self.assertEqual(answer["receipt"].encode(), read(self.receipt))

    def test_a_repeat_brings_the_receipt_again(self):
        self.register()
        shutil.rmtree(self.model + "/.jokbo")
        result = self.register()
        self.assertIn("Already registered, unchanged", result.stdout)
        self.assertIn(self.receipt, result.stdout)
        self.verify(self.model, "--offline")
        answer = json.loads(self.register("--json").stdout)
        self.assertEqual((answer["status"], answer["receipt_file"]), ("unchanged", self.receipt))
        self.assertEqual(answer["receipt"].encode(), read(self.receipt))

    def test_a_further_release_and_a_yank(self):
        self.register()
        work = self.folder + "/work"
        os.mkdir(work)
        for arguments in (["publish", "--model", self.name, "--release", "2", "--license", "MIT"],
                          ["yank", self.name + "@2", "--reason", "wrong weights"], ["unyank", self.name + "@2"]):
            done = self.in_folder(work, *arguments)
            self.assertIn(" .jokbo/receipts/%s@2" % self.name, done.stdout)
        found = sorted(name for name in os.listdir(work + "/.jokbo/receipts/hanbit") if name.endswith(".receipt"))
        self.assertEqual([name.partition("@2")[2].partition("-")[0] for name in found], [".receipt", "@unyank", "@yank"])
        checks = self.verify(work)
        self.assertEqual(checks["inclusion"], ["ok"] * 3)
        self.assertEqual(checks["entry"], ["ok"] * 2)
        self.assertEqual(checks["newest checkpoint"], ["ok"])

    def test_no_receipt(self):
        result = self.register("--no-receipt")
        self.assertNotIn("receipt", result.stdout + result.stderr)
        self.assertFalse(os.path.exists(self.model + "/.jokbo"))
        self.assertFalse(os.path.exists(self.home + "/.local"))

    def test_a_dry_run_has_none(self):
        result = self.register("--dry-run")
        self.assertNotIn("receipt", result.stdout + result.stderr)
        self.assertFalse(os.path.exists(self.model + "/.jokbo"))

    def test_a_folder_that_cannot_be_written_is_a_warning(self):
        write(self.model + "/.jokbo", "a file")
        result = self.register()
        self.assertIn("jokbo: note: the receipt could not be stored: ", result.stderr)
        self.assertNotIn("receipt       ", result.stdout)

    def test_a_memory_that_cannot_be_written_is_no_error(self):
        write(self.home + "/.local", "a file")
        self.nothing_is_remembered("cannot be: %s/.local" % self.home)

    def test_no_home_is_no_error(self):
        self.nothing_is_remembered("cannot be: neither XDG_STATE_HOME nor HOME is set", env={"HOME": ""})

    def nothing_is_remembered(self, why, **more):
        """It is said wherever it matters, and what the run itself sees is compared all the same."""
        kept = "trusted on first use, not remembered"
        self.assertIn(kept, self.register(**more).stdout)
        for command in (["yank", self.name + "@1", "--reason", "broken"], ["unyank", self.name + "@1"]):
            done = self.in_folder(self.folder, *command, **more)
            self.assertIn("The log's key, %s" % kept, done.stdout)
        self.grow()
        checks = self.verify(self.model, **more)
        self.assertEqual((checks["signature"], checks["growth"], checks["newest checkpoint"]), (["ok"], ["note"], ["ok"]))
        self.assertIn(why, self.text_of("growth"))
        self.assertRegex(self.text_of("newest checkpoint"), "only grown: from size [0-9]+, seen in this run, to size ")
        result = self.jokbo("audit", "http://" + self.server.http, **more)
        self.assertIn("jokbo: note: of this log nothing new is remembered: " + why[len("cannot be: "):], result.stderr)
        self.assertFalse(os.path.isdir(self.home + "/.local"))


class Sketched(Case):
    """Manifests of version 2, made by `jokbo digest`: taken by the server, and every line of them is checked."""

    def setUp(self):
        super().setUp()
        tensors = [(name, "BF16", [128, 130], random.Random(name).randbytes(2 * 128 * 130).replace(b"\x7f", b"\0").replace(b"\xff", b"\0"))
                   for name in ("a", "b")]
        sketch.write_safetensors(self.model + "/model.safetensors", tensors)
        self.jokbo("digest", self.model, "--out", self.folder + "/manifest")
        self.lines = read(self.folder + "/manifest").decode().split("\n")
        self.assertEqual(self.lines[0], "jokbo/manifest/v2")
        self.assertEqual(len([line for line in self.lines if line.startswith("sketch ")]), 2)

    def fails(self, *names):
        checks = self.verify(self.model, "--key", self.vkey, expect=NOT_VERIFIED if names else VERIFIED)
        self.assertEqual(sorted(name for name, states in checks.items() if "failed" in states), sorted(names))

    def register_lines(self, lines):
        write(self.folder + "/manifest", "\n".join(lines))
        self.register()

    def test_it_is_registered_held_and_verified(self):
        self.register()
        self.fails()
        client = self.server.client()
        blob = client.call("Registry.GetBlob", sha256=hashlib.sha256("\n".join(self.lines).encode()).hexdigest())
        client.close()
        digest = hashlib.sha256("".join(line.rsplit(" ", 1)[0] + "\n" for line in self.lines if line.startswith("tensor ")).encode())
        self.assertEqual((blob["state"], blob["weights_sha256"]), ("BLOB_STATE_STORED", digest.hexdigest()))

    def test_an_invented_tensor(self):
        at = next(i for i, line in enumerate(self.lines) if line.startswith("tensor "))
        for version in ("v1", "v2"):
            lines = ["jokbo/manifest/" + version] + [line for line in self.lines[1:] if version == "v2" or not line.startswith("sketch ")]
            lines[at:at + 2] = sorted(lines[at:at + 2] + ["tensor %s F32 1 z model.safetensors" % ("ab" * 32)])
            self.name += version
            self.register_lines(lines)
            self.fails("tensor", "tensors")
            shutil.rmtree(self.model + "/.jokbo")

    def test_another_header(self):
        at = next(i for i, line in enumerate(self.lines) if line.startswith("header "))
        self.lines[at] = "header %s model.safetensors" % ("ab" * 32)
        self.register_lines(self.lines)
        self.fails("header", "tensors")

    def test_a_sketch_of_something_else(self):
        self.lines[-2] = self.lines[-3].rsplit(" ", 2)[0] + " b model.safetensors"
        self.register_lines(self.lines)
        self.fails("sketch", "tensors")

    def test_the_server_refuses_what_contradicts_itself(self):
        for old, new in ((" b model.safetensors", " c model.safetensors"), ("BF16 128x130 b", "BF16 130x128 b")):
            at = len(self.lines) - 2
            lines = self.lines[:at] + [self.lines[at].replace(old, new)] + self.lines[at + 1:]
            write(self.folder + "/manifest", "\n".join(lines))
            result = self.register(expect=4)
            self.assertIn("Line %d of the manifest" % (at + 1), result.stderr)


class Damage(Case):
    """Offline, with the key given: exactly the check fails that should."""

    def setUp(self):
        super().setUp()
        self.register()

    def offline(self, expect, *arguments, **more):
        return self.verify(*(arguments or [self.model]), "--offline", "--key", self.vkey, expect=expect, env=NOWHERE, **more)

    def fails(self, *names):
        checks = self.offline(NOT_VERIFIED)
        self.assertEqual(sorted(name for name, states in checks.items() if "failed" in states), sorted(names))

    def flip(self, path, at=-1):
        data = bytearray(read(path))
        data[at] ^= 1
        write(path, bytes(data))

    def test_nothing_is_damaged(self):
        checks = self.offline(VERIFIED)
        for name in ("lineage hash", "inclusion", "signature", "growth", "manifest", "files"):
            self.assertEqual(checks[name], ["ok"], name)
        subject = self.answer["subjects"][0]
        statement = read(self.entry).split(b"\n", 4)[4]
        self.assertEqual(subject["lineage_hash"], hashlib.sha256(statement).hexdigest())
        self.assertEqual((subject["model"], subject["release"], subject["origin"]), (self.name, "1", self.origin))
        self.assertEqual(subject["key"], {"key": self.vkey, "from": "given", "where": "--key"})

    def test_for_people(self):
        result = self.jokbo("verify", self.model, "--offline", "--key", self.vkey, env=NOWHERE)
        lines = result.stdout.split("\n")
        self.assertEqual(lines[0], self.receipt)
        self.assertEqual([line.split("  ")[0] for line in lines[1:-1]], ["ok", "ok", "ok", "note", "note", "ok", "ok", "ok", "note"])

    def test_what_the_manifest_does_not_list(self):
        """Weights and code must not be slipped in beside what was registered; a text may lie there."""
        for name, state in (("notes.txt", "note"), ("model-00002-of-00002.safetensors", "failed"), ("modeling_custom.py", "failed")):
            write(self.model + "/" + name, "x")
            checks = self.offline(NOT_VERIFIED if state == "failed" else VERIFIED)
            self.assertIn(state, checks["unlisted"])
            os.unlink(self.model + "/" + name)

    def test_a_file(self):
        self.flip(self.model + "/sub/config.json")
        self.fails("file", "files")
        self.assertTrue(self.text_of("file").startswith("sub/config.json: SHA-256 "))
        self.assertEqual(self.text_of("files"), "1 of 2 differ from the manifest")

    def test_a_missing_file(self):
        os.unlink(self.model + "/model.safetensors")
        self.fails("file", "files")
        self.assertEqual(self.text_of("file"), "model.safetensors: it is missing")

    def test_the_manifest(self):
        self.flip(self.entry[:-len("entry")] + "manifest", -3)
        self.fails("manifest")

    def test_the_entry(self):
        self.flip(self.entry, -2)  # the last parent's version
        self.fails("inclusion")
        self.flip(self.entry, -2)
        self.flip(self.entry, 3)  # its first line
        self.fails("entry", "inclusion")

    def test_every_seventh_byte_of_the_receipt(self):
        whole = read(self.receipt)
        for at in range(0, len(whole), 7):
            self.flip(self.receipt, at)
            self.offline(NOT_VERIFIED, self.receipt)
            write(self.receipt, whole)
        self.offline(VERIFIED, self.receipt)

    def test_the_receipt_of_another_entry(self):
        other = self.server.client().call("Log.GetReceipt", log_index=3)
        write(self.receipt, other["receipt"])
        self.fails("inclusion")

    def test_the_entry_is_missing(self):
        os.unlink(self.entry)
        checks = self.offline(LOCAL_FILE)
        self.assertEqual((checks["entry"], checks["signature"]), (["skipped"], ["ok"]))
        self.verify(self.receipt)  # with the server it can be had

    def test_another_key(self):
        name = self.vkey.split("+", 1)[0]
        public = bytes(range(32))
        number = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4].hex()
        other = "%s+%s+%s" % (name, number, base64.b64encode(b"\x01" + public).decode())
        checks = self.verify(self.model, "--offline", "--key", other, expect=NOT_VERIFIED)
        self.assertEqual((checks["signature"], checks["inclusion"]), (["failed"], ["ok"]))
        self.assertNotIn("growth", checks)

    def test_what_is_not_there(self):
        self.jokbo("verify", self.folder + "/no.receipt", expect=LOCAL_FILE)
        self.jokbo("verify", self.home, expect=NOT_FOUND)
        self.jokbo("verify", self.model, "--release", "9", "--offline", expect=NOT_FOUND)
        self.jokbo("verify", self.name, "--offline", expect=USAGE)
        self.jokbo("verify", self.receipt, "--model", self.name, expect=USAGE)
        self.jokbo("verify", self.model, "--key", "no-such-key", expect=USAGE)
        self.jokbo("verify", "hanbit/nobody-made-this", expect=NOT_FOUND)


class Keys(Case):
    def test_the_first_use_is_remembered_and_said(self):
        self.register("--no-receipt")
        checks = self.verify(self.name)
        self.assertEqual(checks["growth"], ["note"])
        self.assertEqual(self.answer["subjects"][0]["key"]["from"], "first-use")
        self.assertIn("this proves only that nothing has changed since", self.text_of("key"))
        self.assertIn(self.vkey, self.text_of("key"))
        self.verify(self.name)
        self.assertEqual(self.answer["subjects"][0]["key"]["from"], "first-use-remembered")

    def test_offline_there_is_no_first_use(self):
        self.register()
        shutil.rmtree(self.home + "/.local")
        checks = self.verify(self.receipt, "--offline", expect=INCOMPLETE)
        self.assertEqual((checks["inclusion"], checks["key"]), (["ok"], ["skipped"]))

    def test_where_a_key_may_come_from(self):
        self.register()
        write(self.folder + "/log.vkey", "%s\n" % self.vkey)
        write(self.home + "/config", "key = %s/log.vkey\n" % self.folder)
        for arguments, env, where in ((["--key", self.vkey], {}, "--key"), (["--key", self.folder + "/log.vkey"], {}, "--key"),
                                      ([], {"JOKBO_KEY": self.vkey}, "JOKBO_KEY"),
                                      (["--config", self.home + "/config"], {}, "the config file")):
            self.verify(self.receipt, *arguments, env=env)
            self.assertEqual(self.answer["subjects"][0]["key"], {"key": self.vkey, "from": "given", "where": where})

    def test_a_server_that_changes_its_key(self):
        """The key remembered stays, whatever the server says it is."""
        self.register()
        other = Server("--origin", self.vkey.split("+")[0]).start()
        self.addCleanup(other.close)
        other.load_roster()
        checks = self.verify(BASE + "@initial", expect=NOT_VERIFIED, server=other)
        self.assertEqual((checks["signature"], checks["inclusion"]), (["failed"], ["ok"]))


class Growth(Case):
    def test_it_has_only_grown(self):
        self.register()
        first = self.remembered_size()
        self.grow()
        self.grow()
        checks = self.verify(self.receipt)
        self.assertEqual((checks["growth"], checks["newest checkpoint"]), (["ok"], ["ok"]))
        self.assertIn("only grown: from size %d, remembered, to size %d" % (first, first + 2), self.text_of("newest checkpoint"))
        self.assertEqual(self.remembered_size(), first + 2)
        checks = self.verify(self.receipt)
        self.assertIn("its tree of size %d is the beginning" % first, self.text_of("growth"))
        self.verify(self.receipt, "--offline")
        self.assertEqual(self.remembered_size(), first + 2)

    def test_a_name_and_its_files_from_somewhere_else(self):
        self.register()
        elsewhere = self.folder + "/download"
        shutil.copytree(self.model, elsewhere, ignore=shutil.ignore_patterns(".jokbo"))
        self.jokbo("verify", elsewhere, expect=NOT_FOUND)
        manifest = ["--manifest", self.folder + "/manifest"]
        checks = self.verify(elsewhere, "--model", self.name, *manifest)
        self.assertEqual((checks["manifest"], checks["files"], checks["inclusion"]), (["ok"], ["ok"], ["ok"]))
        checks = self.verify(elsewhere, "--model", self.name, "--release", "1", "--http", "http://127.0.0.1:1", expect=TRY_AGAIN)
        self.assertEqual((checks["inclusion"], checks["files"]), (["ok"], ["skipped"]))
        write(elsewhere + "/model.safetensors", "other weights      \n")
        checks = self.verify(elsewhere, "--model", self.name, *manifest, expect=NOT_VERIFIED)
        self.assertEqual(checks["file"], ["failed"])

    def test_a_renamed_model(self):
        self.register()
        self.jokbo("rename", self.name, self.name + "-new")
        checks = self.verify(self.name + "-new")
        self.assertEqual(checks["name"], ["note"])
        self.assertIn(self.name, self.text_of("name"))
        self.verify(self.model)

    def test_several_at_once(self):
        self.register()
        self.grow()
        env = {"PATH": os.environ["PATH"], "HOME": self.home, "JOKBO_SERVER": self.server.address}
        running = [subprocess.Popen([os.path.join(BUILD, "jokbo"), "verify", self.receipt], env=env, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True) for _ in range(8)]
        for process in running:
            text, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, text)
        self.assertEqual(os.listdir(os.path.dirname(self.remembered)).count("checkpoint"), 1)
        self.assertEqual([name for name in os.listdir(os.path.dirname(self.remembered)) if name.startswith(".")], [])


class Forks(Case):
    """A second log with the same key and origin, and another past."""

    @classmethod
    def setUpClass(cls):
        cls.fork = Server()
        cls.addClassCleanup(cls.fork.close)
        shutil.copy(cls.server.data + "/log.key", cls.fork.data + "/log.key")
        cls.fork.start().load_roster()
        cls.fork.jokbo("publisher", "create", "hanbit")
        assert cls.fork.client().call("Log.GetCheckpoint")["verifier_key"] == cls.vkey

    @staticmethod
    def size_of(server):
        return int(server.client().call("Log.GetCheckpoint")["log_size"])

    def grow_fork(self, size):
        while self.size_of(self.fork) < size:
            Case.number += 1
            answer = self.fork.jokbo("register", "--name", "hanbit/fork-%d" % Case.number, "--parent", BASE, "--no-receipt")
            self.assertEqual(answer.returncode, 0, answer.stderr)

    def forked(self, result):
        """Both checkpoints are shown, and what was remembered stays."""
        self.assertEqual(read(self.remembered), self.before)
        shown = result.stdout + result.stderr
        self.assertIn(self.before.decode(), shown)
        return shown

    def test_verify_catches_it(self):
        self.register()
        self.before = read(self.remembered)
        self.grow_fork(self.remembered_size() + 1)
        result = self.jokbo("verify", BASE + "@initial", server=self.fork, expect=FORKED)
        shown = self.forked(result)
        now = self.fork.client().call("Log.GetCheckpoint")["note"]
        self.assertIn("Seen before:\n\n%s\nNow:\n\n%s\n" % (self.before.decode(), now), shown)
        self.verify(BASE + "@initial", server=self.fork, expect=FORKED)
        self.assertEqual(self.answer["subjects"][0]["contradiction"], {"seen_before": self.before.decode(), "now": now})
        self.assertEqual(self.answer["reason"], "LOG_FORKED")
        self.verify(self.receipt, expect=VERIFIED)

    def test_a_receipt_of_the_true_log_shown_to_the_fork(self):
        self.register()
        self.before = read(self.remembered)
        self.grow_fork(self.remembered_size() + 1)
        checks = self.verify(self.receipt, server=self.fork, expect=FORKED)
        self.assertEqual((checks["growth"], checks["newest checkpoint"]), (["ok"], ["failed"]))
        self.assertEqual(read(self.remembered), self.before)

    def test_a_fork_that_is_shorter_proves_nothing(self):
        self.register()
        while self.size_of(self.fork) >= self.size_of(self.server):
            self.grow()
        self.verify(BASE + "@initial")
        self.before = read(self.remembered)
        self.verify(BASE + "@initial", server=self.fork, expect=TRY_AGAIN)
        self.assertIn("lags behind, or was rolled back", self.text_of("growth"))
        self.assertEqual(read(self.remembered), self.before)

    def test_equal_sizes(self):
        self.grow_fork(self.size_of(self.server))
        while self.size_of(self.fork) > self.size_of(self.server):
            self.grow()
        self.jokbo("verify", BASE + "@initial")
        self.before = read(self.remembered)
        self.forked(self.jokbo("verify", BASE + "@initial", server=self.fork, expect=FORKED))

    def test_register_catches_it(self):
        self.jokbo("verify", BASE + "@initial")
        self.before = read(self.remembered)
        self.grow_fork(self.remembered_size())
        result = self.register(server=self.fork, expect=FORKED)
        self.forked(result)
        self.assertFalse(os.path.exists(self.receipt))


class OtherLog(Case):
    """The server that is asked keeps another log, with the same releases in it."""

    @classmethod
    def setUpClass(cls):
        cls.other = Server()
        cls.addClassCleanup(cls.other.close)
        cls.other.start().load_roster().jokbo("publisher", "create", "hanbit")
        cls.other_origin = cls.other.client().call("Log.GetCheckpoint")["origin"]

    def setUp(self):
        super().setUp()
        self.register()
        self.register("--no-receipt", server=self.other)
        self.jokbo("yank", self.name + "@1", "--reason", "wrong file", "--no-receipt", server=self.other)
        here, there = (server.client().call("Registry.GetRelease", name=self.name + "@1") for server in (self.server, self.other))
        self.assertEqual(here["lineage_hash"], there["lineage_hash"])

    def test_nothing_is_told_of_the_release_there(self):
        checks = self.verify(self.receipt, server=self.other, expect=OTHER_LOG)
        self.assertEqual(checks["newest checkpoint"], ["skipped"])
        self.assertIn("keeps the log", self.text_of("newest checkpoint"))
        self.assertNotIn("yanked", checks)
        self.jokbo("yank", self.name + "@1", "--reason", "wrong here", "--no-receipt")
        self.assertEqual(self.verify(self.receipt)["yanked"], ["note"])

    def test_its_entry_is_not_taken_for_this_logs(self):
        os.unlink(self.entry)
        checks = self.verify(self.receipt, server=self.other, expect=OTHER_LOG)
        self.assertEqual((checks["entry"], checks["signature"]), (["skipped"], ["ok"]))
        self.assertIn("keeps the log", self.text_of("entry"))
        self.assertNotIn("inclusion", checks)

    def test_its_receipt_does_not_renew_this_logs(self):
        before = read(self.receipt)
        for what in (self.receipt, self.model):
            result = self.jokbo("receipt", "renew", what, server=self.other, expect=OTHER_LOG)
            self.assertRegex(result.stdout, r"skipped +renewal +the server at \S+ keeps the log ")
            self.assertEqual(read(self.receipt), before)

    def register_there(self):
        """The same model's receipt of the other log, beside that of this one."""
        before = read(self.receipt)
        result = self.register(server=self.other)
        path = "%s/.jokbo/receipts/%s@1@of-%s.receipt" % (self.model, self.name, self.other_origin.rsplit("/", 1)[1])
        self.assertIn("receipt       %s\n" % path, result.stdout)
        self.assertIn("note: %s is of another log, and stays: " % self.receipt, result.stderr)
        self.assertEqual(read(self.receipt), before)
        return path

    def test_its_receipt_is_stored_beside_this_logs(self):
        path = self.register_there()
        self.assertEqual(read(path).split(b"\n\n", 1)[1].split(b"\n")[0].decode(), self.other_origin)
        self.assertEqual(self.register_there(), path)  # a repeat replaces its own only
        found = sorted(os.listdir(os.path.dirname(path)))
        stems = [os.path.basename(p)[:-len("receipt")] for p in (self.receipt, path)]
        self.assertEqual(found, sorted(stem + kind for stem in stems for kind in ("entry", "manifest", "receipt")))
        for receipt, server in ((self.receipt, self.server), (path, self.other)):
            self.verify(receipt, server=server)

    def test_a_folder_with_receipts_of_two_logs(self):
        path = self.register_there()
        for server, other in ((self.server, path), (self.other, self.receipt)):
            checks = self.verify(self.model, server=server)
            self.assertEqual((checks["inclusion"], checks["signature"]), (["ok"] * 2, ["ok"] * 2))
            self.assertEqual(sorted(checks["newest checkpoint"]), ["note", "ok"])
            self.assertEqual(sorted(checks["files"]), ["note", "ok"])  # read once
            self.jokbo("receipt", "renew", other, server=server, expect=OTHER_LOG)
        write(self.model + "/sub/config.json", "[]\n")
        self.assertEqual(self.verify(self.model, expect=NOT_VERIFIED)["file"], ["failed"])

    def test_names_that_are_taken_by_other_logs(self):
        """Neither the usual name nor the one with the origin's end is free: then its digest tells them apart."""
        path = self.register_there()
        shutil.copy(self.receipt, path)
        before = read(path)
        result = self.register(server=self.other)
        third = path.replace(self.other_origin.rsplit("/", 1)[1], hashlib.sha256(self.other_origin.encode()).hexdigest()[:16])
        self.assertIn("receipt       %s\n" % third, result.stdout)
        self.assertEqual((read(path), read(third).count(self.other_origin.encode()) > 0), (before, True))
        write(self.receipt, "no receipt\n")
        self.register()
        self.verify(self.receipt)

    def test_what_it_publishes_is_not_this_logs(self):
        public, name = b"\x04" + bytes(range(32)), "example.com/witness"
        number = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4].hex()
        write(self.folder + "/policy", "log %s\nwitness w %s+%s+%s\nquorum w\n" %
              (self.vkey, name, number, base64.b64encode(public).decode()))
        policy = ["--trust-policy", self.folder + "/policy", "--http"]
        checks = self.verify(self.receipt, *policy, "http://" + self.other.http, expect=OTHER_LOG)
        self.assertEqual(checks["trust-policy"], ["skipped"])
        self.assertIn("publishes the log", self.text_of("trust-policy"))
        self.assertEqual(self.verify(self.receipt, *policy, "http://" + self.server.http, expect=NOT_VERIFIED)["trust-policy"], ["failed"])


class Lies(Case):
    """The real server behind one that lies."""

    def setUp(self):
        super().setUp()
        self.liar = Liar(self.server)
        self.addCleanup(self.liar.close)
        self.lying = {"JOKBO_SERVER": self.liar.address}

    def wrong(self, **lies):
        self.liar.lies = {name.replace("_", "."): lie for name, lie in lies.items()}
        result = self.register(env=self.lying, expect=RECEIPT_WRONG)
        self.assertIn("the receipt is invalid", result.stderr)
        self.assertFalse(os.path.exists(self.receipt))
        self.assertFalse(os.path.exists(self.remembered))
        return result

    def test_the_truth_goes_through(self):
        self.register(env=self.lying)
        self.verify(self.name, env=self.lying)

    def test_names_that_a_shell_would_run_are_not_offered(self):
        """A shell expands what `names` prints: nothing of a name with other signs gets there, and nothing that a terminal obeys."""
        bad = ["a$(touch x)", "a`touch x`", "a;x", "a x", "a\nb", "a\x1b[2J", "a\x7f", "a'", 'a"', "a\\", "a*", "a~", "a\u202eb", ""]

        def models(reply):
            del reply.models[1:]
            for name in bad:
                reply.models.add().CopyFrom(reply.models[0])
                reply.models[-1].name = name
            reply.models[0].name = "a/good"

        def publishers(reply):
            del reply.publishers[:]
            for name in bad + ["a-good"]:
                reply.publishers.add().name = name
        self.register()
        self.liar.lies = {"Registry.ListModels": models, "Registry.ListPublishers": publishers}
        self.assertEqual(self.jokbo("names", "model", "a", env=self.lying).stdout, "a/good\n")
        self.assertEqual(self.jokbo("names", "publisher", "a", env=self.lying).stdout, "a-good\n")

    def test_a_receipt_that_is_none(self):
        def lie(reply):
            reply.receipt = "trust me\n"
        self.wrong(Registry_RegisterDerivative=lie)

    def test_the_receipt_of_another_entry(self):
        other = self.server.client().call("Log.GetReceipt", log_index=3)["receipt"]

        def lie(reply):
            reply.receipt = other
        self.wrong(Registry_RegisterDerivative=lie)

    def test_an_entry_with_another_statement(self):
        def lie(reply):
            reply.entries[0] = reply.entries[0].replace(b"Apache-2.0", b"MIT")
        self.wrong(Log_ReadEntries=lie)

    def test_a_wrong_proof_with_json(self):
        def lie(reply):
            lines = reply.receipt.split("\n")
            lines[2] = base64.b64encode(bytes(32)).decode()
            reply.receipt = "\n".join(lines)
        self.liar.lies = {"Registry.RegisterDerivative": lie}
        result = self.register("--json", env=self.lying, expect=RECEIPT_WRONG)
        error = json.loads(result.stdout)["error"]
        self.assertEqual((error["reason"], error["exit_code"]), ("RECEIPT_WRONG", RECEIPT_WRONG))
        self.assertEqual(error["metadata"]["receipt"].split("\n")[0], "c2sp.org/tlog-proof@v1")

    def test_no_receipt_is_noted(self):
        def lie(reply):
            reply.receipt = ""
        self.liar.lies = {"Registry.RegisterDerivative": lie}
        self.assertIn("the server gave no receipt", self.register(env=self.lying).stderr)

    def test_another_release_than_asked(self):
        self.register()
        self.liar.lies = {"Log.GetReceipt": lambda reply: setattr(
            reply, "receipt", self.server.client().call("Log.GetReceipt", log_index=3)["receipt"])}
        checks = self.verify(self.name, env=self.lying, expect=NOT_VERIFIED)
        self.assertIn("failed", checks.get("lineage hash", []) + checks.get("entry", []))

    def test_a_proof_of_growth_that_is_none(self):
        self.register()
        before = read(self.remembered)
        self.grow()

        def lie(reply):
            reply.hashes[0] = bytes(32)
        self.liar.lies = {"Log.GetConsistencyProof": lie}
        self.verify(self.receipt, env=self.lying, expect=FORKED)
        self.assertEqual(read(self.remembered), before)

    def test_a_server_that_went_back(self):
        """It shows an old checkpoint: no contradiction, as long as it is the beginning of what is remembered."""
        self.register()
        old = self.server.client().call("Log.GetCheckpoint")["note"]
        self.grow()
        self.verify(self.receipt)
        size = self.remembered_size()

        def lie(reply):
            reply.note = old
        self.liar.lies = {"Log.GetCheckpoint": lie}
        self.verify(self.receipt, env=self.lying)
        self.assertIn("is the beginning of that remembered", self.text_of("newest checkpoint"))
        self.assertEqual(self.remembered_size(), size)

    def test_a_server_of_another_log(self):
        self.register()

        def lie(reply):
            reply.origin = "example.com/other"
        self.liar.lies = {"Log.GetCheckpoint": lie}
        result = self.jokbo("verify", self.receipt, env=self.lying, expect=4)
        self.assertIn("keeps the log example.com/other", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
