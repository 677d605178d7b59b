"""What the server makes of a census: that a batch is written whole or not at all, that nothing is said twice, whom it writes for, what
becomes of names, what it counts against, and that the bytes which the log names are kept."""
import base64
import datetime
import hashlib
import json
import os
import sys
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
sys.path.insert(1, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import recount  # noqa: E402
from jokbo import ROOT, Case, Failure, Manifest, Shared, derivative, external, new_id, person  # noqa: E402

SKT, LG = "skt/A.X-K1", "LGAI-EXAONE/K-EXAONE-236B-A23B"
HUB = "huggingface.co"
RECORD, COMPLETE = "Registry.RecordCensus", "Registry.CompleteCensus"
CLAIM = "PUBLISHER_REQUEST_KIND_CLAIM"
STATE = "FAILED_PRECONDITION"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def setUpModule():
    Census.open()


class Repository:
    """A repository on a hub, whose record tests change between two looks at it."""
    made = 0

    def __init__(self, id, **fields):
        Repository.made += 1
        self.id, self.identity = id, "%024x" % Repository.made
        self.files, self.extra = {"model.safetensors": "weights %d" % Repository.made}, fields
        self.commit("first")

    def commit(self, word):
        self.sha = hashlib.sha1((self.id + word).encode()).hexdigest()
        return self

    @property
    def version(self):
        return "hub-" + self.sha[:12]

    @property
    def record(self):
        """By registry/formats/record.md."""
        said = dict({"_id": self.identity, "id": self.id, "sha": self.sha, "gated": False, "private": False,
                     "createdAt": "2026-01-02T03:04:05.000000Z", "lastModified": "2026-02-03T04:05:06.000000Z",
                     "siblings": [{"rfilename": name, "lfs": {"sha256": sha256(word.encode()), "size": 5}}
                                  for name, word in sorted(self.files.items())]}, **self.extra)
        return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def listing(self):
        lines = ["file %s 5 %s" % (sha256(word.encode()), name) for name, word in sorted(self.files.items())]
        return sha256("".join(line + "\n" for line in ["jokbo/listing/v1"] + lines).encode())

    @property
    def weights(self):
        found = sorted(set(sha256(word.encode()) for name, word in self.files.items() if name.endswith(".safetensors")))
        return sha256("".join(digest + "\n" for digest in found).encode())

    def seen(self, model="", record=None, **declared):
        """The step that says it is there."""
        step = {"record": base64.b64encode(self.record if record is None else record).decode(), "model": model}
        if declared:
            parents = declared.pop("parents", [SKT])
            step["derivative"] = derivative(declared.pop("name", model or self.id), *parents,
                                            **dict({"version": self.version}, **declared))
        return {"present": step}

    def new(self, **declared):
        """The step that registers it."""
        return self.seen(**dict({"relation": "finetune"}, **declared))

    def moved(self, to, model="", new_model=""):
        return {"moved": {"id": self.id, "identity": self.identity, "to": to, "model": model, "new_model": new_model}}

    def absent(self, model=""):
        return {"absent": {"id": self.id, "identity": self.identity, "model": model}}


class Census(Shared):
    made = 0

    @classmethod
    def open(cls):
        Shared.open()
        Case.registrar = person(Case.admin, "registrar", ["registrar"], scopes=["publish", "models", "roster"])

    @classmethod
    def next(cls, beginning="found-"):
        Census.made += 1
        return "%s%d" % (beginning, Census.made)

    def repository(self, publisher=None, **fields):
        return Repository((publisher or self.next()) + "/" + self.next("m"), **fields)

    def record(self, *steps, client=None, **fields):
        return (client or self.registrar).call(RECORD, hub=HUB, steps=list(steps), **fields)

    def wrong_step(self, fields, step, code="INVALID_ARGUMENT", reason="INVALID_FIELD"):
        """Of two good steps and this one between them, all are refused."""
        failure = self.refused(code, reason, RECORD, self.registrar, hub=HUB,
                               steps=[self.repository().new(), step, self.repository().new()])
        self.assertEqual(sorted(self.named(failure)), sorted("steps[1]" + f for f in fields), failure.message)
        return failure

    @staticmethod
    def named(failure):
        """What is wrong, by its field, whatever status the whole has."""
        rows = failure.details.get("PreconditionFailure", {}).get("violations", [])
        return failure.fields or {row["subject"]: row["description"] for row in rows}

    def entries_since(self, size):
        return [entry.decode() for entry in self.anyone.entries(size, self.size())] if self.size() > size else []

    def kinds_since(self, size):
        return [text.split("\n")[1].split(" ")[1] for text in self.entries_since(size)]

    def lines(self, text):
        return dict(line.split(" ", 1) for line in text.rstrip("\n").split("\n")[1:])

    def observed_since(self, size):
        return [self.lines(text) for text in self.entries_since(size) if "\nkind observe\n" in text]

    def blob(self, digest):
        with urllib.request.urlopen("http://%s/manifest/sha256/%s" % (self.server.http, digest), timeout=20) as page:
            return page.read()

    def claimed(self, *names, namespace=None):
        """Publishers that somebody owns; with the namespace of that organisation for the first of them."""
        owner = person(self.admin, self.next("owner-"))
        for name in names:
            owner.call("Registry.CreatePublisher", name=name)
        if namespace:
            self.registrar.call("Registry.SetNamespace", publisher=names[0], organisation=HUB + "/" + namespace, evidence="hub-file")
        return owner


class Recording(Census):
    def test_registers_with_what_was_seen(self):
        a = self.repository()
        before = self.size()
        reply = self.record(a.new(license="MIT"))
        self.assertEqual(self.kinds_since(before), ["publisher", "register", "observe"])
        self.assertEqual(reply, {"results": [{"model": a.id, "log_index": str(before + 1), "observe_index": str(before + 2)}],
                                 "entries": 3, "log_size": str(before + 3)})
        texts = self.entries_since(before)
        self.assertTrue(all("\nactor role registrar\n" in text for text in texts))
        for line in ("artifact none", "weights none", "license-text none", "license MIT", "release " + a.version):
            self.assertIn("\n%s\n" % line, texts[1])
        said = self.lines(texts[2])
        for key, value in {"hub": HUB, "id": a.id, "identity": a.identity, "revision": a.sha, "state": "present", "to": "none",
                           "model": a.id, "listing": "sha256:" + a.listing, "weight-files": "sha256:" + a.weights,
                           "record": "sha256:" + sha256(a.record), "created": "2026-01-02T03:04:05.000000Z",
                           "modified": "2026-02-03T04:05:06.000000Z"}.items():
            self.assertEqual(said[key], value, key)
        publisher = self.anyone.call("Registry.GetPublisher", name=a.id.split("/")[0])
        self.assertFalse(publisher["claimed"])

    def test_keeps_the_record(self):
        a = self.repository(tags=["한국어", "a\tb"])
        self.record(a.new())
        digest = sha256(a.record)
        self.assertEqual(self.blob(digest), a.record)
        blob = self.anyone.call("Registry.GetBlob", sha256=digest)
        self.assertEqual((blob["kind"], blob["size"], blob["state"]),
                         ("BLOB_KIND_HUB_RECORD", str(len(a.record)), "BLOB_STATE_STORED"))

    def test_children_in_the_same_request(self):
        a, b = self.repository(), self.repository()
        self.record(a.new(), b.new(parents=[a.id], relation="quantized"))
        self.assertEqual(self.roots(b.id), {SKT: 2})

    def test_nothing_is_said_twice(self):
        a, b, gone = self.repository(), self.repository(), self.repository()
        self.record(a.new(), b.seen(), gone.new())
        self.record(gone.absent(gone.id))
        before = self.size()
        for steps in ([a.new(), b.seen(), gone.absent(gone.id)], [a.seen(a.id), b.seen()], [a.seen(a.id, relation="finetune")]):
            reply = self.record(*steps)
            self.assertEqual((self.size(), reply["entries"]), (before, 0))
            self.assertEqual({r["log_index"] + r["observe_index"] for r in reply["results"]}, {"00"})
            self.assertEqual(reply["results"][0]["model"], a.id)

    def test_repeated_request(self):
        steps, used = [self.repository().new(), self.repository().new()], new_id()
        first = self.record(*steps, request_id=used)
        before = self.size()
        self.assertEqual(self.record(*steps, request_id=used), first)
        self.assertEqual(self.size(), before)
        self.refused("INVALID_ARGUMENT", "REQUEST_ID_REUSED", RECORD, self.registrar, hub=HUB, steps=steps[:1], request_id=used)

    def test_validate_only(self):
        a = self.repository()
        before = self.size()
        reply = self.record(a.new(), validate_only=True)
        self.assertEqual(reply, {"results": [{"model": a.id, "log_index": "0", "observe_index": "0"}], "entries": 3, "log_size": "0"})
        self.assertEqual(self.size(), before)
        with self.assertRaises(Failure) as caught:
            self.anyone.call("Registry.GetBlob", sha256=sha256(a.record))
        self.assertEqual(caught.exception.reason, "BLOB_NOT_FOUND")
        self.record(a.new())

    def test_only_what_changed(self):
        a = self.repository()
        self.record(a.new())
        before = self.size()
        a.extra["tags"] = ["new"]
        self.record(a.seen(a.id))
        self.assertEqual(self.kinds_since(before), ["observe"])
        a.files["model.safetensors"] = "other weights"
        a.commit("second")
        self.record(a.seen(a.id, relation="merge"))
        self.assertEqual(self.kinds_since(before), ["observe", "release", "observe"])
        model = self.model(a.id)
        self.assertEqual((model["release"]["version"], model["release"]["relation"]), (a.version, "RELATION_MERGE"))
        self.record(a.absent(a.id))
        self.record(a.seen(a.id))  # and it is back
        self.assertEqual(self.kinds_since(before), ["observe", "release", "observe", "observe", "observe"])
        self.assertEqual([seen["state"] for seen in self.observed_since(before)], ["present", "present", "absent", "present"])

    def test_a_release_may_leave_out_what_stays(self):
        a = self.repository()
        self.record(a.new(relation="adapter"))
        a.commit("second")
        self.record(a.seen(a.id, relation="", parents=[], license="MIT"))
        model = self.model(a.id)
        self.assertEqual((model["release"]["relation"], model["release"]["license"], [p["name"] for p in model["release"]["parents"]]),
                         ("RELATION_ADAPTER", "MIT", [SKT]))

    def test_of_no_registered_model(self):
        a = self.repository()
        before = self.size()
        self.record(a.seen())
        self.assertEqual([seen["model"] for seen in self.observed_since(before)], ["none"])
        self.record(a.absent())
        self.assertEqual([seen["state"] for seen in self.observed_since(before)], ["present", "absent"])
        self.wrong_step([""], self.repository().absent(), STATE, "NEVER_OBSERVED")

    def test_a_base_model(self):
        base = Repository(SKT)
        before = self.size()
        self.record(base.seen(SKT))
        self.assertEqual([seen["model"] for seen in self.observed_since(before)], [SKT])
        self.wrong_step([""], base.commit("x").seen(SKT, relation="finetune"), STATE, "TARGET_IS_BASE")
        self.wrong_step([""], base.moved("skt/other", SKT, "skt/other"), STATE, "TARGET_IS_BASE")


class Growth(Census):
    def groups(self, **fields):
        count = self.anyone.call("Evaluation.CountDerivatives", scope={"all": True},
                                 group_by=["GROUPING_MONTH", "GROUPING_HUB_MONTH"], page_size=1000, **fields)
        return [(group["grouping"], group["key"], int(group["count"]), int(group.get("from_census", 0))) for group in count["groups"]]

    def by_key(self, **fields):
        return {(grouping, key): (number, brought) for grouping, key, number, brought in self.groups(**fields)}

    def test_what_a_census_brought_in(self):
        """Counted by the month of registration it is marked; the hub's own dates are a grouping of their own."""
        publisher = self.next()
        owner = self.claimed(publisher, namespace=publisher)
        own = self.repository(publisher, createdAt="2024-02-29T14:59:59.000000Z")
        found = self.repository(createdAt="2024-02-29T15:00:00.000000Z")
        before = self.by_key()
        owner.call("Registry.RegisterDerivative", derivative=derivative(own.id, SKT))
        self.registrar.call("Registry.RegisterDerivative", derivative=derivative(self.next("by-hand-") + "/m", SKT))
        self.record(own.seen(own.id), found.new())
        size, after = self.size(), self.by_key()
        month = self.now_in_korea()
        gained = {key: tuple(a - b for a, b in zip(after[key], before.get(key, (0, 0)))) for key in after}
        self.assertEqual({key: gain for key, gain in gained.items() if any(gain)},
                         {("GROUPING_MONTH", month): (3, 1), ("GROUPING_HUB_MONTH", "2024-02"): (1, 0),
                          ("GROUPING_HUB_MONTH", "2024-03"): (1, 0), ("GROUPING_HUB_MONTH", "none"): (1, 0)})
        with open(os.path.join(ROOT, "registry", "data", "policies", "census.policy"), encoding="utf-8") as file:
            evaluator = person(self.admin, self.next("evaluator-"), ["evaluator"], scopes=["roster"])
            evaluator.call("Stages.RecordPolicy", text=file.read())
        ruled = self.by_key(rule={"policy": "census@1"})
        self.assertEqual(ruled["GROUPING_MONTH", month][1], after["GROUPING_MONTH", month][1])
        self.assertEqual(ruled["GROUPING_HUB_MONTH", "2024-03"], after["GROUPING_HUB_MONTH", "2024-03"])
        listed = self.anyone.call("Evaluation.ListCounted", scope={"all": True}, group={"grouping": "GROUPING_HUB_MONTH", "key": "2024-03"})
        self.assertEqual([one["name"] for one in listed["derivatives"]], [found.id])
        self.agrees(size)
        self.agrees(size - 1)  # the last entry says what was seen: without it nothing tells of a census

    def now_in_korea(self):
        return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=9)).strftime("%Y-%m")

    def agrees(self, size):
        """With what the entries alone come to."""
        known = recount.Fold()
        for entry in self.anyone.entries(0, size):
            known.apply(entry)
        groups = recount.Counts(known).count("all", None, ["month", "hub-month"])["groups"]
        self.assertEqual(self.groups(as_of={"log_size": size}),
                         [("GROUPING_" + g["grouping"].upper().replace("-", "_"), g["key"], g["count"], g["from_census"]) for g in groups])


