"""A census, the whole way: a hub is read, what would be written is planned and written, and what changes there comes over in the next
run; nothing is written twice, whenever it is killed; and every difference between what the hub counts and what counts here is told."""
import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import hubmodels  # noqa: E402
from hub import Hub  # noqa: E402
from hubmodels import model, weighty  # noqa: E402
from jokbo import BUILD, GetMessageClass, ROOT, Server, derivative, grpc, person, pool_of_build  # noqa: E402
from served import Served  # noqa: E402

BASE = "skt/A.X-K1"
OTHER = "upstage/Solar-Open-100B"
LLAMA = "meta-llama/Llama-3.1-8B"
JOKBO = os.path.join(BUILD, "jokbo")
POLICIES = os.path.join(ROOT, "registry", "data", "policies")
HUB = "huggingface.co"


def family():
    """Base models and their descendants: direct ones, deeper ones, a merge of both, and one with a model from elsewhere."""
    return [hubmodels.base(BASE), hubmodels.base(OTHER), hubmodels.base(LLAMA),
            model("kim/law", BASE, "finetune", 1), model("kim/law-GGUF", "kim/law", "quantized", 2),
            model("lee/law-lora", "kim/law-GGUF", "adapter", 8), model("park/poems", BASE, "adapter", 7),
            model("choi/merged", ["kim/law", LLAMA], "merge", 14), model("choi/both", [BASE, OTHER], "merge", 21),
            model("jung/solar", OTHER, "finetune", 22)]


MADE = sorted(made["id"] for made in family()[3:])


class Entry(dict):
    """The lines of an entry as a dict; of its statement it has the model and the version."""

    def __init__(self, text):
        lines = [line.partition(" ")[::2] for line in text.split("\n")[1:] if line]
        super().__init__((key, value) for key, value in reversed(lines))


class Between(Served):
    """with Between(server) as registry: the server, seen through what a class beneath makes of its requests of RecordCensus."""

    def __init__(self, server):
        self.channel = grpc.insecure_channel(server.address)
        self.request = GetMessageClass(pool_of_build().FindMessageTypeByName("jokbo.v1.RecordCensusRequest"))

    def end(self):
        super().end()
        self.channel.close()

    def record(self, data, forward):
        """The reply to the request `data`, for which forward() asks the server."""
        return forward(data)

    def service(self, details):
        name = details.method.rpartition("/")[2]
        metadata = [row for row in details.invocation_metadata if row[0] == "authorization"]
        kind = {"ReadEntries": "unary_stream", "UploadBlob": "stream_unary"}.get(name, "unary_unary")
        forward = getattr(self.channel, kind)(details.method)

        def answer(asked, context):
            try:
                ask = lambda data: forward(data, metadata=metadata)  # noqa: E731
                reply = self.record(asked, ask) if name == "RecordCensus" else ask(asked)
                return iter(list(reply)) if kind == "unary_stream" else reply
            except grpc.RpcError as error:
                context.set_trailing_metadata([row for row in error.trailing_metadata() if row[0] == "grpc-status-details-bin"])
                context.abort(error.code(), error.details())
        return getattr(grpc, kind + "_rpc_method_handler")(answer)


class Spoiling(Between):
    """One repository's step comes with a version that is not its own."""

    def __init__(self, server, id):
        super().__init__(server)
        self.id = id

    def record(self, data, forward):
        request = self.request.FromString(data)
        for step in request.steps:
            if step.present.derivative.name == self.id:
                step.present.derivative.version = "hub-0"
        return forward(request.SerializeToString())


class Holding(Between):
    """Each batch waits before it is written until the next one comes, or for five seconds where none does."""
    THREADS = 8

    def __init__(self, server):
        super().__init__(server)
        self.change = threading.Condition()
        self.under_way, self.came, self.most, self.early = [], 0, 0, []

    def record(self, data, forward):
        steps = self.request.FromString(data).steps
        names = {step.present.derivative.name for step in steps}
        with self.change:
            self.came += 1
            came = self.came
            for step in steps:
                parents = {parent.registered.name.partition("@")[0] for parent in step.present.derivative.parents}
                self.early += [step.present.derivative.name for other in self.under_way if parents & other]
            self.under_way.append(names)
            self.most = max(self.most, len(self.under_way))
            self.change.notify_all()
            self.change.wait_for(lambda: self.came > came, timeout=5)
        try:
            return forward(data)
        finally:
            with self.change:
                self.under_way.remove(names)


class Overtaken(Between):
    """Every other batch waits before it is written for the next to come, five seconds at most, and then until that is written."""
    THREADS = 8

    def __init__(self, server):
        super().__init__(server)
        self.change = threading.Condition()
        self.came, self.written, self.overtaken = 0, 0, 0

    def record(self, data, forward):
        with self.change:
            self.came += 1
            came = self.came
            self.change.notify_all()
            if came % 2 == 1 and self.change.wait_for(lambda: self.came > came, timeout=5):
                self.overtaken += self.change.wait_for(lambda: self.written > came, timeout=120)
        reply = forward(data)
        with self.change:
            self.written = max(self.written, came)
            self.change.notify_all()
        return reply


