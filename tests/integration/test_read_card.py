"""Registry.ReadCard: what anybody is told of a model's files, without an account. That it says what `jokbo register` says is held by
test_cases.py; here are the Hub's record of a model, the limits of a request, and the places for those who read at once."""
import base64
import concurrent.futures
import hashlib
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import jokbo  # noqa: E402
from readable import gguf  # noqa: E402

AX, SOLAR = "skt/A.X-3.1-Light", "upstage/SOLAR-10.7B-v1.0"
CARD = "---\nbase_model: %s\nlicense: apache-2.0\n---\n" % AX


def file(path, content=b"", **fields):
    content = content if isinstance(content, bytes) else content.encode()
    return dict({"path": path, "size": len(content), "content": base64.b64encode(content).decode()}, **fields)


def record(**fields):
    """The Hub's record of a model, as its API gives it."""
    return base64.b64encode(json.dumps(dict({"_id": "66a0c0ffee", "id": "kim/AX-GGUF", "sha": "0" * 40, "private": False, "gated": "auto", "disabled": False,
                                             "downloads": 7, "likes": "3", "createdAt": "2026-01-01T00:00:00.000Z"}, **fields)).encode()).decode()


def siblings(*names):
    return [{"rfilename": name, "size": 10, "lfs": {"sha256": "0" * 64, "size": 10}} for name in names]


