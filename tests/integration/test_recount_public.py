"""tests/recount.py, the recount that shares nothing with the registry, agrees with it to the byte: with the book over random histories
without a server (tests/support/make_log.c), and with a real server over what it publishes. And it refuses what is wrong.
JK_RECOUNT_LOGS (200) says how many histories without a server, JK_RECOUNT_HISTORIES (1) how many with one, JK_RECOUNT_SEED repeats."""
import base64
import collections
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, ".."), HERE]
import jokbo  # noqa: E402
import recount  # noqa: E402
import recount_policy  # noqa: E402
import ruled  # noqa: E402
import test_recount  # noqa: E402
from public import make_log, published, served, spoiled  # noqa: E402

LOGS = int(os.environ.get("JK_RECOUNT_LOGS", 200))
HISTORIES = int(os.environ.get("JK_RECOUNT_HISTORIES", 1))
SEED = int(os.environ.get("JK_RECOUNT_SEED") or random.SystemRandom().randrange(1, 1 << 22))
STEPS, SIZES = 170, 10
EXPLAINED = 40  # derivatives of each size under each policy
NUMBERS = ("registered", "yanked", "counted", "direct", "transitive", "independent", "license_clean", "distinct_publishers",
           "distinct_weights", "adopted")


def counts_at(folder, sizes, by=recount):
    """(size, Counts) at each of the sizes: the fold goes over the log once."""
    source, known, leaves = recount.Source(folder), by.Fold(), []
    checkpoint = recount.Checkpoint(source.read("checkpoint", recount.NOTE_MAX))
    for index, data in enumerate(source.entries(checkpoint.size)):
        if index in sizes:
            yield index, by.Counts(known)
        known.apply(data)
        leaves.append(recount.sha256(b"\0" + data))
    recount.need(recount.root_of(leaves) == checkpoint.root, "the root is not the checkpoint's")
    source.check_tiles(leaves, True)
    if checkpoint.size in sizes:
        yield checkpoint.size, by.Counts(known)


def by_scope(listed):
    """Counts of a list by kind and name."""
    names = {("base", count["scope"]["base_model"]): count for count in listed["bases"]}
    names.update({("team", count["scope"]["team"]): count for count in listed["teams"]})
    return names | {("all", ""): listed["all"]}


class BookTest(unittest.TestCase):
    """Without a server: the book's counts, written beside the log that they are of."""
    maxDiff = None

    def compare(self, seed, size, told, found):
        groups = [[group["grouping"], group["key"], group["count"]] for group in found["groups"]]
        where = "seed %d, size %d, %s %s" % (seed, size, told["kind"], told["name"])
        self.assertEqual({n: found[n] for n in NUMBERS}, {n: told[n] for n in NUMBERS}, where)
        self.assertEqual(groups, told["groups"][:-1], where)  # the last one closes the list

    def history(self, folder, seed):
        told, met = collections.defaultdict(dict), collections.Counter()
        with open(os.path.join(folder, str(seed), "counts")) as file:
            for row in map(json.loads, file):
                told[row["size"]][row["kind"], row["name"]] = row
        for size, counts in counts_at(os.path.join(folder, str(seed)), told):
            found = by_scope(counts.list(("relation", "license-class", "depth", "month", "publisher", "license")))
            self.assertEqual(list(told[size]), list(found), "seed %d, size %d" % (seed, size))
            for row in told[size].values():
                self.compare(seed, size, row, found[row["kind"], row["name"]])
                met.update({name: row[name] for name in NUMBERS}, compared=1)
                met.update(dependent=row["counted"] - row["independent"], unclean=row["counted"] - row["license_clean"],
                           same_weights=row["counted"] - row["distinct_weights"])
        return met

    def test_histories(self):
        met = collections.Counter()
        with tempfile.TemporaryDirectory(prefix="jokbo-logs-") as folder:
            for first in range(SEED, SEED + LOGS, 200):
                many = min(200, SEED + LOGS - first)
                make_log("histories", folder, first, many, STEPS, SIZES)
                for seed in range(first, first + many):
                    met.update(self.history(folder, seed))
                    shutil.rmtree(os.path.join(folder, str(seed)))
        print("from seed %d: %s" % (SEED, dict(met)))
        for name in NUMBERS + ("dependent", "unclean", "same_weights"):
            self.assertGreater(met[name], 0, name)