class Census(unittest.TestCase):
    maxDiff = 6000

    OPTIONS = ()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="jokbo-census-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.server = Server(*self.OPTIONS)
        self.addCleanup(self.server.close)
        self.server.start().load_roster()
        self.client = self.server.client()
        self.addCleanup(self.client.close)
        self.runs = 0

    # ---- words ----

    def hub(self, models, **options):
        hub = Hub(models, **options)
        hub.start()
        self.addCleanup(hub.stop)
        return hub

    def jokbo(self, *arguments, code=0):
        done = self.server.jokbo(*arguments, timeout=240)
        self.assertEqual(done.returncode, code, " ".join(arguments) + "\n" + done.stdout + done.stderr)
        return done

    def json(self, *arguments, code=0):
        return json.loads(self.jokbo(*arguments, "--json", code=code).stdout)

    def csv(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.jokbo(*arguments, "--csv").stdout)))

    def read(self, source, *options):
        """A run; its folder."""
        self.runs += 1
        run = os.path.join(self.folder, "run-%d" % self.runs)
        self.jokbo("census", "read", source, "--out", run, "--base", BASE, "--base", OTHER, *options)
        return run

    def file(self, models):
        path = os.path.join(self.folder, "hub.jsonl")
        hubmodels.write(path, models)
        return path

    def apply(self, run, code=0):
        return self.json("census", "apply", run, code=code)

    def plan(self, run):
        """{id: (action, why)} of what is not unchanged."""
        plan = self.json("census", "plan", run)
        return {step["id"]: (step["action"], step["why"]) for step in plan["steps"]}

    def size(self):
        return int(self.client.call("Log.GetCheckpoint")["log_size"])

    def entries(self, start=0, *kinds):
        rows = self.jokbo("log", "entries", "--from", str(start), "--json").stdout.splitlines()
        found = [Entry(json.loads(row)["entry"]) for row in rows]
        return [entry for entry in found if not kinds or entry["kind"] in kinds]

    def models(self):
        """Names of everything that is registered but for the roster, and how many releases each has."""
        models = self.json("list", "--limit", "0")["models"]
        return {row["name"]: row["release_count"] for row in models if not row["base_facts"]}

    def show(self, name):
        return self.client.call("Registry.GetModel", name=name)

    def record_policy(self, name):
        self.jokbo("policy", "record", os.path.join(POLICIES, name + ".policy"))

    def counted(self, base, policy):
        """As of now: without a size, totals that are a moment old will do."""
        return int(self.json("count", base, "--policy", policy, "--as-of", str(self.size()))["counted"])