class Refusing(Census):
    def test_all_or_none(self):
        good, bad = self.repository(), self.repository()
        self.refused("INVALID_ARGUMENT", "INVALID_FIELD", RECORD, self.registrar,
                     ["steps[1].present.record", "steps[3].present.derivative.parents[0].registered.name"], hub=HUB,
                     steps=[good.new(), bad.seen(record=bad.record + b"\n"), self.repository().new(),
                            self.repository().new(parents=["no/body"])])
        self.wrong_step([".present.derivative.parents[0].registered.name"], bad.new(parents=["no/body"]))
        with self.assertRaises(Failure):
            self.anyone.call("Registry.GetPublisher", name=good.id.split("/")[0])
        with self.assertRaises(Failure):
            self.anyone.call("Registry.GetBlob", sha256=sha256(good.record))

    def test_every_bad_step_is_named(self):
        blocked = self.repository(publisher="alice")
        lost = self.repository()
        failure = self.refused("INVALID_ARGUMENT", "INVALID_FIELD", RECORD, self.registrar, None, hub=HUB,
                               steps=[blocked.new(), self.repository().new(), lost.new(parents=[external("huggingface.co/no/where")]),
                                      self.repository().new(parents=["no/body"]), blocked.new()])
        self.assertEqual(sorted(failure.fields), ["steps[0]", "steps[2]", "steps[2].present.derivative.parents[0].external.name",
                                                  "steps[3].present.derivative.parents[0].registered.name", "steps[4]"])
        self.assertIn("\"alice\" is somebody's", failure.fields["steps[0]"])
        failure = self.refused(STATE, "PUBLISHER_CLAIMED", RECORD, self.registrar, hub=HUB, steps=[blocked.new()])
        self.assertEqual(list(self.named(failure)), ["steps[0]"])

    def test_records(self):
        a = self.repository()
        for record in (b"{}", b"", b"[]", a.record[:-1], a.record.replace(b":", b": ", 1), a.record + b" ",
                       a.record.replace(b'"id"', b'"ID"'), a.record.replace(b'"gated"', b'"downloads"')):
            self.wrong_step([".present.record"], a.seen(record=record))
        whole = self.repository(tags=["t%04d" % i + "x" * 200 for i in range(70)])
        self.assertGreater(len(whole.record), 14000)
        self.record(whole.new())

    def test_the_largest_record(self):
        """65,536 bytes, as the format says, and one more."""
        a = self.repository()
        a.files = {}
        a.extra["siblings"] = []
        for i in range(1000):
            a.extra["siblings"].append({"rfilename": "%04d" % i + "x" * 100, "size": 1})
            if len(a.record) > 65300:
                break
        while len(a.record) > 65400 - 1:
            a.extra["siblings"].pop()
        pad = 65400 - len(a.record)
        a.extra["siblings"][-1]["rfilename"] += "y" * min(pad, 800)
        self.record(a.new())
        self.assertEqual(self.blob(sha256(a.record)), a.record)
        self.wrong_step([".present.record"], a.seen(record=b'{"id":"a/b"}' + b" " * 65536))

    def test_fields(self):
        a = self.repository()
        self.wrong_step([".state"], {})
        self.wrong_step([".present.record"], {"present": {}})
        self.wrong_step([".present.model"], a.seen("no name"))
        self.wrong_step([".present.derivative.name"], a.new(name="other/name"))
        self.wrong_step([".present.derivative.version"], a.new(version="hub-000000000000"))
        self.record(a.new(version=a.version + "-2"))
        b = self.repository()
        for field in ("artifact_sha256", "weights_sha256", "license_text_sha256"):
            self.wrong_step([".present.derivative." + field], b.new(**{field: "ab" * 32}))
        self.wrong_step([".moved.id", ".moved.to"], {"moved": {"id": "x", "to": ""}})
        self.wrong_step([".moved.to"], b.moved(b.id))
        self.wrong_step([".moved.identity"], {"moved": {"id": "a/b", "to": "a/c", "identity": "a" * 65}})
        self.wrong_step([".moved.new_model"], b.moved("a/c", new_model="a/c"))
        self.wrong_step([".moved.new_model"], b.moved("a/c", a.id, "a/d"))
        self.wrong_step([".absent.id", ".absent.identity", ".absent.model"],
                        {"absent": {"id": "", "identity": "-", "model": "x"}})
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", RECORD, self.registrar, None, hub=HUB, steps=[b.absent("no/body")])
        for hub in ("", "hf.co", "www.huggingface.co", "huggingface.co:443", "https://huggingface.co", "a/b", "Huggingface.co"):
            self.wrong(["hub"], RECORD, self.registrar, hub=hub, steps=[b.new()])

    def test_how_many(self):
        self.wrong(["steps"], RECORD, self.registrar, hub=HUB, steps=[])
        a = self.repository()
        self.record(a.new())
        self.assertEqual(self.record(*[a.seen(a.id)] * 1000)["entries"], 0)
        self.wrong(["steps"], RECORD, self.registrar, hub=HUB, steps=[a.seen(a.id)] * 1001)
        heavy = {"present": {"record": base64.b64encode(b" " * 65536).decode()}}
        self.refused("RESOURCE_EXHAUSTED", None, RECORD, self.registrar, None, hub=HUB, steps=[heavy] * 17)

    def test_many_records(self):
        """More than lie together: each is where it is looked for, and one that comes twice is kept once."""
        made = [self.repository("many") for _ in range(450)]
        size = self.size()
        steps = [one.seen() for one in made]
        self.record(*steps[:230], steps[7], steps[229], *steps[230:])
        self.assertEqual(self.kinds_since(size), ["observe"] * 450)
        for at in (0, 7, 199, 200, 229, 230, 399, 400, 449):
            self.assertEqual(self.blob(sha256(made[at].record)), made[at].record)

    def test_no_path(self):
        a = self.repository()
        failure = self.refused(STATE, "NO_PATH_TO_BASE", RECORD, self.registrar, None, hub=HUB,
                               steps=[a.new(parents=[external("huggingface.co/no/where")])])
        self.assertIn("steps[0].present.derivative.parents[0].external.name", self.named(failure))

    def test_names_that_are_taken(self):
        a = self.repository()
        self.record(a.new())
        other = Repository(a.id)
        failure = self.refused("ALREADY_EXISTS", "NAME_TAKEN", RECORD, self.registrar, None, hub=HUB, steps=[other.new(license="MIT")])
        self.assertIn("give it as the step's model", failure.message)
        with self.assertRaises(Failure) as caught:
            self.record(self.repository(publisher="up-stage").new())
        self.assertEqual(caught.exception.reason, "NAME_RESERVED")