class WrongTest(unittest.TestCase):
    """A log of 700 entries, and each way of spoiling it that must be seen."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="jokbo-log-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        make_log("size", cls.folder, 700)
        with open(os.path.join(cls.folder, "log.vkey")) as file:
            cls.key = file.read().strip()

    def file(self, path):
        return os.path.join(self.folder, path)

    def refused(self, words, **options):
        with self.assertRaisesRegex(recount.Wrong, words):
            recount.recount(self.folder, **{"key": self.key, "all_tiles": True, **options})

    @staticmethod
    def flip(at):
        return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]

    def test_whole(self):
        counted = recount.recount(self.folder, key=self.key, all_tiles=True)
        self.assertEqual(counted["log_size"], 700)
        with served(self.folder) as url:
            self.assertEqual(recount.recount(url, key=self.key, all_tiles=True), counted)
            with self.assertRaisesRegex(recount.Wrong, "has no checkpoint"):
                recount.recount(url + "/tile", key=self.key)

    def test_checkpoint(self):
        other = "log.example/test+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
        for change, words in ((self.flip(30), "."), (lambda note: note[:-1], "no signed note"),
                              (lambda note: note.replace(b"\n700\n", b"\n512\n"), "the root over the 512 entries"),
                              (lambda note: note + b"\n", "no signed note"),
                              (lambda note: note.replace(b"log.example/test\n", b"log.example/best\n"), "entry 0 is of"),
                              (lambda note: note[:-4] + b"AA==" + note[-1:], "bad signature|wrong|not signed")):
            with spoiled(self.file("checkpoint"), change):
                self.refused(words)
        self.refused("verifier key", key=other)
        self.refused("no key of the log is trusted", key="log.example/best" + self.other_key("log.example/best"))

    @staticmethod
    def other_key(name):
        public = b"\1" + bytes(range(32))
        return "+%s+%s" % (recount.sha256(name.encode() + b"\n" + public)[:4].hex(), base64.b64encode(public).decode())

    def test_bundles(self):
        bundle = "tile/entries/001"
        self.refused_with(bundle, self.flip(40), "entry 256: ")
        self.refused_with(bundle, self.flip(1), "entry|entries")
        self.refused_with(bundle, lambda data: data[:-1], "ends in the middle of entry 511")
        self.refused_with(bundle, lambda data: data.replace(b"publisher-300\n", b"publisher-3OO\n"), "the root over the 700 entries")
        self.refused_with(bundle, lambda data: data.replace(b"publisher-300\n", b"publisher-299\n"), "entry 300: publisher")
        self.refused_with("tile/entries/002.p/188", lambda data: data + data[:60], "188 has 189 entries|middle of entry 700")
        os.rename(self.file(bundle), self.file("kept"))
        self.addCleanup(lambda: os.path.exists(self.file("kept")) and os.rename(self.file("kept"), self.file(bundle)))
        self.refused("tile/entries/001 is missing: entry 256")

    def refused_with(self, path, change, words):
        with spoiled(self.file(path), change):
            self.refused(words)

    def test_tiles(self):
        self.refused_with("tile/0/000", self.flip(32 * 17), "tile/0/000: hash 17 ")
        self.refused_with("tile/0/002.p/188", self.flip(32 * 187 + 31), "tile/0/002.p/188: hash 187 ")
        self.refused_with("tile/1/000.p/2", self.flip(40), "tile/1/000.p/2: hash 1 ")
        self.refused_with("tile/0/001", lambda data: data[:-32], "has 8160 bytes")
        os.rename(self.file("tile/0/001"), self.file("kept"))
        recount.recount(self.folder, key=self.key)  # what is not there cannot be wrong
        try:
            self.refused("tile/0/001 is missing")
        finally:
            os.rename(self.file("kept"), self.file("tile/0/001"))

    def test_grown_since(self):
        """A partial bundle and tile that went for the full one."""
        with tempfile.TemporaryDirectory(prefix="jokbo-log-") as grown:
            make_log("size", grown, 800)
            for path in ("entries/002", "0/002"):
                shutil.copy(os.path.join(grown, "tile", path), self.file("tile/" + path))
                self.addCleanup(os.unlink, self.file("tile/" + path))
                os.rename(self.file("tile/%s.p/188" % path), self.file("kept"))
                try:
                    self.assertEqual(recount.recount(self.folder, key=self.key, all_tiles=True)["log_size"], 700)
                finally:
                    os.rename(self.file("kept"), self.file("tile/%s.p/188" % path))


class Signer:
    """An Ed25519 key of a log, for what no log made for tests holds: RFC 8032, 5.1.6, by the recount's own arithmetic."""

    def __init__(self, number, name="log.example/test"):
        digest = hashlib.sha512(b"key %d" % number).digest()
        self.secret = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix, public = digest[32:], b"\1" + self.encoded(self.secret)
        key_id = recount.sha256(name.encode() + b"\n" + public)[:4].hex()
        self.key = recount.Key("%s+%s+%s" % (name, key_id, base64.b64encode(public).decode()))

    @staticmethod
    def encoded(number):
        x, y, z, _ = recount.point_times(number, recount.BASE_POINT)
        inverse = pow(z, -1, recount.PRIME)
        return (y * inverse % recount.PRIME | (x * inverse % recount.PRIME & 1) << 255).to_bytes(32, "little")

    def sign(self, message):
        def hashed(*parts):
            return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % recount.ORDER
        nonce = hashed(self.prefix, message)
        start = self.encoded(nonce)
        answer = (nonce + hashed(start, self.key.public, message) * self.secret) % recount.ORDER
        return start + answer.to_bytes(32, "little")

    def line(self, body):
        return "\u2014 %s %s\n" % (self.key.name, base64.b64encode(self.key.id + self.sign(body.encode())).decode())