class ReadCard(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = jokbo.Server("--proxies", "127.0.0.1")
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()
        cls.anyone = jokbo.Client(cls.server.address)
        cls.addClassCleanup(cls.anyone.close)

    def read(self, **fields):
        read = self.anyone.call("Registry.ReadCard", **fields)
        read["values"] = {v["field"]: (v["value"], v["source"]) for v in read["values"]}
        return read

    def told(self, read, part):
        self.assertTrue(any(part in note for note in read["notes"]), (part, read["notes"]))

    # ---- the Hub's record

    def test_card_data_and_files_that_the_hub_lists(self):
        read = self.read(hub_model=record(cardData={"base_model": [AX], "license": "apache-2.0", "tags": ["lora"]}, tags=["gguf", "base_model:" + AX],
                                          siblings=siblings(".gitattributes", "README.md", "ax-Q4_K_M.gguf", "mmproj.gguf")))
        self.assertEqual(read["faults"], [])
        self.assertEqual((read["values"]["name"], read["values"]["relation"]), (("kim/AX-GGUF", "hub"), ("quantized", "GGUF files")))
        self.assertEqual((read["values"]["parents"], read["values"]["license"]), ((AX + "@initial", "card"), ("Apache-2.0", "card")))
        self.told(read, "mmproj.gguf is ignored")
        self.told(read, "adapter (tag lora)")

    def test_parents_and_relation_that_the_hub_alone_has(self):
        for fields, whence in (({"tags": ["license:mit", "base_model:" + AX, "base_model:adapter:" + AX]}, "hub"),
                               ({"tags": ["license:mit"], "baseModels": {"relation": "adapter", "models": [{"_id": "1", "id": AX}]}}, "hub")):
            read = self.read(name="kim/x", hub_model=record(cardData=None, siblings=[], **fields))
            self.assertEqual(read["faults"], [])
            self.assertEqual((read["values"]["name"], read["values"]["parents"]), (("kim/x", "request"), (AX + "@initial", whence)))
            self.assertEqual((read["values"]["relation"], read["values"]["license"]), (("adapter", "tags"), ("MIT", "tags")))

    def test_a_card_that_is_sent_goes_first(self):
        read = self.read(files=[file("README.md", CARD)], hub_model=record(cardData={"base_model": SOLAR, "license": "mit"}, baseModels={"models": [{"id": SOLAR}]}))
        self.assertEqual((read["values"]["parents"], read["values"]["license"]), ((AX + "@initial", "card"), ("Apache-2.0", "card")))
        self.told(read, "the Hub names %s as parent; card was used instead" % SOLAR)

    def test_oddities_of_the_record(self):
        """Whatever is of another type than it should be is ignored, or told."""
        for fields in ({"tags": "lora", "siblings": {"a": 1}, "cardData": [1], "baseModels": [1], "library_name": ["peft"]},
                       {"tags": [1, None], "siblings": [7, {"rfilename": 1}, {"size": "x"}], "baseModels": {"models": {"id": AX}}}):
            read = self.read(hub_model=record(**fields))
            self.assertEqual([f["field"] for f in read["faults"]], ["parents"])
        read = self.read(hub_model=record(cardData={"base_model": {"library": "x"}, "license": {"name": "mit"}}))
        self.assertEqual([f["field"] for f in read["faults"]], ["base_model", "license"])
        read = self.read(hub_model=record(cardData={"base_model": "kim/AX-GGUF", "version": 1.5, "license": "mit"}))
        self.assertEqual([(f["field"], "is the model itself" in f["rule"]) for f in read["faults"]], [("parents", True)])
        self.assertEqual(read["values"]["version"], ("1.5", "card"))
        read = self.read(hub_model=base64.b64encode(b"{").decode())
        self.assertEqual([f["field"] for f in read["faults"]], ["hub_model", "name"])

    # ---- what the registry knows

    def test_a_parent_that_leads_nowhere(self):
        read = self.read(name="kim/x", files=[file("README.md", CARD.replace(AX, "google/gemma-2-9b"))])
        self.assertEqual([f["field"] for f in read["faults"]], ["parents"])
        self.assertIn("leads to no base model", read["faults"][0]["rule"])
        self.assertEqual((read["roots"], read["findings"]), ([], []))
        self.assertEqual(read["derivative"]["parents"], [{"external": {"name": "huggingface.co/google/gemma-2-9b", "revision": ""}}])

    def test_what_is_missing(self):
        read = self.read()
        self.assertEqual([f["field"] for f in read["faults"]], ["name", "parents"])
        read = self.read(name="kim//x", files=[file("README.md", CARD)])
        self.assertEqual([f["field"] for f in read["faults"]], ["name"])

    def test_findings_are_those_of_a_registration(self):
        """Through an ancestor that is registered: its roots, its licence and its name bind, too."""
        admin = self.server.client()
        self.addCleanup(admin.close)
        registrar = jokbo.person(admin, "registrar", roles=["registrar"], scopes=["models"])
        self.addCleanup(registrar.close)
        parent = self.server.jokbo_json("register", "--name", "LGAI-EXAONE/EXAONE-ko", "--parent", "LGAI-EXAONE/EXAONE-4.0-1.2B", "--license",
                                        "LicenseRef-exaone-ai-model-1.2-nc", "--no-receipt", "--yes", token=registrar.token)[1]
        self.assertEqual(parent.get("status"), "registered", parent)
        for name, license in (("kim/ko", "mit"), ("LGAI-EXAONE/EXAONE-own", "cc-by-nc-4.0"), ("kim/x", "odd")):
            card = "---\nbase_model: LGAI-EXAONE/EXAONE-ko\nlicense: %s\n---\n" % license
            with open(os.path.join(self.server.data, "card.md"), "w") as out:
                out.write(card)
            said = self.server.jokbo_json("register", out.name, "--name", name, "--dry-run", "--no-receipt", token=registrar.token)[1]
            self.assertIn("registration", said, said)
            read = registrar.call("Registry.ReadCard", name=name, files=[file("README.md", card)])
            model = said["registration"]["model"]
            self.assertTrue(read["findings"])
            self.assertEqual(sorted((f["kind"].replace("FINDING_KIND_", "").lower().replace("_", "-"), f["root"]) for f in read["findings"]),
                             sorted((f["kind"], f.get("root", "")) for f in model["findings"]), name)
            self.assertEqual([(r["name"], r["depth"]) for r in read["roots"]], [(r["name"], r["depth"]) for r in model["roots"]])

    def test_nothing_is_written(self):
        before = self.read(name="kim/x", files=[file("README.md", CARD)])["log_size"]
        self.assertEqual(self.read(name="kim/x", files=[file("README.md", CARD)])["log_size"], before)

    # ---- limits

    def refused(self, fields, *wrong):
        """wrong: field, and a part of what is said of it."""
        with self.assertRaises(jokbo.Failure) as caught:
            self.anyone.call("Registry.ReadCard", **fields)
        self.assertEqual(caught.exception.code, "INVALID_ARGUMENT")
        violations = list(caught.exception.fields.items())
        self.assertEqual(len(violations), len(wrong), violations)
        for (field, rule), (wanted, part) in zip(violations, wrong):
            self.assertEqual(field, wanted)
            self.assertIn(part, rule)

    def test_limits_of_a_request(self):
        many = [{"path": "f%d" % i} for i in range(10000)]
        self.assertEqual(self.read(name="kim/x", files=many[1:] + [file("README.md", CARD)])["faults"], [])
        self.refused({"files": many + [{"path": "one more"}]}, ("files", "10001 are named; 10,000 is the most"))
        self.assertEqual(self.read(name="kim/x", files=[{"path": "p" * 1024}, file("README.md", CARD)])["faults"], [])
        self.refused({"files": [{"path": "p" * 1025}]}, ("files[0].path", "longer than 1,024 bytes"))
        self.refused({"files": [{"path": ""}, {"path": "/etc/passwd"}]}, ("files[0].path", "is empty"), ("files[1].path", "must not begin"))
        self.refused({"files": [file("a"), file("a")]}, ("files", '"a" is named twice'))
        self.refused({"files": [file("a", size=-1)]}, ("files[0]", "-1 is not a size"))
        self.refused({"files": [file("a", "xyz", size=2)]}, ("files[0]", "3 bytes are sent of a file of 2"))
        self.refused({"files": [file("a", sha256="xyz")]}, ("files[0]", "64"))
        self.refused({"files": [file("a", "x", sha256="1" * 64)]}, ("files[0]", "does not have this SHA-256"))
        right = hashlib.sha256(CARD.encode()).hexdigest()
        self.assertEqual(self.read(name="kim/x", files=[file("README.md", CARD, sha256=right)])["faults"], [])
        self.assertEqual(self.read(name="kim/x", files=[file("README.md", CARD), file("x.gguf", gguf()[:20], size=10 ** 9, sha256="1" * 64)])["faults"], [])

    def test_a_megabyte_in_all(self):
        content = CARD.encode() + b"x" * ((1 << 20) - len(CARD) - 200)
        self.assertEqual(self.read(name="kim/x", files=[file("README.md", content)])["faults"], [])
        with self.assertRaises(jokbo.Failure) as caught:
            self.anyone.call("Registry.ReadCard", files=[file("README.md", content + b"x" * 400)])
        self.assertIn(caught.exception.code, ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"))

    def test_the_head_of_weights(self):
        """What lies past 256 KiB of a GGUF file is not read, since whoever sends no more hears the same."""
        base = ("general.base_model.0.repo_url", "https://huggingface.co/" + AX)
        for padding, parents in ((200 << 10, (AX + "@initial", "gguf")), (256 << 10, ("", ""))):
            whole = gguf(("general.description", "x" * padding), base)
            for content in (whole, whole[:256 << 10]):
                read = self.read(name="kim/x", files=[dict(file("x.gguf", content), size=len(whole))])
                self.assertEqual(read["values"]["parents"], parents)
                self.assertEqual(read["values"]["relation"], ("quantized", "GGUF files"))

    def test_places(self):
        """Of one address two read at a time; who comes beyond that is told so, and may come again."""
        outcomes = self.read_at_once([self.anyone])
        self.assertIn("2 cards are being read without an account from 127.0.0.1", self.refusals_of(outcomes))
        for _ in range(8):  # every place was given back
            self.assertEqual(self.read_slowly(self.anyone), [])

    def test_a_reader_is_kept_for_accounts(self):
        """Of four readers, all addresses together get three."""
        clients = [jokbo.Client(self.server.address, forwarded="192.0.2.%d" % i) for i in range(16)]
        self.assertIn("3 cards are being read without an account on this server", self.refusals_of(self.read_at_once(clients)))
        for client in clients:
            client.close()

    def read_slowly(self, client):
        slow = "---\nx:\n" + "".join("- {a: %d}\n" % i for i in range(15000)) + "base_model: %s\nlicense: mit\n---\n" % AX
        try:
            return client.call("Registry.ReadCard", name="kim/x", files=[file("README.md", slow)])["faults"]
        except jokbo.Failure as failure:
            return failure.code, failure.reason, failure.message

    def read_at_once(self, clients):
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            return list(pool.map(self.read_slowly, clients * (64 // len(clients))))

    def refusals_of(self, outcomes):
        """The messages of the refusals, beside which some were read."""
        self.assertIn([], outcomes)
        refused = {outcome for outcome in map(tuple, outcomes) if outcome}
        self.assertEqual({outcome[:2] for outcome in refused}, {("RESOURCE_EXHAUSTED", "TOO_MANY_READINGS")})
        return "\n".join(sorted(outcome[2] for outcome in refused))


if __name__ == "__main__":
    unittest.main()