class Identity(Census):
    """The hub's own id tells repositories apart, whatever their names."""

    def test_another_repository_under_the_name(self):
        a = self.repository()
        self.record(a.new())
        other = Repository(a.id)
        for step in (other.seen(a.id), other.seen(a.id, relation="finetune"), other.absent(a.id), other.new(version=a.version)):
            if "present" in step:
                other.sha = a.sha
            self.wrong_step([""], step, STATE, "OTHER_REPOSITORY")

    def test_another_name_without_a_move(self):
        a, b = self.repository(), self.repository()
        self.record(a.new())
        self.wrong_step([""], b.seen(a.id), STATE, "OTHER_REPOSITORY")
        a.id = self.next() + "/x"  # the same repository, which the move was not told of: nothing but the identity says so
        self.record(a.seen(self.model_of(a)))

    def model_of(self, repository):
        return [seen["model"] for seen in self.observed_since(0) if seen["identity"] == repository.identity][-1]

    def test_a_hub_without_identities(self):
        a = self.repository()
        del a.identity
        a.identity = None
        a.extra["_id"] = None
        record = json.dumps({k: v for k, v in json.loads(a.record).items() if v is not None}, sort_keys=True,
                            separators=(",", ":")).encode()
        self.record(a.seen(record=record, relation="finetune"))
        before = self.size()
        self.record({"absent": {"id": a.id, "model": a.id}})
        self.assertEqual([seen["identity"] for seen in self.observed_since(before)], ["none"])

    def test_the_repository_of_another_model(self):
        """What has another name on the hub now is not a second model."""
        a = self.repository()
        self.record(a.new())
        a.id = self.next() + "/x"
        self.wrong_step([""], a.commit("first").new(), STATE, "OTHER_REPOSITORY")
        self.wrong_step([""], a.seen(), STATE, "OTHER_REPOSITORY")
        self.wrong_step([""], a.absent(), STATE, "OTHER_REPOSITORY")
        b = self.repository()  # seen before it was registered: that is the same one
        self.record(b.seen())
        self.record(b.new())

    def test_never_seen_there(self):
        """What its publisher registered here is not gone because a hub never had it."""
        name = "alice/" + self.next("own-")
        self.register(name, SKT)
        a = Repository(name)
        self.wrong_step([""], a.absent(name), STATE, "NEVER_OBSERVED")
        self.wrong_step([""], a.moved("alice/elsewhere", name), STATE, "NEVER_OBSERVED")
        self.wrong_step([""], a.seen(name), STATE, "PUBLISHER_CLAIMED")