class KeysTest(unittest.TestCase):
    """The log's signature, handed from key to key."""

    def setUp(self):
        self.signers = [Signer(number) for number in range(3)]
        self.fold = recount.Fold()
        self.apply("init", "origin log.example/test", "key " + self.signers[0].key.text, "purpose registry", "rules 1")

    def apply(self, kind, *lines):
        self.fold.apply("\n".join(["jokbo/entry/v1", "kind " + kind, "time 2026-11-22T00:00:00.000000Z", "actor server", *lines,
                                   ""]).encode())

    def hand(self, old, new, signer=None):
        message = "jokbo/key/v1\norigin log.example/test\nkey %s\n" % self.signers[new].key.text
        signature = self.signers[old if signer is None else signer].sign(message.encode())
        self.apply("key", "key " + self.signers[new].key.text, "previous " + self.signers[old].key.text,
                   "signature " + base64.b64encode(signature).decode())

    def retire(self, number):
        self.apply("retire", "key " + self.signers[number].key.text)

    def verify(self, trusted, *signed):
        body = "log.example/test\n5\n%s\n" % base64.b64encode(bytes(32)).decode()
        note = body + "\n" + "".join(self.signers[number].line(body) for number in signed)
        recount.verify(recount.Checkpoint(note.encode()), self.fold, [self.signers[trusted].key])

    def refused(self, words, *arguments):
        with self.assertRaisesRegex(recount.Wrong, words):
            self.verify(*arguments)

    def test_one(self):
        self.verify(0, 0)
        self.verify(0, 0, 2)
        self.refused("is not signed", 0, 1)
        self.refused("no key of the log is trusted", 1, 1)

    def test_two(self):
        self.hand(0, 1)
        self.verify(0, 0, 1)
        self.verify(1, 1)  # who trusts the new one asks for no more
        self.refused("is not signed", 0, 0)
        self.refused("is not signed", 0, 1)
        self.retire(0)
        self.verify(0, 1)
        self.hand(1, 2)
        self.retire(1)
        self.verify(0, 2)
        self.refused("is not signed", 0, 1)

    def test_not_vouched_for(self):
        self.hand(0, 1, signer=2)
        self.refused("nobody vouched", 0, 0, 1)

    def test_order(self):
        with self.assertRaisesRegex(recount.Wrong, "entry 1: not the key"):
            self.hand(1, 2)
        with self.assertRaisesRegex(recount.Wrong, "entry 1: not the key"):
            self.retire(0)
        self.hand(0, 1)
        for change in (lambda: self.hand(0, 2), lambda: self.hand(1, 2), lambda: self.retire(1)):
            with self.assertRaisesRegex(recount.Wrong, "entry 2: not the key"):
                change()
        self.retire(0)
        with self.assertRaisesRegex(recount.Wrong, "cannot be the next key"):
            self.hand(1, 0)