class Runs(Census):
    def test_a_fresh_registry_is_filled(self):
        hub, start = self.hub(family()), self.size()
        run = self.read(hub.url)
        plan = self.plan(run)
        self.assertEqual({id for id, (action, _) in plan.items() if action == "register"}, set(MADE))
        self.assertEqual(plan[BASE][0], "observe")
        self.assertEqual(plan[LLAMA], ("left alone", "no parents"))
        self.assertEqual(self.size(), start)  # nothing is written by a plan
        reply = self.apply(run)
        self.assertEqual((reply["written"]["register"], reply["refused"], reply["blocked"]), (len(MADE), [], 0))
        self.assertEqual(self.models(), {name: 1 for name in MADE})
        self.assertEqual(reply["entries"] + 1, self.size() - start)
        self.check_law()
        self.check_census(reply, run, start)
        publishers = self.json("publisher", "list", "--unclaimed", "--limit", "0")["publishers"]
        self.assertLessEqual({name.split("/")[0] for name in MADE}, {row["name"] for row in publishers})

    def check_law(self):
        law = self.show("kim/law-GGUF")["release"]
        sha = hubmodels.hex_of("sha", "kim/law-GGUF", 2)[:40]
        self.assertEqual((law["version"], law["relation"], law["artifact_sha256"], law["weights_sha256"]),
                         ("hub-" + sha[:12], "RELATION_QUANTIZED", "", ""))
        self.assertIn("kim/law@hub-", law["statement"] or self.client.call("Registry.GetRelease", name="kim/law-GGUF@" + law["version"])["statement"])
        seen = {entry["id"]: entry for entry in self.entries(0, "observe")}
        self.assertEqual((seen["kim/law-GGUF"]["state"], seen["kim/law-GGUF"]["revision"], seen["kim/law-GGUF"]["model"]),
                         ("present", sha, "kim/law-GGUF"))
        self.assertEqual(seen["kim/law-GGUF"]["identity"], hubmodels.hex_of("id", "kim/law-GGUF")[:24])
        record = self.blob(seen["kim/law-GGUF"]["record"])
        self.assertEqual(json.loads(record)["id"], "kim/law-GGUF")
        self.assertNotIn("downloads", json.loads(record))

    def blob(self, digest):
        with urllib.request.urlopen("http://%s/manifest/sha256/%s" % (self.server.http, digest.partition(":")[2]), timeout=20) as reply:
            bytes = reply.read()
        self.assertEqual("sha256:" + hashlib.sha256(bytes).hexdigest(), digest)
        return bytes.decode()

    def check_census(self, reply, run, start):
        """The last entry, and the list that it names: every line of the run, sorted."""
        entry = self.entries(start)[-1]
        self.assertEqual((entry["kind"], entry["hub"], entry["bases"]), ("census", HUB, BASE + " " + OTHER))
        self.assertEqual(int(reply["census"]["log_index"]), self.size() - 1)
        with open(os.path.join(run, "run.json"), encoding="utf-8") as f:
            told = json.load(f)
        self.assertEqual((entry["started"], int(entry["models"])), (told["started"], told["models"]))
        lines = self.blob(entry["list"]).splitlines()
        self.assertEqual((lines[0], lines[1:]), ("jokbo/census/v1", sorted(lines[1:])))
        self.assertEqual([line.split(" ")[0] for line in lines[1:]], sorted(made["id"] for made in family()))
        self.assertTrue(all(line.endswith(" present") for line in lines[1:]), lines)

    def test_the_same_again_writes_its_own_entry_alone(self):
        hub = self.hub(family())
        first = self.read(hub.url)
        self.apply(first)
        size = self.size()
        self.apply(first)  # the same run
        self.assertEqual(self.size(), size)
        for source, options in ((hub.url, ()), (self.file(hub.models.values()), ("--complete",))):
            start, asked = self.size(), len(hub.requests)
            reply = self.apply(self.read(source, *options))
            self.assertEqual([entry["kind"] for entry in self.entries(start)], ["census"])
            self.assertEqual((sum(reply["written"].values()), reply["entries"]), (0, 0))
            # Of what is as it was observed last, no details are asked for; base models are in no list.
            details = {request.path for request in hub.asked("blobs=true", asked)}
            self.assertEqual({path for path in details if not path.endswith((BASE, OTHER, LLAMA))}, set())

    def test_what_changes_there_comes_over(self):
        hub = self.hub(family())
        self.apply(self.read(hub.url))
        start = self.size()
        hub.add(model("new/one", "kim/law", "adapter", 28))  # whose card names the old name
        hub.rename("kim/law", "kim/law-7B")
        hub.rename("park/poems", "poets/poems")
        hub.remove("jung/solar")
        hub.edit("lee/law-lora", sha="c" * 40, cardData=dict(hub.models["lee/law-lora"]["cardData"], license="apache-2.0"))
        hub.edit("choi/both", likes=99)  # a commit that changes nothing that is released
        run = self.read(hub.url)
        plan = self.plan(run)
        self.assertEqual({id: action for id, (action, _) in plan.items() if id != LLAMA},
                         {"new/one": "register", "kim/law": "rename", "kim/law-7B": "observe", "park/poems": "transfer",
                          "poets/poems": "observe", "jung/solar": "absent", "lee/law-lora": "release", "choi/both": "observe"})
        self.assertEqual(plan["lee/law-lora"][1], "changed: licence")
        reply = self.apply(run)
        self.assertEqual(reply["refused"], [])
        self.check_changed(hub, start)
        start = self.size()
        self.apply(self.read(hub.url))
        self.assertEqual([entry["kind"] for entry in self.entries(start)], ["census"])
        hub.add(model("new/two", "kim/law", "adapter", 35))
        self.apply(self.read(hub.url))
        self.assertEqual([entry["kind"] for entry in self.entries(start)], ["census", "register", "observe", "census"])
        parents = [row["name"] for row in self.show("new/two")["release"]["parents"]]
        self.assertEqual(parents, ["kim/law-7B"])

    def check_changed(self, hub, start):
        names = {"kim/law-7B": 1, "poets/poems": 1, "lee/law-lora": 2, "new/one": 1}
        expected = dict({name: 1 for name in MADE if name not in ("kim/law", "park/poems")}, **names)
        self.assertEqual(self.models(), expected)
        self.assertEqual(self.show("kim/law")["name"], "kim/law-7B")  # the old name leads to it
        release = self.show("lee/law-lora")["release"]
        self.assertEqual((release["license"], release["version"]), ("Apache-2.0", "hub-" + hub.models["lee/law-lora"]["sha"][:12]))
        seen = [(entry["id"], entry["state"], entry["to"], entry["model"]) for entry in self.entries(start, "observe")]
        self.assertEqual(len(seen), len(set(seen)))
        for row in (("kim/law", "moved", "kim/law-7B", "kim/law"), ("kim/law-7B", "present", "none", "kim/law-7B"),
                    ("park/poems", "moved", "poets/poems", "park/poems"), ("jung/solar", "absent", "none", "jung/solar"),
                    ("choi/both", "present", "none", "choi/both"), ("new/one", "present", "none", "new/one")):
            self.assertIn(row, seen)
        self.assertEqual(sorted(entry["kind"] for entry in self.entries(start) if entry["kind"] != "observe"),
                         ["census", "publisher", "publisher", "register", "release", "rename", "transfer"])

    def test_one_base_model_knows_what_was_renamed(self):
        """A run over one base model alone looks for what is below it, whatever its name has become, and for nothing else."""
        hub = self.hub(family())
        self.apply(self.read(hub.url))
        self.client.call("Registry.TransferModel", name="choi/both", new_name="lee/both")
        hub.rename("kim/law", "kim/law-7B")
        self.apply(self.read(hub.url))
        hub.add(model("new/two", "kim/law", "adapter", 35))  # whose card names the old name
        for gone in ("park/poems", "choi/both", "jung/solar"):
            hub.remove(gone)
        run = os.path.join(self.folder, "alone")
        self.jokbo("census", "read", hub.url, "--out", run, "--base", BASE)
        plan = self.plan(run)
        self.assertEqual({id for id, (action, _) in plan.items() if action == "absent"}, {"park/poems", "choi/both"})
        self.assertEqual(plan["new/two"][0], "register")
        self.assertFalse({"jung/solar", OTHER} & set(plan))

    def test_a_name_that_cannot_follow_is_kept(self):
        """An earlier name is never given out again, and one that looks like a team's takes an admin; the hub has its way all the same."""
        hub = self.hub(family())
        self.apply(self.read(hub.url))
        for old, new, action, why in (("kim/law", "kim/law-7B", "rename", ""),
                                      ("kim/law-7B", "kim/law", "moved", "kim/law is an earlier name of this model"),
                                      ("kim/law", "5kt/law", "moved", "the publisher name 5kt looks like skt")):
            start = self.size()
            hub.rename(old, new)
            run = self.read(hub.url)
            planned = self.plan(run)
            self.assertEqual((planned[old][0], planned[new][0]), (action, "observe"))
            self.assertIn(why, planned[old][1])
            reply = self.apply(run)
            self.assertEqual(reply["refused"], [])
            self.assertIn("census", reply)
            seen = [(entry["id"], entry["state"]) for entry in self.entries(start, "observe")]
            self.assertEqual(seen, [(old, "moved"), (new, "present")])
            self.assertEqual(self.show("kim/law")["name"], "kim/law-7B")
            start = self.size()
            self.apply(self.read(hub.url))
            self.assertEqual([entry["kind"] for entry in self.entries(start)], ["census"])

    def test_an_older_run_is_refused(self):
        """After a newer one, whether that was complete or not, and however far it came."""
        hub = self.hub(family())
        first = self.read(hub.url)
        hub.remove("jung/solar")
        second = self.read(hub.url)
        self.apply(second)
        size = self.size()
        failure = self.json("census", "apply", first, code=4)["error"]
        self.assertEqual((failure["reason"], failure["metadata"]["log_index"]), ("CENSUS_OLDER", str(size - 1)))
        third = self.read(self.file(family()), "--complete")
        hub.edit("kim/law", likes=1)
        self.apply(self.read(self.file([hub.models["kim/law"]])))
        size = self.size()
        failure = self.json("census", "apply", third, code=4)["error"]
        self.assertEqual((failure["reason"], failure["metadata"]["log_index"]), ("CENSUS_OLDER", str(size - 1)))
        self.assertIn("has seen kim/law otherwise since: read the hub again", failure["message"])
        self.assertEqual(self.size(), size)

    def test_another_repository_under_an_old_name(self):
        hub = self.hub(family())
        self.apply(self.read(hub.url))
        other = dict(model("kim/law", BASE, "adapter", 35), _id="f" * 24)
        other["cardData"] = dict(other["cardData"], base_model_relation="cousin")
        hub.add(other)
        run = self.read(hub.url)
        notes = {step["action"]: step["notes"] for step in self.json("census", "plan", run)["steps"] if step["id"] == "kim/law"}
        self.assertEqual(notes["absent"], [])  # nothing was read of that one
        self.assertIn('base_model_relation "cousin"', notes["blocked"][0])
        action, why = self.plan(run)["kim/law"]
        self.assertEqual(action, "blocked")
        self.assertIn("another repository", why)
        self.assertIn("this one can be registered by hand under another name", why)
        self.apply(run)
        self.assertEqual(self.show("kim/law")["release"]["relation"], "RELATION_FINETUNE")
        registrar = person(self.client, "registrar", ["registrar"], scopes=["publish", "models"])
        self.addCleanup(registrar.close)
        registrar.call("Registry.RegisterDerivative", derivative=derivative("kim/law-2", BASE, relation="adapter"))
        self.assertEqual(self.show("kim/law-2")["release"]["relation"], "RELATION_ADAPTER")
        self.assertEqual(self.apply(self.read(hub.url))["refused"], [])

    def test_a_partial_run_takes_nothing_for_gone(self):
        self.apply(self.read(self.file(family()), "--complete"))
        start = self.size()
        reply = self.apply(self.read(self.file(family()[:5] + [model("new/one", BASE, "adapter", 28)])))
        self.assertIn("not complete", reply["incomplete"])
        self.assertNotIn("census", reply)
        self.assertEqual([entry["kind"] for entry in self.entries(start)], ["publisher", "register", "observe"])
        reply = self.apply(self.read(self.file(family()[:5] + [model("new/one", BASE, "adapter", 28)]), "--complete"))
        self.assertEqual(reply["written"]["absent"], 5)

    def test_whom_somebody_claimed_is_not_written_for(self):
        maker = person(self.client, "Kim", scopes=["publish", "models", "publishers"])
        self.addCleanup(maker.close)
        maker.call("Registry.CreatePublisher", name="kim")
        hub = self.hub(family())
        run = self.read(hub.url)
        plan = self.plan(run)
        self.assertEqual((plan["kim/law"][0], plan["kim/law-GGUF"][0]), ("blocked", "blocked"))
        self.assertIn("has not proven", plan["kim/law"][1])
        reply = self.apply(run)
        self.assertEqual((reply["blocked"], reply["refused"]), (2, []))
        self.assertNotIn("kim/law", self.models())
        # Its descendants are registered, if they lead to a base model by another way.
        self.assertNotIn("lee/law-lora", self.models())
        text = self.jokbo("census", "apply", run).stdout
        self.assertIn("2 models are blocked: jokbo census plan says why.", text)
        self.client.call("Registry.SetNamespace", organisation=HUB + "/kim", publisher="kim", evidence="dns")
        self.apply(self.read(hub.url))
        self.assertLessEqual({"kim/law", "kim/law-GGUF", "lee/law-lora"}, set(self.models()))

    def test_a_publisher_that_takes_approval_is_blocked(self):
        """The plan says so before anything is written; once it is approved and holds its namespace, its models are registered."""
        hub = self.hub(family() + [model("5kt/law", BASE, "finetune", 36), model("lee/below", "5kt/law", "quantized", 37)])
        run = self.read(hub.url)
        plan = self.plan(run)
        self.assertEqual((plan["5kt/law"][0], plan["lee/below"]), ("blocked", ("left alone", "no path to a base model")))
        self.assertIn("5kt looks like skt, a publisher on the roster: an admin has to approve it (jokbo publisher request 5kt)", plan["5kt/law"][1])
        reply = self.apply(run)
        self.assertEqual((reply["refused"], reply["blocked"], set(self.models())), ([], 1, set(MADE)))
        owner = person(self.client, "owner", scopes=["publish", "models", "publishers"])
        self.addCleanup(owner.close)
        request = owner.call("Access.RequestPublisher", kind="PUBLISHER_REQUEST_KIND_CREATE", publisher="5kt", evidence="a file there")
        self.client.call("Access.DecidePublisherRequest", id=request["id"], approve=True, evidence="hub-file")
        self.assertIn("has not proven", self.plan(run)["5kt/law"][1])
        self.client.call("Registry.SetNamespace", organisation=HUB + "/5kt", publisher="5kt", evidence="dns")
        self.assertEqual(self.apply(self.read(hub.url))["refused"], [])
        self.assertEqual(set(self.models()), set(MADE) | {"5kt/law", "lee/below"})

    def test_what_the_registry_refuses_does_not_hold_up_the_rest(self):
        """One repository's step is spoilt on its way, and those below it cannot be written without it."""
        run = self.read(self.hub(family()).url)
        with Spoiling(self.server, "kim/law") as registry:
            env = {"JOKBO_SERVER": registry.address}
            done = self.server.jokbo("census", "apply", run, "--json", env=env, timeout=240)
            self.assertEqual(done.returncode, self.refusal_code(), done.stderr)
            reply = json.loads(done.stdout)
            self.assertEqual(sorted(row["id"] for row in reply["refused"]), ["choi/merged", "kim/law", "kim/law-GGUF", "lee/law-lora"])
            self.assertEqual(set(self.models()), {"park/poems", "choi/both", "jung/solar"})
            self.assertIn("census", reply)  # what is gone is told all the same
            done = self.server.jokbo("census", "apply", run, env=env, timeout=240)
        self.assertIn("kim/law", done.stdout)
        self.assertIn("the registry refused 4 of the models", done.stderr)

    def test_batches_under_way_together(self):
        """Several at once, but none before what its models are made from is written."""
        above = ["lab/a-%d" % i for i in range(1500)]
        models = [hubmodels.base(BASE)] + [model(name, BASE, "finetune", i) for i, name in enumerate(above)] + [
            model("lab/merged-%d" % i, [above[i], above[-1 - i]], "merge", 2000 + i) for i in range(300)]
        run = self.read(self.file(models), "--complete")
        with Holding(self.server) as registry:
            done = self.server.jokbo("census", "apply", run, "--json", env={"JOKBO_SERVER": registry.address}, timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["written"]["register"], 1800)
        self.assertEqual(registry.early, [])
        self.assertGreater(registry.most, 1)
        self.assertGreater(registry.came, 3)

    def test_batches_that_overtake_each_other(self):
        """Which of two models with the same weights is the first, and who spells a new publisher, is as planned, whichever batch the
        server takes first; batches that have nothing in common may overtake each other."""
        names = ["lab-%d/a" % i for i in range(1600)] + ["LAB-1/b", "Lab-2/b"] + ["zed/copy-%d" % i for i in range(20)]
        seeds = list(range(1602)) + list(range(20))
        models = [hubmodels.base(BASE)] + [model(name, BASE, "finetune", seed) for name, seed in zip(names, seeds)]
        run, start = self.read(self.file(models), "--complete"), self.size()
        with Overtaken(self.server) as registry:
            done = self.server.jokbo("census", "apply", run, "--json", env={"JOKBO_SERVER": registry.address}, timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["written"]["register"], len(names))
        self.assertGreater(registry.overtaken, 0)
        order = [entry["model"] for entry in self.entries(start, "observe")]
        self.assertEqual(sorted(order), sorted(["skt/A.X-K1"] + names[:1600] + ["lab-1/b", "lab-2/b"] + names[1602:]))
        for i in range(20):
            self.assertLess(order.index("lab-%d/a" % i), order.index("zed/copy-%d" % i))

    @staticmethod
    def refusal_code():
        return 4

    def test_odd_objects_and_all_cards(self):
        """What has been seen on the Hub, in any shape, and the cards of tests/data: nothing that is planned is refused, and once is enough."""
        odd = [made for found in hubmodels.oddities(BASE).values() for made in found]
        objects = self.file(family() + odd + list(hubmodels.cards()))
        run = os.path.join(self.folder, "all")
        self.jokbo("census", "read", objects, "--out", run)
        plan = self.plan(run)
        self.assertGreater(sum(action == "register" for action, _ in plan.values()), 50)
        reply = self.apply(run)
        self.assertEqual(reply["refused"], [])
        start = self.size()
        self.jokbo("census", "read", objects, "--out", run + "-2")
        again = self.apply(run + "-2")
        self.assertEqual((again["entries"], self.size()), (0, start), again)
        self.assertEqual({id for id, (action, _) in self.plan(run + "-2").items() if action not in ("blocked", "left alone")}, set())
        rows = self.csv("census", "report", "--all", run)
        self.assertGreater(len(rows), 50)

    def test_what_is_doubtful_is_told(self):
        """What a card says that is passed over, before anything is written: all of it to programs, the first to people."""
        odd = model("odd/relation", BASE, "finetune", 43)
        odd["cardData"] = dict(odd["cardData"], base_model_relation="cousin", license_name="no such thing")
        run = self.read(self.file([hubmodels.base(BASE), odd, model("kim/law", BASE, "finetune", 1)]))
        steps = {step["id"]: step for step in self.json("census", "plan", run)["steps"]}
        notes = steps["odd/relation"]["notes"]
        self.assertEqual((steps["odd/relation"]["action"], steps["kim/law"]["notes"]), ("register", []))
        self.assertTrue([note for note in notes if 'base_model_relation "cousin" is none of finetune' in note], notes)
        self.assertEqual({row["id"]: row["notes"] for row in self.csv("census", "plan", run)},
                         {id: " ".join(step["notes"]) for id, step in steps.items()})
        row = next(row for row in self.jokbo("census", "plan", run).stdout.splitlines() if "odd/relation" in row)
        self.assertIn("note: " + notes[0][:40], row)

    def test_programs_get_everything(self):
        """Without --limit: a page is for people, and a program would take it for the whole."""
        run = self.read(self.file([hubmodels.base(BASE)] + list(hubmodels.generated(150, [BASE]))), "--complete")
        tables = [["plan", run], ["report", BASE, run]]
        for command in tables:
            rows = self.csv("census", *command)
            self.assertEqual(len(self.json("census", *command)["steps" if command[0] == "plan" else "models"]), len(rows))
            self.assertGreaterEqual(len(rows), 150)
            few = self.jokbo("census", *command, "--csv", "--limit", "7")
            self.assertEqual(len(few.stdout.splitlines()), 8)
            self.assertIn("7 of %d; --limit 0 shows all." % len(rows), few.stderr)
            self.assertIn("100 of %d; --limit 0 shows all." % len(rows), self.jokbo("census", *command).stderr)

    def test_most_of_it_gone(self):
        """A hub that lost most of what it had is more likely one with a fault: nothing is written before somebody says so."""
        many = [model("many/m-%02d" % n, BASE, "adapter", 100 + 7 * n) for n in range(12)]
        self.apply(self.read(self.file(family() + many), "--complete"))
        start, run = self.size(), self.read(self.file(many[9:] + family()[:2]), "--complete")
        self.assertIn("more than half. jokbo census apply asks for --many-absent", self.jokbo("census", "plan", run).stderr)
        failure = self.json("census", "apply", run, code=4)["error"]
        self.assertEqual((failure["reason"], self.size()), ("MANY_ABSENT", start))
        reply = self.json("census", "apply", run, "--many-absent")
        self.assertGreater(reply["written"]["absent"], 10)
        self.assertIn("census", reply)
        half = self.read(self.file(many[10:] + family()[:2]), "--complete")  # one of few
        self.assertEqual(self.jokbo("census", "plan", half).stderr, "")

    def test_faults_of_a_run(self):
        run = self.read(self.file(family()), "--complete")
        self.assertIn("run.json", self.jokbo("census", "plan", self.folder, code=9).stderr)
        begun = os.path.join(self.folder, "begun")
        os.mkdir(begun)
        with open(os.path.join(begun, "journal"), "w"):
            pass
        failure = self.json("census", "plan", begun, code=4)["error"]
        self.assertEqual(failure["reason"], "RUN_UNFINISHED")
        self.assertIn("--resume", failure["message"])
        done = self.jokbo("census", "report", "--all", run)
        self.assertRegex(done.stderr, r"Of these the run does not cover \d+ base models\.\n")
        with open(os.path.join(run, "models.jsonl"), "a", encoding="utf-8") as f:
            f.write('{"state":"gone"}\n')
        for command in (["plan"], ["apply"], ["report", "--all"]):
            failure = self.json("census", *command, run, code=4)["error"]
            self.assertIn("It is line %d." % (len(family()) + 1), failure["message"])
            self.assertEqual((failure["reason"], failure["metadata"]["line"]), ("INVALID_RUN", str(len(family()) + 1)))
        self.assertEqual(self.models(), {})
        for wrong in ([run], [BASE, run, "--all"], ["--team", "skt", "--all", run]):
            self.assertIn("give one of BASE", self.jokbo("census", "report", *wrong, code=2).stderr)