class Moving(Census):
    def test_renamed(self):
        a = self.repository()
        self.record(a.new())
        old, new = a.id, a.id + "-2"
        before = self.size()
        moved = a.moved(new, old, new)
        a.id = new
        a.commit("first")
        reply = self.record(moved, a.seen(new))
        self.assertEqual(self.kinds_since(before), ["observe", "rename", "observe"])
        self.assertEqual([r["model"] for r in reply["results"]], [new, new])
        self.assertEqual([(seen["state"], seen["id"], seen["to"], seen["model"]) for seen in self.observed_since(before)],
                         [("moved", old, new, old), ("present", new, "none", new)])
        self.assertEqual(self.model(old)["name"], new)

    def test_transferred(self):
        a = self.repository()
        self.record(a.new())
        old, new = a.id, self.next() + "/x"
        before = self.size()
        self.record(a.moved(new, old, new))
        self.assertEqual(self.kinds_since(before), ["observe", "publisher", "transfer"])
        self.assertEqual(self.model(old)["name"], new)
        a.id = new
        steps = [a.seen(new)]
        self.record(*steps)
        before = self.size()
        a.id = old
        self.record(a.moved(new, old, new), *steps)  # said again, after it was seen under its new name
        self.assertEqual(self.size(), before)

    def test_the_model_may_keep_its_name(self):
        a = self.repository()
        self.record(a.new())
        before = self.size()
        self.record(a.moved(a.id + "-2", a.id))
        self.assertEqual(self.kinds_since(before), ["observe"])
        old, a.id = a.id, a.id + "-2"
        self.record(a.seen(old))  # it is still the same one
        self.assertEqual([seen["id"] for seen in self.observed_since(before)], [old, a.id])

    def test_names_in_the_way(self):
        a, b = self.repository(), self.repository()
        self.record(a.new(), b.new())
        self.refused("ALREADY_EXISTS", "NAME_TAKEN", RECORD, self.registrar, None, hub=HUB, steps=[a.moved(b.id, a.id, b.id)])
        self.refused(STATE, "PUBLISHER_CLAIMED", RECORD, self.registrar, None, hub=HUB,
                     steps=[a.moved("alice/x", a.id, "alice/x")])