class FormatTest(unittest.TestCase):
    def test_ed25519(self):
        """RFC 8032, 7.1: TEST 1, 2 and 3."""
        for key, message, signature in (
                ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                 "d25bf5f0595bbe24655141438e7a100b"),
                ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                 "387b2eaeb4302aeeb00d291612bb0c00"),
                ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                 "4a7c15e9716ed28dc027beceea1ec40a")):
            key, message, signature = map(bytes.fromhex, (key, message, signature))
            self.assertTrue(recount.ed25519_verify(key, message, signature))
            for at in range(0, 512, 37):
                spoiled = bytearray(signature)
                spoiled[at // 8] ^= 1 << at % 8
                self.assertFalse(recount.ed25519_verify(key, message, bytes(spoiled)), at)
            self.assertFalse(recount.ed25519_verify(key, message + b"\0", signature))
            order_added = int.from_bytes(signature[32:], "little") + recount.ORDER  # 5.1.7: S must be below the order
            self.assertFalse(recount.ed25519_verify(key, message, signature[:32] + order_added.to_bytes(32, "little")))

    def test_vectors(self):
        with open(os.path.join(HERE, "..", "data", "vectors", "notes.txt"), encoding="utf-8") as file:
            parts = file.read().split("-----\n")
        checkpoint = recount.Checkpoint(parts[1].encode())
        checkpoint.verify(recount.Key(parts[0].split()[-1]))
        leaves = "one two three four five six seven eit nain ten ileven twelf threeten fourten fivten".split()
        self.assertEqual(checkpoint.root, recount.root_of([recount.sha256(b"\0" + leaf.encode()) for leaf in leaves]))
        with open(os.path.join(HERE, "..", "data", "vectors", "merkle.txt"), encoding="utf-8") as file:
            decimal = [line.split() for line in file if line.startswith("decimal")]
        hashes = [recount.sha256(b"\0%d" % i) for i in range(max(int(size) for _, size, _ in decimal))]
        for _, size, root in decimal:
            self.assertEqual(recount.root_of(hashes[:int(size)]).hex(), root)
        self.assertEqual(recount.tile_path("entries", 1234067, 5), "tile/entries/x001/x234/067.p/5")

    def test_golden_entries(self):
        folder = os.path.join(HERE, "..", "golden")
        for name in sorted(os.listdir(folder)):
            if name.startswith("entry-"):
                with open(os.path.join(folder, name), "rb") as file:
                    entry = recount.parse_entry(file.read())
                self.assertEqual("entry-%s.txt" % entry.kind, name)
                if entry.kind in ("register", "release"):
                    recount.Release(entry.statement)
        self.assertEqual(len([name for name in os.listdir(folder) if name.startswith("entry-")]), len(recount.KINDS))

    def test_corpus_entries(self):
        """What the fuzzer's corpus holds as entries that no reader may take."""
        for name in ("crlf", "trailing-line"):
            with open(os.path.join(HERE, "..", "fuzz", "corpus", "entry", name), "rb") as file:
                data = file.read()
            with self.assertRaises(recount.Wrong):
                recount.parse_entry(data)

    def test_licences(self):
        for text in ("MIT", "MIT OR Apache-2.0 AND BSD-3-Clause", "(MIT OR Apache-2.0) AND BSD-3-Clause", "GPL-2.0+ WITH GCC-exception-2.0",
                     "DocumentRef-a:LicenseRef-b", "NOASSERTION"):
            self.assertEqual(recount.Expression(text).text, text)
        for text in ("", "(MIT)", "MIT  OR X", "MIT or X", "(MIT AND X) AND Y", "MIT OR", "WITH X", "MIT WITH X+", "NOASSERTION OR MIT", "MIT)",
                     "MIT$", "(" * 400 + "MIT" + ")" * 400):
            with self.assertRaises(recount.Wrong, msg=text):
                recount.Expression(text)


# ---- with a server

LICENSES = ("Apache-2.0", "MIT", "CC-BY-NC-4.0", "NOASSERTION", "LicenseRef-own", "MIT OR CC-BY-NC-4.0", "MIT AND LicenseRef-own",
            "CC-BY-ND-4.0", "GPL-2.0-only WITH GCC-exception-2.0")


class History(test_recount.History):
    """The random steps of test_recount, with licences of all sorts, their facts, and larger batches."""
    STEPS = test_recount.History.STEPS + (("bulk", 8), ("facts", 5))

    def declaration(self, name, version):
        declared = dict(super().declaration(name, version), license=self.chance.choice(LICENSES))
        if self.chance.random() < 0.5:
            declared["license_text_sha256"] = "bb" * 32
        return declared

    def step_bulk(self):
        items = []
        for _ in range(25):
            item = self.declaration("%s/model-%d" % (self.chance.choice(test_recount.PUBLISHERS), next(self.numbers)), "1")
            item["parents"] = [parent for parent in item["parents"] if "registered" in parent] or [
                jokbo.registered(self.chance.choice(sorted(self.bases)))]
            items.append(item)
        self.add_all(items)

    def step_facts(self):
        values = ["PERMISSION_" + word for word in recount.PERMISSIONS]
        self.apply(licenses=[dict({kind: self.chance.choice(values) for kind in ("commercial", "derivatives", "redistribution")},
                                  license=self.chance.choice(("MIT", "CC-BY-NC-4.0", "LicenseRef-own")))])


class ServerTest(unittest.TestCase):
    """Random stories through a real server: plain counts, and counts under every ready policy, of both rule sets."""
    maxDiff = None

    def told(self, count):
        """A DerivativeCount of the interface in the command line's form."""
        groups = [{"grouping": group["grouping"][len("GROUPING_"):].lower().replace("_", "-"), "key": group["key"],
                   "count": int(group["count"]), "from_census": int(group["from_census"])} for group in count["groups"]]
        return {n: int(count[n]) for n in (*NUMBERS, "pending")} | {"scope": count["scope"], "groups": groups, "log_size": int(count["log_size"])}

    def compare(self, client, counts, size):
        group_by = ["GROUPING_" + grouping.upper().replace("-", "_") for grouping in recount.GROUPINGS]
        listed = client.call("Evaluation.ListCounts", as_of={"log_size": size})
        scopes = [count["scope"] for count in listed["bases"] + listed["teams"] + [listed["all"]]]
        found = list(by_scope(counts.list(recount.GROUPINGS)).values())
        self.assertEqual([count["scope"] for count in found], scopes, "size %d" % size)
        for scope, count in zip(scopes, found):
            asked = client.call("Evaluation.CountDerivatives", scope=scope, as_of={"log_size": size}, group_by=group_by, page_size=1000)
            count.pop("next_page_token")
            for name in ("log_time", *recount.NO_STAGE):
                count.pop(name)
            self.assertEqual((count.pop("left_out"), count.pop("policy_sha256")), ([], ""))  # a plain count has no rule
            self.assertEqual(count, self.told(asked), "size %d, %s" % (size, scope))
            self.met.update({name: count[name] for name in NUMBERS}, dependent=count["counted"] - count["independent"],
                            unclean=count["counted"] - count["license_clean"])

    def compare_rules(self, client, counts, size):
        """Under every ready policy, of both rule sets: all numbers, and each derivative's reasons for each of its roots."""
        for name in ruled.READY:
            standing = recount_policy.Standing(counts, self.policies[name])
            for scope in ruled.scopes_of(counts.fold):
                asked = client.call("Evaluation.CountDerivatives", scope=scope, rule={"policy": name}, as_of={"log_size": size},
                                    group_by=ruled.GROUP_BY, page_size=1000)
                self.assertEqual(ruled.told(asked), ruled.counted(standing, scope), "%s, size %d" % (name, size))
            self.compare_list(client, standing, name, size)
            for row in self.chance.sample(standing.rows, min(len(standing.rows), EXPLAINED)):
                self.compare_explanation(client, standing, row, name, size)
            for row in standing.rows:
                self.met.update("%s by rule set %d" % (reason, standing.policy.rules) for reason in sum(row.reasons.values(), []))

    def compare_list(self, client, standing, name, size):
        """Those behind a group of one scope, and those left out there for a reason."""
        scope = self.chance.choice(ruled.scopes_of(standing.counts.fold))
        count = ruled.counted(standing, scope)
        for wish, number in [({"group": {"grouping": "GROUPING_" + one["grouping"].upper().replace("-", "_"), "key": one["key"]}},
                              one["count"]) for one in count["groups"] if one["count"]] + [
                                  ({"reason": ruled.reason_of(one["reason"])}, one["count"]) for one in count["left_out"]]:
            listed = client.call("Evaluation.ListCounted", scope=scope, rule={"policy": name}, as_of={"log_size": size}, **wish)
            self.assertEqual(listed["total_size"], number, "%s, size %d, %s, %s" % (name, size, scope, wish))

    def compare_explanation(self, client, standing, row, name, size):
        told = client.call("Evaluation.ExplainStanding", name=row.model.name, rule={"policy": name}, as_of={"log_size": size})
        where = "%s of %s, size %d" % (name, row.model.name, size)
        self.assertEqual(ruled.told_reasons(told), ruled.reasons(standing, row), where)
        for fact in (fact for root in told["roots"] for fact in root["reasons"]):
            self.assertTrue(fact["fact"] and fact["fact_ko"], where)
            self.assertLess(int(fact["log_index"]), size, where)
            if ruled.word(fact["reason"]) in ("duplicate", "cap", "adopted-path"):
                self.assertNotIn(fact["other"], ("", row.model.name), "%s: %s" % (where, fact))

    def command(self, folder, *words):
        done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "..", "recount.py"), folder, *words], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stderr)
        return done.stdout

    def compare_commands(self, server, folder, sizes):
        """To the byte: what the registry's command line prints, from the server and from its audit of the files; and the recount."""
        key = jokbo.Client(server.address)
        verifier = key.call("Log.GetCheckpoint")["verifier_key"]
        entries = list(recount.Source(folder).entries(sizes[-1]))
        earliest = recount.parse_entry(entries[sizes[len(sizes) // 2]]).time
        # a name of the earliest of the moments that are asked for: later ones know it as well
        base = key.call("Evaluation.ListCounts", as_of={"time": earliest})["bases"][0]["scope"]["base_model"]
        key.close()
        by = [word for grouping in recount.GROUPINGS for word in ("--by", grouping)]
        for size in (sizes[-1], sizes[-2], earliest):
            for scope, own in (([], []), (["--all"], ["--all"]), ([base], ["--base", base]), (["--team", "baram"], ["--team", "baram"])):
                split = by if scope else []
                done = server.jokbo("count", *scope, *split, "--as-of", str(size), "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.command(folder, *own, *split, "--as-of", str(size), "--key", verifier, "--tiles"), done.stdout)
                audit = server.jokbo("audit", folder, *scope, *split, "--as-of", str(size), "--counts", "--json", "--key",
                                     verifier, token=None)
                self.assertEqual((audit.returncode, audit.stdout), (0, done.stdout), audit.stderr)

    def history(self, seed):
        chance = self.chance = random.Random(seed)
        with jokbo.Server("--writes-per-day", "1000000") as server:
            client = server.client()
            try:
                story = History(client, seed)
                for name in ruled.READY:
                    story.eve.call("Stages.RecordPolicy", text=ruled.text_of(name))
                story.go(test_recount.STEPS)
                head = int(client.call("Log.GetCheckpoint")["log_size"])
                folder = published(server, head)
                sizes = sorted({1, head} | {chance.randrange(20, head) for _ in range(SIZES)})
                for size, counts in counts_at(folder, sizes, recount_policy):
                    self.compare(client, counts, size)
                    self.compare_rules(client, counts, size)
                self.compare_commands(server, folder, sizes)
            finally:
                client.close()
        self.met.update({"step " + name: times for name, times in story.done.items()})
        return "%d entries, %s, refused %s" % (head, dict(story.done), dict(story.refused))

    def test_histories(self):
        self.met = collections.Counter()
        self.policies = {name: recount_policy.Policy.of_file(ruled.text_of(name)) for name in ruled.READY}
        for seed in range(SEED, SEED + HISTORIES):
            try:
                print("seed %d: %s" % (seed, self.history(seed)))
            except Exception as error:
                raise AssertionError("%s\nthe same choices again: JK_RECOUNT_SEED=%d JK_RECOUNT_HISTORIES=1" % (error, seed)) from error
        if HISTORIES >= 5:  # one alone may lack something
            for name in ("yanked", "transitive", "dependent", "unclean", "step bulk", "step facts", "adopted", "excluded by rule set 2",
                         "adopted-path by rule set 2", "no-artifact by rule set 2", "license-conflict by rule set 2", "duplicate by rule set 2"):
                self.assertGreater(self.met[name], 0, name)


if __name__ == "__main__":
    unittest.main()