class EveryNight(Census):
    """The unit's own script, as systemd would run it: whatever became of one night, the next reads the hub."""

    def night(self, hub, code=0, **env):
        with open(os.path.join(ROOT, "registry", "docs", "jokbo-census.service"), encoding="utf-8") as f:
            unit = f.read().replace("\\\n", "")
        script = re.search(r"^ExecStart=/bin/sh -ec '(.+)'$", unit, re.M).group(1).replace("https://huggingface.co", hub.url)
        path = os.path.dirname(JOKBO) + os.pathsep + os.environ["PATH"]
        done = subprocess.run(["/bin/sh", "-ec", script], cwd=self.folder, capture_output=True, text=True, timeout=120,
                              env=dict(self.server.user_env(), PATH=path, CREDENTIALS_DIRECTORY=self.folder, **env))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def has(self, *parts):
        return os.path.exists(os.path.join(self.folder, *parts))

    def test_nights(self):
        with open(os.path.join(self.folder, "hub"), "w", encoding="utf-8") as f:
            f.write("a-token\n")
        hub = self.hub(family() + [model("5kt/law", BASE, "finetune", 36)])
        with Spoiling(self.server, "park/poems") as registry:  # the registry refuses one model
            self.night(hub, code=4, JOKBO_SERVER=registry.address)
            self.assertEqual((set(self.models()), self.has("run-last")), (set(MADE) - {"park/poems"}, False))
            hub.add(model("new/one", BASE, "adapter", 28))
            self.night(hub, code=4, JOKBO_SERVER=registry.address)
        self.assertTrue(self.has("run-last", "run.json"))
        self.assertIn("new/one", self.models())
        self.assertIn("1 model is blocked", self.night(hub).stdout)  # a name that looks like a team's waits for an admin
        self.assertEqual(set(self.models()), {*MADE, "new/one"})
        hub.remove("5kt/law")
        hub.add(*(model("many/m-%02d" % n, BASE, "adapter", 100 + n) for n in range(30)))
        hub.fail("many/", 502, times=10 ** 6)
        self.night(hub, code=8)
        self.assertTrue(self.has("run", "journal"))
        self.assertFalse(self.has("run", "run.json"))
        hub.faults.clear()
        self.assertIn("registered", self.night(hub).stdout)  # goes on with it
        self.assertIn("many/m-29", self.models())
        self.check_an_old_one(hub)

    def check_an_old_one(self, hub):
        """A reading that was cut off days ago says what is no longer so."""
        hub.add(model("new/two", BASE, "adapter", 29))
        journal = os.path.join(self.folder, "run", "journal")
        os.rename(os.path.join(self.folder, "run", "run.json"), journal)
        os.utime(journal, (time.time() - 2 * 86400,) * 2)
        self.night(hub)
        self.assertTrue(self.has("run-last", "journal"))
        self.assertIn("new/two", self.models())