class Claimed(Census):
    """For a publisher that somebody owns, a census writes only where that is proven to be the hub's."""

    def test_without_a_namespace(self):
        name = self.next()
        a = self.repository(publisher=name)
        self.record(a.new())
        owner = person(self.admin, self.next("owner-"))
        request = owner.call("Access.RequestPublisher", kind=CLAIM, publisher=name, evidence="a file there")
        self.admin.call("Access.DecidePublisherRequest", id=request["id"], approve=True, evidence="hub-file")
        self.wrong_step([""], a.commit("second").seen(a.id, relation="merge"), STATE, "PUBLISHER_CLAIMED")
        self.wrong_step([""], self.repository(publisher=name).new(), STATE, "PUBLISHER_CLAIMED")
        self.wrong_step([""], a.moved(name + "/y", a.id, name + "/y"), STATE, "PUBLISHER_CLAIMED")
        before = self.size()
        self.record(a.seen(a.id))  # what is seen of what the census itself brought in is said all the same
        self.record(a.absent(a.id))
        self.assertEqual(self.kinds_since(before), ["observe", "observe"])

    def test_with_a_namespace(self):
        name = self.next()
        owner = self.claimed(name, namespace=name)
        a = self.repository(publisher=name)
        before = self.size()
        self.record(a.new())
        self.assertEqual(self.kinds_since(before), ["register", "observe"])
        self.record(a.commit("second").seen(a.id, relation="merge"))
        self.record(a.moved(name + "/y", a.id, name + "/y"))
        self.registrar.call("Registry.SetNamespace", publisher=name, organisation=HUB + "/" + name, evidence="x", end=True)
        self.wrong_step([""], self.repository(publisher=name).new(), STATE, "PUBLISHER_CLAIMED")
        owner.call("Registry.YankRelease", name=name + "/y@" + a.version, reason="wrong")

    def test_what_the_publisher_itself_said(self):
        """A release that gives digests is not replaced by one that has none."""
        name = self.next()
        owner = self.claimed(name, namespace=name)
        manifest = Manifest({"model.safetensors": name})
        a = self.repository(publisher=name)
        owner.call("Registry.RegisterDerivative", derivative=derivative(a.id, SKT, **manifest.named))
        self.wrong_step([""], a.seen(a.id, relation="merge"), STATE, "RELEASE_SAYS_LESS")
        before = self.size()
        self.record(a.seen(a.id))
        self.assertEqual(self.kinds_since(before), ["observe"])


