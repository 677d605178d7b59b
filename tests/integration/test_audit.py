"""`jokbo audit` against the real server: a random history goes through it, and what the audit counts from the published
files alone is what the server counts, byte for byte; mirrors over HTTP; and everything that is noticed, with its exit code.
JK_AUDIT_SEED repeats the choices."""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "support"), HERE]
import jokbo  # noqa: E402
import publication  # noqa: E402
from test_recount import History  # noqa: E402

SEED = int(os.environ.get("JK_AUDIT_SEED") or random.SystemRandom().randrange(1 << 32))
STEPS, SIZES = 480, 6
GROUPINGS = ("relation", "hub-relation", "license-class", "license", "publisher", "depth", "month", "hub-month")
NOT_VERIFIED, FORKED, REFUSED, NOT_FOUND, USAGE, LOCAL, CONFLICT, AWAY = 10, 11, 4, 5, 2, 9, 6, 8


class AuditTest(unittest.TestCase):
    maxDiff = 3000

    @classmethod
    def setUpClass(cls):
        print("seed %d" % SEED)
        cls.server = jokbo.Server("--writes-per-day", "1000000")
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        client = cls.server.client()
        cls.addClassCleanup(client.close)
        cls.chance = random.Random(SEED)
        story = History(client, SEED)
        story.go(STEPS)
        checkpoint = client.call("Log.GetCheckpoint")
        cls.note, cls.key = checkpoint["note"], checkpoint["verifier_key"]
        cls.entries = client.entries()
        cls.size = len(cls.entries)
        assert int(checkpoint["log_size"]) == cls.size > 320, cls.size  # tests cut it at 300
        cls.bases = [c["scope"]["base_model"] for c in client.call("Evaluation.ListCounts")["bases"]]
        cls.teams = [c["scope"]["team"] for c in client.call("Evaluation.ListCounts")["teams"]]
        listed = (d["name"] for d in client.call("Evaluation.ListCounted", scope={"all": True})["derivatives"])
        cls.derivative = next(name for name in listed if not cls.once_a_base(name))
        cls.signer = publication.Signer(cls.note.split("\n")[0])
        cls.addClassCleanup(cls.signer.close)

    @classmethod
    def once_a_base(cls, name):
        """A base model that was taken off the roster still has a count of its own."""
        return any(b"\nkind base\n" in entry and b"\nmodel %s\n" % name.encode() in entry for entry in cls.entries)

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="jokbo-audit-")
        self.addCleanup(shutil.rmtree, self.home, True)
        self.folder = os.path.join(self.home, "public")
        publication.publish(self.folder, self.entries, self.note, self.key)

    # ---- tools

    def audit(self, *arguments, code=0):
        """With neither account nor gRPC: there is no server at that address."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(("JOKBO", "XDG_"))}
        own.update(HOME=self.home, LC_ALL="C.UTF-8", JOKBO_SERVER="127.0.0.1:1")
        done = subprocess.run([os.path.join(jokbo.BUILD, "jokbo"), "audit"] + list(arguments), env=own, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def told(self, code, reason, *arguments):
        """The failure as JSON has it."""
        error = json.loads(self.audit(*arguments, "--json", code=code).stdout)["error"]
        self.assertEqual(error["reason"], reason, error)
        return error

    def count(self, *arguments):
        done = self.server.jokbo("count", *arguments, token=None)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def same(self, *arguments):
        """The audit's bytes are the server's."""
        for form in ([], ["--json"], ["--csv"]):
            server = self.count(*arguments, *form)
            operands = [a for a in arguments[:1] if not a.startswith("--")]
            rest = arguments[len(operands):]
            self.assertEqual(self.audit(self.folder, *operands, *rest, "--counts", *form).stdout, server, arguments)

    def serve(self, folder=None):
        files = publication.Files(folder or self.folder)
        self.addCleanup(files.close)
        return files

    def own_log(self, entries, folder=None):
        """The same entries under a key that the test has."""
        publication.publish(folder or self.folder, entries, self.signer.note(entries), self.signer.key)

    def flip(self, path, at=0):
        data = bytearray(publication.read(self.folder, path))
        data[at] ^= 1
        publication.write(self.folder, path, bytes(data))

    # ---- counts

    def test_counts_of_all_scopes(self):
        self.same()
        for size in sorted({0, 1, self.size} | {self.chance.randrange(self.size) for _ in range(SIZES)}):
            self.same("--as-of", str(size))

    def test_counts_of_each_scope(self):
        by = [word for grouping in GROUPINGS for word in ("--by", grouping)]
        for scope in [["--all"]] + [["--team", t] for t in self.teams] + [[b] for b in self.bases]:
            self.same(*scope, *by)
            self.same(*scope, "--as-of", str(self.chance.randrange(100, self.size)), *by)

    def test_each_grouping(self):
        for grouping in GROUPINGS:
            self.same("--all", "--by", grouping)
            self.same("--all", "--by", grouping, "--limit", "2", "--as-of", str(self.chance.randrange(200, self.size)))

    def test_pages(self):
        server = json.loads(self.count("--all", "--by", "publisher", "--limit", "2", "--json"))
        self.assertNotEqual(server["next_page_token"], "")
        self.same("--all", "--by", "publisher", "--limit", "2")

    def test_as_of_a_time(self):
        for index in (self.size - 1, self.chance.randrange(60, self.size)):
            time = re.search(r"^time (\S+)$", self.entries[index].decode(), re.M).group(1)
            self.same("--as-of", time)
            self.same("--all", "--as-of", time, "--by", "depth")
        self.audit(self.folder, "--as-of", "2999-01-01", code=REFUSED)
        self.audit(self.folder, "--as-of", str(self.size + 1), code=REFUSED)
        self.audit(self.folder, "no/such", code=NOT_FOUND)
        self.audit(self.folder, "--team", "none", code=NOT_FOUND)

    def test_refuses_as_the_server_does(self):
        for words in ([self.bases[0] + "x"], [self.derivative], ["--team", "none"], ["--all", "--as-of", str(self.size + 1)]):
            server = self.server.jokbo("count", *words, "--json", token=None)
            operands = [word for word in words[:1] if not word.startswith("--")]
            own = self.audit(self.folder, *operands, *words[len(operands):], "--json", code=server.returncode)
            server, own = (json.loads(told)["error"] for told in (server.stdout, own.stdout))
            for key in ("status", "reason", "message", "violations"):
                self.assertEqual(own.get(key), server.get(key), key)

    def test_expect(self):
        path = os.path.join(self.home, "counts.json")

        def save(text):
            with open(path, "w") as f:
                f.write(text)
        for arguments in ([], ["--as-of", str(self.size - 30)], ["--team", self.teams[0], "--by", "depth", "--by", "publisher"],
                          ["--all", "--by", "license", "--limit", "1"]):
            counts = self.count(*arguments, "--json")
            save(counts)
            self.assertIn("as expected", self.audit(self.folder, "--expect", path).stdout)
            wrong = json.loads(counts)
            one = wrong["teams"][1] if "teams" in wrong else wrong
            before, one["counted"] = one["counted"], one["counted"] + 1
            save(json.dumps(wrong))
            error = self.told(NOT_VERIFIED, "AUDIT_COUNT", self.folder, "--expect", path)
            self.assertEqual((error["metadata"]["expected"], error["metadata"]["found"]), (str(before + 1), str(before)))
            self.assertEqual(error["metadata"]["count"], "teams[1].counted" if "teams" in wrong else "counted")
        save(json.dumps(dict(json.loads(self.count("--json")), surprise=1)))
        self.assertEqual(self.told(NOT_VERIFIED, "AUDIT_COUNT", self.folder, "--expect", path)["metadata"]["found"], "nothing")
        whole = json.loads(self.audit(self.folder, "--json").stdout)
        save(json.dumps(whole))
        self.audit(self.folder, "--expect", path)
        save("{}")
        self.audit(self.folder, "--expect", path, code=REFUSED)
        self.audit(self.folder, "--expect", path + ".none", code=LOCAL)

    # ---- the server's own files

    def wait_published(self, size):
        """The files follow a commit within a second."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if publication.read(os.path.join(self.server.data, "public"), "checkpoint").split(b"\n")[1] == b"%d" % size:
                return
            time.sleep(0.05)
        self.fail("the log of size %d was not published" % size)

    def test_the_servers_files(self):
        """What the server publishes, over its HTTP and as a folder, is what its gRPC gives and counts."""
        self.wait_published(self.size)
        url, folder = "http://" + self.server.http, os.path.join(self.server.data, "public")
        facts = json.loads(self.audit(url, "--key", self.key, "--json").stdout)
        self.assertEqual((facts["log_size"], facts["root"]), (self.size, self.note.split("\n")[2]))
        self.assertEqual(json.loads(self.audit(url, "--json").stdout)["fetched"], 0)
        for form in ([], ["--json"], ["--csv"]):
            counts = self.count(*form)
            self.assertEqual(self.audit(url, "--counts", *form).stdout, counts)
            self.assertEqual(self.audit(folder, "--counts", *form).stdout, counts)
        for d, _, names in os.walk(os.path.join(self.folder, "tile")):
            for name in names:  # the server's bytes are those that the formats give
                path = os.path.relpath(os.path.join(d, name), self.folder)
                self.assertEqual(publication.read(folder, path), publication.read(self.folder, path), path)

    # ---- facts, keys, options

    def test_facts(self):
        facts = json.loads(self.audit(self.folder, "--json", "--key", self.key, "--as-of", "100").stdout)
        name, size, root = self.note.split("\n")[:3]
        self.assertEqual((facts["origin"], facts["log_size"], facts["root"]), (name, int(size), root))
        self.assertEqual(facts["key"], "+".join(self.key.split("+")[:2]))
        self.assertEqual((facts["key_from"], facts["key_proves"], facts["checkpoint"]), ("option", True, self.note))
        self.assertEqual((facts["mirror"], facts["earlier"], facts["cosignatures"]), (None, None, []))
        hashes = [publication.leaf(e) for e in self.entries[:100]]
        self.assertEqual(facts["as_of"], {"log_size": 100, "root": publication.base64.b64encode(
            publication.root(hashes)).decode()})
        self.assertEqual(facts["counts"], json.loads(self.count("--as-of", "100", "--json")))
        only = json.loads(self.audit(self.folder, "--json", "--verify-only").stdout)
        self.assertEqual((only["log_size"], only["counts"]), (self.size, None))
        for words in (["--verify-only", "--counts"], ["--verify-only", "--all"], ["--verify-only", "--as-of", "2026-01-01"],
                      ["--by", "depth"], ["--jobs", "17"], ["--jobs", "0"], ["--mirror", self.home]):
            self.audit(self.folder, *words, code=USAGE)
        self.audit(os.path.join(self.home, "none"), code=LOCAL)
        self.audit(self.home, code=LOCAL)

    def test_keys(self):
        proves = "proves nothing"
        self.assertIn(proves, self.audit(self.folder).stderr)
        self.assertNotIn(proves, self.audit(self.folder, "--key", self.key).stderr)
        path = os.path.join(self.home, "keys")
        with open(path, "w") as f:
            f.write(self.signer.key + "\n" + self.key + "\n")
        self.assertNotIn(proves, self.audit(self.folder, "--key", path).stderr)
        self.told(NOT_VERIFIED, "AUDIT_SIGNATURE", self.folder, "--key", self.signer.key)
        self.audit(self.folder, "--key", "nonsense", code=USAGE)
        os.unlink(os.path.join(self.folder, "log.vkey"))
        self.audit(self.folder)  # by the key of the first use
        self.home = os.path.join(self.home, "somebody-else")
        self.audit(self.folder, code=NOT_FOUND)
        self.audit(self.folder, "--key", self.key)

    def test_cosignatures(self):
        publication.write(self.folder, "checkpoint", (self.note + "\u2014 witness.example/w AAAABBBBCCCC\n").encode())
        self.assertEqual(json.loads(self.audit(self.folder, "--json").stdout)["cosignatures"], ["witness.example/w"])
        self.assertRegex(self.audit(self.folder).stdout, r"cosigned by +witness.example/w")

    # ---- what is found

    def test_damage(self):
        partial = self.size % publication.WIDTH
        edge = publication.tile_path("entries", self.size // publication.WIDTH, partial)
        self.flip("tile/entries/000", 30)
        error = self.told(NOT_VERIFIED, "AUDIT_LEAF", self.folder)
        self.assertEqual((error["metadata"]["index"], error["metadata"]["file"]), ("0", "tile/entries/000"))
        self.flip("tile/entries/000", 30)
        self.flip(edge, 2)
        self.told(NOT_VERIFIED, "AUDIT_LEAF", self.folder, "--verify-only")
        self.flip(edge, 2)
        self.flip("tile/0/000", 64)
        self.assertEqual(self.told(NOT_VERIFIED, "AUDIT_LEAF", self.folder)["metadata"]["index"], "2")
        self.flip("tile/0/000", 64)
        os.unlink(os.path.join(self.folder, edge))
        self.assertEqual(self.told(NOT_VERIFIED, "AUDIT_MISSING", self.folder)["metadata"]["file"], edge)

    def test_a_log_that_breaks_the_rules(self):
        """All hashes and the signature are right; the entry is none that can follow."""
        yank = next(e for e in self.entries if b"\nkind publisher\n" in e)
        self.own_log(self.entries + [yank])
        error = self.told(NOT_VERIFIED, "AUDIT_ENTRY", self.folder)
        self.assertEqual(error["metadata"]["index"], str(self.size))
        self.audit(self.folder, "--verify-only")

    # ---- mirrors

    def test_mirror(self):
        self.own_log(self.entries[:200])
        files = self.serve()
        mirror = os.path.join(self.home, "mirror")
        first = json.loads(self.audit(files.url, "--mirror", mirror, "--json").stdout)
        self.assertEqual((first["log_size"], first["fetched"], first["key_from"]), (200, 2, "source"))
        self.assertEqual(publication.read(mirror, "checkpoint"), publication.read(self.folder, "checkpoint"))
        again = json.loads(self.audit(files.url + "/", "--mirror", mirror, "--json").stdout)
        self.assertEqual((again["fetched"], again["earlier"]["log_size"], again["seen"], again["key_from"]),
                         (0, 200, 200, "first-use"))
        files.asked.clear()
        self.own_log(self.entries)
        grown = json.loads(self.audit(files.url, "--mirror", mirror, "--json", "--jobs", "2").stdout)
        self.assertEqual((grown["earlier"]["log_size"], grown["log_size"]), (200, self.size))
        self.assertEqual(sum(files.asked.values()), 1 + grown["fetched"], files.asked)
        partials = [os.path.join(d, f) for d, _, names in os.walk(mirror) if d.endswith(".p") for f in names]
        edge = self.size % publication.WIDTH
        self.assertEqual({os.path.basename(p) for p in partials}, {str(edge), str(self.size // publication.WIDTH)})
        # the mirror is a log itself: checked, counted, and served on
        self.assertEqual(self.audit(mirror, "--counts", "--json").stdout, self.count("--json"))
        second = self.serve(mirror)
        self.audit(second.url, "--mirror", os.path.join(self.home, "mirror-2"))
        self.assertEqual([f for f in os.listdir(mirror) if f.startswith(".part")], [])

    def test_default_mirror(self):
        files = self.serve()
        text = self.audit(files.url).stdout
        self.assertTrue(os.path.exists(os.path.join(self.mirror(self.key), "checkpoint")), text)
        self.assertIn(self.mirror(self.key), text)
        self.assertIn("(0 tiles fetched)", self.audit(self.serve().url).stdout, "another address, the same log")

    def mirror(self, key):
        """Where the log that a key signs is kept: by name and key, wherever it came from."""
        name = self.note.split("\n")[0].replace("/", "%2F").replace(":", "%3A")
        return os.path.join(self.home, ".cache", "jokbo", "mirror", "%s+%s" % (name, key.split("+")[1]))

    def test_another_log_at_the_same_address(self):
        """Of the same name, as a registry that was made anew: told what is remembered and how to make way, in JSON as well; once
        that is done, its mirror is another."""
        files, origin = self.serve(), self.note.split("\n")[0]
        kept = os.path.join(self.home, ".local/state/jokbo/log", origin.replace("/", "%2F"), "key")
        self.audit(files.url)
        self.assertGreater(len(self.entries), 256)
        for entries in (self.entries[:10] + self.entries[11:], self.entries):  # other tiles than the mirror's, and the same
            self.own_log(entries)
            said = self.told(NOT_VERIFIED, "AUDIT_SIGNATURE", files.url)["message"]
            for part in ("+".join(self.key.split("+")[:2]), "remembered since 20", kept, "jokbo log forget " + origin):
                self.assertIn(part, said)
        first = publication.read(self.mirror(self.key), "checkpoint")
        own = dict(os.environ, HOME=self.home)
        subprocess.run([os.path.join(jokbo.BUILD, "jokbo"), "log", "forget", origin], env=own, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
        self.audit(files.url)
        self.assertEqual(publication.read(self.mirror(self.signer.key), "checkpoint"), publication.read(self.folder, "checkpoint"))
        self.assertEqual(publication.read(self.mirror(self.key), "checkpoint"), first)

    def test_tries_again(self):
        files = self.serve()
        files.refuse = {"checkpoint": [503, 429], "tile/0/000": [500, 502, 503], "tile/entries/000": [429]}
        self.audit(files.url)
        self.assertEqual((files.asked["checkpoint"], files.asked["tile/0/000"]), (3, 4))
        files.refuse = {"checkpoint": [403]}
        self.audit(files.url, code=AWAY)
        files.refuse = {"checkpoint": [404]}
        self.audit(files.url, code=NOT_FOUND)
        self.audit("ftp://127.0.0.1/", code=LOCAL)

    def test_partial_that_has_gone(self):
        """Between the checkpoint and the tile the log grew, and the full tile took the partial one's place."""
        self.own_log(self.entries[:200])
        note = publication.read(self.folder, "checkpoint")
        shutil.rmtree(os.path.join(self.folder, "tile"))
        self.own_log(self.entries)
        publication.write(self.folder, "checkpoint", note)
        found = json.loads(self.audit(self.serve().url, "--json").stdout)
        self.assertEqual((found["log_size"], found["fetched"]), (200, 2))

    def test_damage_over_http(self):
        """What was wrong at the source is not kept: once it is mended, the same mirror is right."""
        files = self.serve()
        mirror = os.path.join(self.home, "mirror")
        self.flip("tile/entries/000", 30)
        self.told(NOT_VERIFIED, "AUDIT_LEAF", files.url, "--mirror", mirror)
        self.assertFalse(os.path.exists(os.path.join(mirror, "checkpoint")))
        self.assertEqual(publication.read(mirror, ".rejected/tile-entries-000"),
                         publication.read(self.folder, "tile/entries/000"))
        self.flip("tile/entries/000", 30)
        self.audit(files.url, "--mirror", mirror)
        data = publication.read(self.folder, "tile/entries/000")
        for wrong in (data[:-1], data + b"\0\1x", b""):
            publication.write(self.folder, "tile/entries/000", wrong)
            self.told(NOT_VERIFIED, "AUDIT_MALFORMED", files.url, "--mirror", mirror + "-2")
        os.unlink(os.path.join(self.folder, "tile/entries/000"))
        self.told(NOT_VERIFIED, "AUDIT_MISSING", files.url, "--mirror", mirror + "-2")
        # a mirror that was damaged itself mends itself
        publication.write(self.folder, "tile/entries/000", data)
        place = os.path.join(mirror, "tile/0/000")
        with open(place, "r+b") as f:
            f.write(b"\xff")
        self.told(NOT_VERIFIED, "AUDIT_LEAF", files.url, "--mirror", mirror)
        self.audit(files.url, "--mirror", mirror)

    def test_fork(self):
        self.own_log(self.entries)
        files = self.serve()
        mirror = os.path.join(self.home, "mirror")
        self.audit(files.url, "--mirror", mirror)
        kept = publication.read(mirror, "checkpoint")

        def forked(entries):
            shutil.rmtree(os.path.join(self.folder, "tile"))
            self.own_log(entries)
            self.assertEqual(self.told(FORKED, "LOG_FORKED", files.url, "--mirror", mirror)["exit_code"], FORKED)
            done = self.audit(files.url, "--mirror", mirror, code=FORKED)
            self.assertIn(kept.decode(), done.stderr)
            self.assertIn(publication.read(self.folder, "checkpoint").decode(), done.stderr)
            self.assertEqual(publication.read(mirror, "checkpoint"), kept)
        forked(self.entries[:-1])
        # the same size, and a larger one, with another entry in the past
        other = self.entries[:-2] + [self.entries[-1]]
        creation = next(e for e in self.entries if b"\nkind publisher\n" in e)
        new = re.sub(rb"\npublisher \S+", b"\npublisher another-one", creation)
        last = re.search(rb"\ntime (\S+)", self.entries[-1]).group(1)
        new = re.sub(rb"\ntime \S+", b"\ntime " + last, new)
        forked(self.entries[:-1] + [new])
        more = [re.sub(rb"another-one", b"yet-another-%d" % i, new) for i in range(3)]
        forked(self.entries[:-1] + [new] + more)
        self.assertNotEqual(other, self.entries)
        # and the true log goes on
        shutil.rmtree(os.path.join(self.folder, "tile"))
        self.own_log(self.entries + more)
        self.audit(files.url, "--mirror", mirror)

    def test_what_was_seen(self):
        """Even of a folder the newest checkpoint and the key of the first use are remembered."""
        self.own_log(self.entries[:300])
        self.assertEqual(json.loads(self.audit(self.folder, "--json").stdout)["seen"], 0)
        again = json.loads(self.audit(self.folder, "--json").stdout)
        self.assertEqual((again["seen"], again["key_from"], again["key_proves"]), (300, "first-use", False))
        self.own_log(self.entries)
        self.assertRegex(self.audit(self.folder).stdout, "seen before +300 entries")
        self.own_log(self.entries[:300])
        self.assertIn("an older state", self.audit(self.folder).stderr)
        self.own_log(self.entries)
        newest = publication.read(self.folder, "checkpoint").decode()
        creation = next(e for e in self.entries if b"\nkind publisher\n" in e)
        last = re.search(rb"\ntime (\S+)", self.entries[-1]).group(1)
        other = re.sub(rb"\npublisher \S+", b"\npublisher another-one", re.sub(rb"\ntime \S+", b"\ntime " + last, creation))
        self.own_log(self.entries[:-1] + [other])
        done = self.audit(self.folder, code=FORKED)
        self.assertIn(newest, done.stderr)
        self.assertIn(publication.read(self.folder, "checkpoint").decode(), done.stderr)

    def test_one_process_at_a_time(self):
        import fcntl
        files = self.serve()
        mirror = os.path.join(self.home, "mirror")
        self.audit(files.url, "--mirror", mirror)
        with open(os.path.join(mirror, ".lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.audit(files.url, "--mirror", mirror, code=CONFLICT)
        self.audit(files.url, "--mirror", mirror)

    def test_another_log_in_the_mirror(self):
        files = self.serve()
        mirror = os.path.join(self.home, "mirror")
        self.audit(files.url, "--mirror", mirror)
        self.own_log(self.entries)
        self.told(NOT_VERIFIED, "AUDIT_SIGNATURE", files.url, "--mirror", mirror)
        shutil.rmtree(os.path.join(self.home, ".local"))  # now only the mirror says whose it was
        said = self.told(NOT_VERIFIED, "AUDIT_SIGNATURE", files.url, "--mirror", mirror)["message"]
        self.assertIn("The mirror %s has a log with that key: for another log, give another --mirror" % mirror, said)


class OnItsWord(unittest.TestCase):
    """What follows from what only the registry could check: the audit says how often it was said, whatever it proves."""
    audit = AuditTest.audit

    @classmethod
    def setUpClass(cls):
        cls.server = jokbo.Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()
        cls.admin = cls.server.client()
        cls.addClassCleanup(cls.admin.close)

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="jokbo-audit-")
        self.addCleanup(shutil.rmtree, self.home, True)

    def audited(self, *arguments):
        """The whole log as it is now: facts in JSON, and what people read."""
        checkpoint = self.admin.call("Log.GetCheckpoint")
        folder = os.path.join(self.home, "public")
        publication.publish(folder, self.admin.entries(), checkpoint["note"], checkpoint["verifier_key"])
        words = [folder, "--key", checkpoint["verifier_key"], *arguments]
        return json.loads(self.audit(*words, "--json").stdout), self.audit(*words).stdout

    def test_each_kind(self):
        facts, shown = self.audited()
        self.assertEqual(facts["on_its_word"], {})
        self.assertNotIn("on its word", shown)
        self.act()
        said = {"verify": 3, "unverify": 2, "claim": 1, "namespace": 2, "namespace-end": 1, "adopt": 2, "unadopt": 1,
                "confirm": 2, "held": 3}
        for arguments in (["--as-of", "20"], []):  # of all that was checked, whatever is counted
            facts, shown = self.audited(*arguments)
            self.assertEqual(facts["on_its_word"], said, arguments)
        row = re.search(r"^on its word +(.+)$", shown, re.M).group(1)
        self.assertEqual(sorted(row.split(", ")), sorted("%d %s" % (count, kind) for kind, count in said.items()))
        facts, shown = self.audited("--verify-only")  # which reads no entry
        self.assertIsNone(facts["on_its_word"])
        self.assertNotIn("on its word", shown)

    def act(self):
        """Each kind so often that none is taken for another; and others beside, which a reader can check."""
        base, name = "skt/A.X-K1", "acme"
        eve, una = (jokbo.person(self.admin, n, ["evaluator"], scopes=["models", "roster"]) for n in ("eve", "una"))
        owner = jokbo.person(self.admin, "owner")
        for client in (eve, una, owner):
            self.addCleanup(client.close)

        def register(model, **fields):
            owner.call("Registry.RegisterDerivative", derivative=jokbo.derivative(model, base, **fields))
        owner.call("Registry.CreatePublisher", name=name)
        for undo in (False, True, False, True, False):
            self.admin.call("Registry.VerifyPublisher", name=name, evidence="domain", undo=undo)
        asked = owner.call("Access.RequestPublisher", kind="PUBLISHER_REQUEST_KIND_CLAIM", publisher="upstage", evidence="mine")
        self.admin.call("Access.DecidePublisherRequest", id=asked["id"], approve=True, evidence="a mail from there")
        for end in (False, True, False):
            eve.call("Registry.SetNamespace", publisher=name, organisation="huggingface.co/acme", evidence="letter", end=end)
        manifests = [jokbo.Manifest({"%d.safetensors" % i: "word %d" % i}) for i in range(3)]
        for i, manifest in enumerate(manifests):
            register("acme/m%d" % i, **manifest.named)
            manifest.upload(owner)
        register("acme/again", **manifests[0].named)  # held already
        for what in ("Adopt", "Unadopt", "Adopt"):
            owner.call("Registry.%sExternalModel" % what, external="huggingface.co/acme/m", model="acme/m0")
        for restore in (False, True):
            jokbo.confirmed(eve, una, "Stages.Rule", model="acme/again", reason="spam", restore=restore)
        made = eve.call("Stages.Rule", model="acme/m1", reason="spam")
        una.call("Stages.DecideRuling", ruling=made["log_index"], confirm=False)
        self.admin.call("Registry.WithdrawBlob", sha256=manifests[2].digest, reason="a mistake")


if __name__ == "__main__":
    unittest.main()