class Gone(Census):
    """What the Hub shows no longer, over days, which a demo's clock makes pass."""
    OPTIONS = ("--demo",)

    def on(self, day, models):
        """A complete run on that day of December, begun then."""
        run = self.read(self.file(models), "--complete")
        self.jokbo("demo", "clock", "2026-12-%02dT09:00" % day)
        with open(os.path.join(run, "run.json"), encoding="utf-8") as f:
            told = json.load(f)
        with open(os.path.join(run, "run.json"), "w", encoding="utf-8") as f:
            json.dump(dict(told, started="2026-12-%02dT00:00:00.000000Z" % day), f)
        self.apply(run)
        return run

    def test_days_of_grace(self):
        self.record_policy("census")
        everything = family()
        others = [made for made in everything if made["id"] != "park/poems"]
        self.on(1, everything)
        counted = self.counted(BASE, "census")
        run = self.on(2, others)
        self.assertEqual(self.entries(0, "observe")[-1]["state"], "absent")
        self.assertEqual(self.counted(BASE, "census"), counted)
        self.assertEqual(self.difference(run), ("absent", "", "adapter"))
        self.on(8, others)
        self.assertEqual(self.counted(BASE, "census"), counted)
        run = self.on(10, others)
        self.assertEqual(self.counted(BASE, "census"), counted - 1)
        self.assertIsNone(self.difference(run))  # neither side has it now
        self.assertIn("gone", self.jokbo("explain", "park/poems", "--policy", "census").stdout)
        self.on(11, everything)
        self.assertEqual(self.counted(BASE, "census"), counted)

    def difference(self, run):
        rows = self.json("census", "report", BASE, run)["models"]
        found = [(row["difference"], row["hub"], row["here"]) for row in rows if row["model"] == "park/poems"]
        return found[0] if found else None