class Blobs(Census):
    def test_withdrawn(self):
        """A record that an admin withdrew stays away, whatever comes; what it said stays in the log."""
        a = self.repository()
        self.record(a.new())
        digest, first = sha256(a.record), a.seen(a.id)
        self.admin.call("Registry.WithdrawBlob", sha256=digest, reason="a person's name")
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.blob(digest)
        self.assertEqual(caught.exception.code, 410)
        self.record(a.absent(a.id))
        self.record(first)
        with self.assertRaises(Failure) as caught:
            self.anyone.call("Registry.GetBlob", sha256=digest)
        self.assertEqual(caught.exception.reason, "BLOB_WITHDRAWN")
        self.admin.call("Registry.WithdrawBlob", sha256=digest, lift=True)
        self.record(first)
        self.assertEqual(self.blob(digest), a.record)

    def test_brought_before(self):
        a = self.repository()
        self.alice.upload("BLOB_KIND_LICENSE_TEXT", a.record, sha256(a.record))
        self.record(a.new())
        self.assertEqual(self.blob(sha256(a.record)), a.record)

    def test_brought_again(self):
        """By an upload: it is here already, and stays where it is."""
        a, b = self.repository(), self.repository()
        self.record(a.new(), b.new())
        self.alice.upload("BLOB_KIND_LICENSE_TEXT", b.record, sha256(b.record))
        for each in (a, b):
            self.assertEqual(self.blob(sha256(each.record)), each.record)


class Completing(Census):
    def list_of(self, *repositories, lines=None):
        rows = sorted("%s %s %s present" % (r.id, r.identity, r.sha) for r in repositories) if lines is None else lines
        return "".join(row + "\n" for row in ["jokbo/census/v1"] + rows).encode()

    def upload(self, data, client=None):
        return (client or self.registrar).upload("BLOB_KIND_CENSUS_LIST", data, sha256(data))

    def request(self, data, count, **fields):
        return dict(dict(hub=HUB, bases=[SKT, LG], start_time=self.ago(minutes=5), models=count, list_sha256=sha256(data)), **fields)

    def ago(self, **time):
        return (datetime.datetime.utcnow() - datetime.timedelta(**time)).isoformat() + "Z"

    def test_complete(self):
        data = self.list_of(self.repository(), self.repository(), self.repository())
        blob = self.upload(data)
        self.assertEqual((blob["kind"], blob["models"]), ("BLOB_KIND_CENSUS_LIST", "3"))
        before = self.size()
        request = self.request(data, 3, request_id=new_id())
        dry = self.registrar.call(COMPLETE, **dict(request, validate_only=True, request_id=""))
        self.assertEqual((dry["log_index"], dry["log_size"], dry["receipt"]), ("0", "0", ""))
        reply = self.registrar.call(COMPLETE, **request)
        self.assertEqual((reply["bases"], reply["models"], reply["log_index"], reply["log_size"]),
                         ([LG, SKT], "3", str(before), str(before + 1)))
        self.assertIn("c2sp.org/tlog-proof", reply["receipt"])
        self.assertEqual(self.registrar.call(COMPLETE, **request), reply)
        again = self.refused("ALREADY_EXISTS", "CENSUS_EXISTS", COMPLETE, self.registrar, None, **dict(request, request_id=new_id()))
        self.assertEqual(again.metadata["log_index"], str(before))
        text, = self.entries_since(before)
        said = self.lines(text)
        self.assertEqual((said["kind"], said["actor"], said["hub"], said["bases"], said["models"], said["list"]),
                         ("census", "role registrar", HUB, LG + " " + SKT, "3", "sha256:" + sha256(data)))

    def test_an_empty_run(self):
        data = self.list_of()
        self.upload(data)
        self.registrar.call(COMPLETE, **self.request(data, 0))

    def test_the_list_must_be_here(self):
        data = self.list_of(self.repository())
        self.refused("NOT_FOUND", "BLOB_NOT_FOUND", COMPLETE, self.registrar, None, **self.request(data, 1))
        self.alice.upload("BLOB_KIND_LICENSE_TEXT", data, sha256(data))  # not read as one
        self.refused("NOT_FOUND", "BLOB_NOT_FOUND", COMPLETE, self.registrar, None, **self.request(data, 1))
        self.upload(data)
        self.wrong(["models"], COMPLETE, self.registrar, **self.request(data, 2))
        self.registrar.call(COMPLETE, **self.request(data, 1))

    def test_fields(self):
        data = self.list_of(self.repository())
        self.upload(data)
        wrong = lambda fields, **changed: self.wrong(fields, COMPLETE, self.registrar, **self.request(data, 1, **changed))
        wrong(["hub"], hub="hf.co")
        wrong(["bases"], bases=[])
        wrong(["bases"], bases=[SKT, LG] * 251)
        wrong(["bases"], bases=[SKT, SKT.lower()])
        wrong(["bases[1]", "bases[2]"], bases=[SKT, "no/body", "x"])
        wrong(["bases[0]"], bases=["x" * 900000])  # far longer than any name
        wrong(["models"], models=-1)
        wrong(["list_sha256"], list_sha256="")
        wrong(["start_time"], start_time=None)
        wrong(["start_time"], start_time=self.ago(hours=-1))
        wrong(["start_time"], start_time=self.ago(days=7, minutes=1))
        self.registrar.call(COMPLETE, **self.request(data, 1))
        self.refused("FAILED_PRECONDITION", "CENSUS_OLDER", COMPLETE, self.registrar, None,
                     **self.request(data, 1, start_time=self.ago(days=7, minutes=-1)))
        derived = self.repository()
        self.record(derived.new())
        wrong(["bases[0]"], bases=[derived.id])

    def test_malformed_lists(self):
        good = "a/b none none present"
        for lines in (["a/b none none"], ["a/b none none gone"], ["a none none present"], [good, good], [good, "a/a none none absent"],
                      ["a/b - none present"], ["a/b %s none present" % ("a" * 65)], ["a/b none abc present"], [good + " "], ["", good]):
            data = self.list_of(lines=lines)
            with self.assertRaises(Failure) as caught:
                self.upload(data)
            self.assertEqual((caught.exception.code, caught.exception.reason), ("INVALID_ARGUMENT", "INVALID_CENSUS_LIST"), lines)
        for data in (b"", b"jokbo/census/v1", b"jokbo/census/v2\n", self.list_of(lines=[good])[:-1]):
            with self.assertRaises(Failure) as caught:
                self.upload(data)
            self.assertEqual(caught.exception.reason, "INVALID_CENSUS_LIST")
        with self.assertRaises(Failure) as caught:
            self.registrar.upload("BLOB_KIND_HUB_RECORD", b"{}", sha256(b"{}"))
        self.assertEqual(list(caught.exception.fields), ["header.kind"])