class Kills(Census):
    """An apply that is killed, wherever, and run again."""
    COUNT = 2500

    def test_apply_is_killed_and_resumed(self):
        models = [hubmodels.base(BASE)] + list(hubmodels.generated(self.COUNT, [BASE]))
        run = self.read(self.file(models), "--complete")
        start, killed = self.size(), 0
        for wanted in (0, 1, 300, 900, 1500, 2100):
            killed += self.kill_apply(run, start + wanted)
        self.assertGreater(killed, 3)
        reply = self.apply(run)
        self.assertEqual(reply["refused"], [])
        entries = self.entries(start)
        registered = [entry["model"] for entry in entries if entry["kind"] == "register"]
        seen = [entry["id"] for entry in entries if entry["kind"] == "observe"]
        made = [made["id"] for made in models[1:]]
        self.assertEqual(sorted(registered), sorted(made))
        self.assertEqual(sorted(seen), sorted(made + [BASE]))
        self.assertEqual([entry["kind"] for entry in entries].count("census"), 1)
        publishers = [entry["publisher"] for entry in entries if entry["kind"] == "publisher"]
        self.assertEqual(len(publishers), len(set(publishers)))
        self.assertEqual(entries[-1]["kind"], "census")
        self.assertEqual(self.apply(run)["entries"], 0)
        self.assertEqual(self.size(), start + len(entries))

    def kill_apply(self, run, size):
        """Begins it, and kills it once the log has that size; whether it was there to be killed."""
        process = subprocess.Popen([JOKBO, "census", "apply", run], env=self.server.user_env(), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        while self.size() < size and process.poll() is None:
            time.sleep(0.002)
        process.kill()
        return process.wait() < 0


class Reports(Census):
    def differ(self):
        """A hub on which every difference can be seen once."""
        def made(name, parents, relation="finetune", seed=1, card=None, tagged=None):
            found = model(name, parents, relation, seed, tagged=tagged)
            found["cardData"] = dict(found["cardData"], **(card or {}))
            return found
        copy = model("b/copy", BASE, "finetune", 8)
        copy["siblings"] = model("a/same", BASE, "finetune", 1)["siblings"]
        return [hubmodels.base(BASE), hubmodels.base(OTHER), made("a/same", BASE), copy,
                made("a/adapter", BASE, "adapter", 15, tagged="finetune", card={"base_model_relation": "adapter"}),
                made("a/deeper", BASE, "quantized", 22, card={"base_model": "a/same"}),
                made("a/foreign", BASE, seed=29, card={"base_model": "google/gemma-2-9b-it"}),
                made("a/other-base", BASE, seed=36, card={"base_model": OTHER}),
                made("a/gone", BASE, seed=43), made("kim/claimed", BASE, seed=50)]

    def test_every_difference_is_explained(self):
        self.record_policy("census")
        maker = person(self.client, "Kim", scopes=["publish", "models", "publishers"])
        self.addCleanup(maker.close)
        maker.call("Registry.CreatePublisher", name="kim")
        self.client.call("Registry.CreatePublisher", name="here")
        here = {"name": "here/only", "version": "1", "relation": "RELATION_FINETUNE", "license": "Apache-2.0",
                "parents": [{"registered": {"name": BASE}}]}
        self.client.call("Registry.RegisterDerivative", derivative=here)
        hub = self.hub(self.differ())
        self.apply(self.read(hub.url))
        hub.remove("a/gone")
        hub.add(model("new/unapplied", BASE, "finetune", 57))
        applied = self.read(hub.url)
        rows = self.differences(applied)
        expected = {"a/adapter": ("other-relation", "finetune", "adapter"), "b/copy": ("re-upload", "finetune", ""),
                    "a/deeper": ("parent-corrected", "quantized", "deeper"), "a/foreign": ("not-derived", "finetune", ""),
                    "a/other-base": ("not-derived", "finetune", ""), "a/gone": ("absent", "", "finetune"),
                    "kim/claimed": ("blocked", "finetune", ""), "here/only": ("only-here", "", "finetune"),
                    "new/unapplied": ("not-applied", "finetune", "")}
        self.assertEqual({name: row[:3] for name, row in rows.items()}, expected)
        for name, words in {"a/adapter": "finetune on the hub, adapter here", "b/copy": "the weights of a/same",
                            "a/deeper": "here made from a/same", "a/other-base": "here made from " + OTHER,
                            "a/foreign": "no path to a base model", "kim/claimed": "has not proven"}.items():
            self.assertIn(words, rows[name][3])
        self.check_sums(applied)
        self.check_table(applied)

    def differences(self, run):
        report = self.json("census", "report", BASE, run)
        self.assertEqual(report["policy"]["name"], "census")
        return {row["id"] or row["model"]: (row["difference"], row["hub"], row["here"], row["why"]) for row in report["models"]}

    def check_sums(self, run):
        """By the rows of the CSV: the same numbers as in the JSON, and as the registry counts."""
        report = self.json("census", "report", "--all", run)
        rows = self.csv("census", "report", "--all", run)
        for base in report["bases"]:
            own = [row for row in rows if row["base"] == base["base"]]
            for side in ("hub", "here"):
                self.assertEqual({place: sum(row[side] == place for row in own) for place in base[side]}, base[side])
            found = {}
            for row in own:
                models, effect = found.get(row["difference"], (0, 0))
                found[row["difference"]] = (models + 1, effect + bool(row["here"]) - bool(row["hub"]))
            self.assertEqual(found, {word: (d["models"], d["effect"]) for word, d in base["differences"].items()})
            self.assertEqual(sum(base["hub"].values()) + sum(d["effect"] for d in base["differences"].values()), sum(base["here"].values()))
            self.assertEqual(sum(base["here"].values()), self.counted(base["base"], "census"))
        skt = next(base for base in report["bases"] if base["base"] == BASE)
        self.assertEqual(skt["hub_counts"], sum(count for place, count in skt["hub"].items() if place != "deeper"))
        team = self.json("census", "report", "--team", "sk-telecom", run)["bases"]
        self.assertEqual([base["base"] for base in team], [BASE])

    def check_table(self, run):
        text = self.jokbo("census", "report", BASE, run, "--limit", "2")
        self.assertIn("Here counts what census@1 counts, at log size ", text.stdout)
        self.assertRegex(text.stdout, r"(?m)^re-upload +1 +-1 +its weights are those of another model$")
        self.assertRegex(text.stdout, r"(?m)^absent +1 +\+1 +the hub does not show it any more$")
        self.assertRegex(text.stderr, r"2 of 9; --limit 0 shows all")

    def test_a_second_run_knows_the_places_of_what_it_did_not_ask_for(self):
        self.record_policy("census")
        hub = self.hub(self.differ())
        first = self.read(hub.url)
        self.apply(first)
        second = self.read(hub.url)
        places = [{name: row[:3] for name, row in self.differences(run).items()} for run in (first, second)]
        self.assertEqual(places[0], places[1])
        self.assertEqual(len(places[0]), 5)
        self.check_sums(second)

    def test_a_model_below_two_base_models_is_one(self):
        self.record_policy("census")
        run = self.read(self.hub(family()).url)
        self.apply(run)
        rows = self.csv("census", "report", "--all", run)
        self.assertGreater(sum(row["id"] == "choi/both" for row in rows), 1)
        kinds = {row["difference"] for row in rows}
        text = self.jokbo("census", "report", "--all", run).stdout
        told = dict(re.findall(r"(?m)^([a-z-]+) +(\d+) +(?:[+-]\d+ +)?[a-z]", text.partition("difference ")[2].partition("\n\n")[0]))
        self.assertEqual(told, {kind: str(len({row["id"] for row in rows if row["difference"] == kind})) for kind in kinds})

    def test_a_card_that_names_another_parent_since(self):
        """It counts here and no longer there, before and after that is observed, and whether its record is read again or not; a model
        that the hub never showed below this base model is another matter."""
        self.record_policy("census")
        hub = self.hub(self.differ())
        self.apply(self.read(hub.url))
        foreign = model("a/same", "google/gemma-2-9b-it", "finetune", 1)
        hub.edit("a/same", sha="c" * 40, cardData=foreign["cardData"], tags=foreign["tags"])
        run = self.read(hub.url)
        self.assertEqual(self.plan(run)["a/same"][:2], ("observe", "it no longer leads to a base model; what was released stays"))
        for again in (run, run, self.read(self.file(hub.models.values()), "--complete")):
            self.assertEqual(self.differences(again)["a/same"], ("no-longer-below", "", "finetune", "here made from " + BASE))
            self.apply(again)
        self.check_sums(run)
        rows = self.json("census", "report", OTHER, self.read(hub.url))["models"]
        self.assertEqual([(row["id"], row["difference"]) for row in rows], [("a/other-base", "parent-corrected")])
        self.assertEqual(self.differences(self.read(hub.url))["a/same"][0], "no-longer-below")

    def test_what_counts(self):
        self.record_policy("census")
        self.record_policy("competition")
        hub = self.hub(family())
        self.apply(self.read(hub.url))
        self.assertEqual((self.counted(BASE, "competition"), self.counted(OTHER, "competition")), (0, 0))
        report = self.json("census", "report", "--all", self.read(hub.url))
        self.assertEqual({base["base"]: sum(base["here"].values()) for base in report["bases"]},
                         {base: self.counted(base, "census") for base in (BASE, OTHER)})
        left = [row["name"] for row in self.json("count", "--all", "--policy", "census", "--left-out", "--limit", "0")["derivatives"]]
        self.assertEqual(len(left) + int(self.json("count", "--all", "--policy", "census")["counted"]), len(MADE))
        self.growth()
        competing = self.json("census", "report", BASE, self.read(hub.url), "--policy", "competition")
        self.assertEqual(sum(competing["bases"][0]["here"].values()), 0)
        self.assertEqual(set(competing["bases"][0]["differences"]), {"left-out"})


    def growth(self):
        """All of it a census brought in, in one month; the hub's dates spread it."""
        told = self.json("count", "--all", "--by", "month", "--by", "hub-month")
        brought = {group["grouping"]: int(group["from_census"]) for group in told["groups"] if group["grouping"] == "month"}
        self.assertEqual(brought, {"month": int(told["counted"])})
        dated = [group for group in told["groups"] if group["grouping"] == "hub-month"]
        self.assertEqual(sum(int(group["count"]) for group in dated), int(told["counted"]))
        self.assertGreater(len(dated), 0)
        text = self.jokbo("count", "--all", "--by", "month", "--by", "hub-month").stdout
        self.assertRegex(text, r"month +counted +by a census")
        self.assertRegex(text, r"hub-month +counted\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