class Order(Census):
    list_of, upload, request, ago = Completing.list_of, Completing.upload, Completing.request, Completing.ago

    def test_runs_in_their_order(self):
        """A run that began no later than the newest one is refused, also with another list or over other base models."""
        data, other = self.list_of(self.repository()), self.list_of(self.repository())
        self.upload(data)
        self.upload(other)
        newest = self.request(data, 1, start_time=self.ago(minutes=2))
        index = self.registrar.call(COMPLETE, **newest)["log_index"]
        for older in (self.request(data, 1, start_time=self.ago(minutes=3)), dict(newest, list_sha256=sha256(other)),
                      dict(newest, bases=[SKT], start_time=self.ago(minutes=4))):
            failure = self.refused("FAILED_PRECONDITION", "CENSUS_OLDER", COMPLETE, self.registrar, None, **older)
            self.assertEqual(failure.metadata["log_index"], index)
        self.registrar.call(COMPLETE, **self.request(other, 1, start_time=self.ago(minutes=1)))


class Quotas(Case):
    options = ("--writes-per-day", "3", "--publishers-per-account", "1", "--blob-bytes-per-day", "8192")

    def test_nothing_is_counted(self):
        registrar = person(self.admin, "registrar", ["registrar"])
        made = [Repository("org-%d/m%d" % (i % 3, i)) for i in range(30)]
        reply = registrar.call(RECORD, hub=HUB, steps=[r.new() for r in made])
        self.assertEqual(reply["entries"], 3 + 60)
        for _ in range(20):  # more than the writes without an entry that an account has
            self.assertEqual(registrar.call(RECORD, hub=HUB, steps=[r.new() for r in made[:2]], request_id=new_id())["entries"], 0)
        owner = person(self.admin, "owner")
        request = owner.call("Access.RequestPublisher", kind=CLAIM, publisher="org-0", evidence="a file there")
        self.admin.call("Access.DecidePublisherRequest", id=request["id"], approve=True, evidence="hub-file")
        for i in range(3):
            owner.call("Registry.RegisterDerivative", derivative=derivative("org-0/own%d" % i, SKT))
        text = b"a licence"
        registrar.upload("BLOB_KIND_LICENSE_TEXT", text, sha256(text))  # the records took nothing of the day's bytes
        self.restarted([r.record for r in made])

    def restarted(self, records):
        """What a server knows of the records it reads again: their bytes, and what an admin has withdrawn of them."""
        self.admin.call("Registry.WithdrawBlob", sha256=sha256(records[3]), reason="a person's name")
        self.server.stop()
        self.server.start()
        admin = self.server.client()
        self.addCleanup(admin.close)
        for record in records[:3] + records[4:]:
            with urllib.request.urlopen("http://%s/manifest/sha256/%s" % (self.server.http, sha256(record)), timeout=20) as page:
                self.assertEqual(page.read(), record)
        with self.assertRaises(Failure) as caught:
            admin.call("Registry.GetBlob", sha256=sha256(records[3]))
        self.assertEqual(caught.exception.reason, "BLOB_WITHDRAWN")


if __name__ == "__main__":
    unittest.main()
