"""Reading a hub: all descendants of the roster's models come from a test hub's API, whatever it does meanwhile, and from files. What is
asked and how often, what becomes of what was observed before, and that no fault of a hub ever makes a state."""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import hubmodels  # noqa: E402
import jokbo  # noqa: E402
from hub import Hub  # noqa: E402
from hubmodels import model  # noqa: E402
from observed import Registry, entry, registered  # noqa: E402

BASE = "skt/A.X-K1"
OTHER = "upstage/Solar-Open-100B"
JOKBO = os.path.join(jokbo.BUILD, "jokbo")
MEMORY_MAX = (200 << 20) * jokbo.SLOWER  # sanitizers take more of that, too


def family(count=30):
    """A base model, its descendants to some depth, and a merge with a model from elsewhere."""
    found = [hubmodels.base(BASE), model("b/one", BASE, "finetune", 1), model("b/one-GGUF", "b/one", "quantized", 2),
             model("c/two-lora", "b/one-GGUF", "adapter", 3), model("d/merged", ["b/one", "meta-llama/Llama-3.1-8B"], "merge", 4),
             hubmodels.base("meta-llama/Llama-3.1-8B")]
    return found + [model("many/m-%03d" % n, BASE, "adapter", n) for n in range(count)]


class CensusReadTest(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="jokbo-census-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.runs = 0
        self.registry = Registry([BASE])
        self.enterContext(self.registry)

    def enterContext(self, context):  # unittest has it from Python 3.11 on
        self.addCleanup(context.__exit__, None, None, None)
        return context.__enter__()

    def hub(self, models, **options):
        return self.enterContext(Hub(models, **options))

    def path(self, name):
        return os.path.join(self.folder, name)

    def command(self, source, out, options):
        sources = [source] if isinstance(source, str) else list(source)
        return [JOKBO, "census", "read"] + sources + ["--out", out, "--server", self.registry.address, "--json"] + list(options)

    def env(self):
        own = {k: v for k, v in os.environ.items() if not k.startswith(("JOKBO", "XDG_"))}
        return dict(own, HOME=self.folder, LC_ALL="C.UTF-8")

    def read(self, source, *options, out=None, code=0):
        """Runs the command; the reply as a dict. self.out is the folder, self.err what was said besides."""
        if out is None:
            self.runs += 1
            out = self.path("run-%d" % self.runs)
        self.out = out
        done = subprocess.run(self.command(source, out, options), env=self.env(), capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=120)
        self.err = done.stderr
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def lines(self, out=None):
        with open(os.path.join(out or self.out, "models.jsonl"), encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def bytes(self, name):
        with open(os.path.join(self.out, name), "rb") as f:
            return f.read()

    def states(self, out=None):
        """{id: state}; each id once."""
        found = {}
        for line in self.lines(out):
            id = json.loads(line["record"])["id"] if line["state"] == "present" else line["id"]
            self.assertNotIn(id, found)
            found[id] = line["state"]
        return found

    def line(self, id):
        return next(line for line in self.lines() if line.get("id") == id or json.loads(line.get("record", "{}")).get("id") == id)

    def run_json(self, out=None):
        with open(os.path.join(out or self.out, "run.json"), encoding="utf-8") as f:
            return json.load(f)

    def check_complete(self, reply, complete=True):
        self.assertEqual((reply["complete"], self.run_json()["complete"]), (complete, complete))
        self.assertEqual(os.path.exists(os.path.join(self.out, "journal")), not complete)

    # ---- all of them ----

    def test_every_page_to_any_depth(self):
        hub = self.hub(family(), page=7)
        reply = self.read(hub.url)
        self.check_complete(reply)
        self.assertEqual(self.states(), {name: "present" for name in hub.models})
        self.assertEqual(reply["models"], len(hub.models))
        lists = hub.asked("filter=base_model:" + BASE)
        self.assertEqual(len(lists), 5)  # 31 children
        self.assertTrue(all("full=true" in r.query for r in lists))
        self.assertEqual(hub.asked("filter=base_model:meta-llama"), [])  # what a card names is read, its other children are not
        details = hub.asked("blobs=true")
        self.assertEqual(len(details), len(hub.models))
        self.assertFalse([r for r in hub.requests if "expand" in r.query and ("blobs" in r.query or "full" in r.query)])
        ids = [json.loads(line["record"])["id"] for line in self.lines()]
        self.assertEqual(ids[0], BASE)  # breadth first: what something is made from is read before
        self.assertLess(ids.index("b/one"), ids.index("b/one-GGUF"))
        self.assertLess(ids.index("b/one-GGUF"), ids.index("c/two-lora"))
        run = self.run_json()
        self.assertEqual((run["hub"], run["bases"], run["models"]), ("huggingface.co", [BASE], len(hub.models)))
        self.assertEqual(run["children"], {BASE: 31})
        self.assertLess(run["started"], run["finished"])
        self.assertIn("The hub counts 31 models made directly from 1 base model", self.err)

    def test_what_a_line_says(self):
        hub = self.hub(family(0))
        self.read(hub.url)
        line = self.line("b/one-GGUF")
        record = json.loads(line["record"])
        self.assertEqual(set(record), {"_id", "id", "sha", "private", "gated", "disabled", "lastModified", "createdAt", "cardData", "tags",
                                       "siblings"})
        self.assertEqual(len(record["siblings"]), 12)
        self.assertEqual(record["siblings"][2]["lfs"]["size"], 4000000020)
        self.assertEqual(line["declared"], {"relation": "quantized", "relation_from": line["declared"]["relation_from"],
                                            "parents": ["b/one"], "parents_from": "card", "notes": []})
        self.assertEqual(line["hub_relation"], "quantized")
        self.assertEqual(self.line("d/merged")["declared"]["parents"], ["b/one", "meta-llama/Llama-3.1-8B"])
        self.assertEqual(self.line(BASE)["hub_relation"], "none")
        self.assertNotIn("downloads", line["record"])

    def test_cycles_and_itself(self):
        hub = self.hub([hubmodels.base(BASE), model("a/x", [BASE, "a/y"]), model("a/y", ["a/x"]), model("a/z", [BASE, "a/z"]),
                        model("a/deleted", [BASE, "gone/parent"])])
        reply = self.read(hub.url)
        self.check_complete(reply)
        self.assertEqual(self.states(), {BASE: "present", "a/x": "present", "a/y": "present", "a/z": "present", "a/deleted": "present",
                                         "gone/parent": "absent"})

    def test_oddities(self):
        """Whatever the Hub has had in its records is read, or told by its name."""
        odd = [made for several in hubmodels.oddities(BASE).values() for made in several]
        named = {made["id"]: made for made in odd if isinstance(made.get("id"), str)}
        hub = self.hub([hubmodels.base(BASE)] + list(named.values()) + list(hubmodels.cards()))
        reply = self.read(hub.url)
        self.check_complete(reply)
        states = self.states()
        listed = {name for name in hub.models if BASE in self.bases_by_tags(hub, name)}
        self.assertGreater(len(listed), 35)
        for name in listed - {"odd/bad--name", "gpt2"}:
            self.assertEqual(states.get(name), "present", name)
        self.assertNotIn("odd/bad--name", states)
        self.assertEqual(reply["refused"], 2)  # a name with "--", and one without "/"
        self.assertIn("The lists have 2 objects of no model's name: \"gpt2\", \"odd/bad--name\"\n", self.err)
        self.assertEqual(json.loads(self.line("odd/no-identity")["record"]).get("_id"), None)

    @staticmethod
    def bases_by_tags(hub, name):
        import hub as module
        return module.base_tags(hub.models[name])

    def test_very_many_files(self):
        """100,000 files: bounded memory; one more is refused by its name, and the run is complete nevertheless."""
        hub = self.hub([hubmodels.base(BASE), hubmodels.many_files(BASE)])
        process = subprocess.Popen(self.command(hub.url, self.path("many"), []), env=self.env(), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertLess(used.ru_maxrss * 1024, MEMORY_MAX)
        self.assertEqual(self.states(self.path("many")), {BASE: "present", "odd/very-many-files": "present"})
        hub.edit("odd/very-many-files", siblings=hub.models["odd/very-many-files"]["siblings"] + [hubmodels.plain("one-more", 1)])
        reply = self.read(hub.url)
        self.check_complete(reply)
        line = self.line("odd/very-many-files")
        made = hub.models["odd/very-many-files"]
        self.assertEqual(line, {"state": "unreadable", "id": "odd/very-many-files", "identity": made["_id"], "revision": made["sha"],
                                "tags": json.dumps([t for t in made["tags"] if t.startswith("base_model:")], separators=(",", ":")),
                                "why": "it lists 100001 files; at most 100,000 are allowed"})
        self.assertEqual((reply["unreadable"], reply["unknown"]), (1, 0))
        self.assertIn("1 model cannot be read, however often the hub is asked: odd/very-many-files (it lists 100001 files", self.err)

    def test_a_record_that_is_too_large(self):
        """The answer is larger than 64 MiB: that the model is there says one without its files, if it says so."""
        for there in (True, False):
            hub = self.hub(family(2))
            hub.fail("/api/models/many/m-001?blobs", ("bulk", 65 << 20), times=100)
            if not there:
                hub.fail("/api/models/many/m-001?expand", 500, times=100)
            self.check_complete(self.read(hub.url), there)
            line = self.line("many/m-001")
            self.assertEqual(line["state"], "unreadable" if there else "unknown")
            self.assertIn("larger than 64 MiB", line["why"])

    def test_what_the_hub_refuses_to_show(self):
        """403 and 451 about one model, twice: it is named, is no reason for the run to stay incomplete, and is not gone."""
        for answer in (403, 451):
            hub = self.hub(family(2))
            self.registry.log = [entry("present", "gone/disabled", "51", "%040x" % 1)]
            hub.fail("/api/models/many/m-001?blobs", answer, times=10 ** 6)
            hub.fail("/api/models/gone/disabled", answer, times=10 ** 6)
            self.check_complete(self.read(hub.url))
            line, made = self.line("many/m-001"), hub.models["many/m-001"]
            self.assertEqual((line["state"], line["identity"], line["revision"]), ("unreadable", made["_id"], made["sha"]))
            self.assertIn("base_model:adapter:" + BASE, json.loads(line["tags"]))
            self.assertIn("the hub answers %d: " % answer, line["why"])
            self.assertEqual((self.line("gone/disabled")["state"], self.line("gone/disabled")["identity"]), ("unreadable", "51"))
            asked = hub.asked("/api/models/many/m-001?blobs")
            self.assertEqual(len(asked), 2)
            self.assertGreaterEqual(asked[1].at - asked[0].at, 0.99)
            self.assertIn("2 models cannot be read, however often the hub is asked: ", self.err)

    def test_one_refusal_is_none(self):
        hub = self.hub(family(2))
        hub.fail("/api/models/many/m-001?blobs", 403)
        self.check_complete(self.read(hub.url))
        self.assertEqual(self.states(), {name: "present" for name in hub.models})

    def test_a_page_that_is_too_large(self):
        """Asked for without what nobody reads, and then in smaller pages; an object that is too large by itself is passed over, and told."""
        hub = self.hub(family(30))
        hub.bulk = {"many/m-003": (70 << 20, 0)}
        self.check_complete(self.read(hub.url))
        self.assertEqual(self.states(), {name: "present" for name in hub.models})
        lists = hub.asked("filter=base_model:%s&" % BASE)
        self.assertEqual(["full" in r.query for r in lists], [True, False])
        self.assertEqual(lists[1].query, "filter=base_model:%s&" % BASE + "&".join(
            "expand[]=" + field for field in ("sha", "lastModified", "tags", "gated", "private", "disabled")))
        self.registry.apply(self.out)
        before = len(hub.requests)
        self.check_complete(self.read(hub.url))
        self.assertEqual([r for r in hub.asked("blobs=true", before) if "/many/" in r.path], [])  # the shorter list tells as well what has changed
        hub.bulk = {"many/m-002": (33 << 20, 0), "many/m-003": (0, 31 << 20), "many/m-004": (0, 31 << 20), "many/m-005": (0, 31 << 20),
                    "many/m-020": (70 << 20, 70 << 20), "many/m-021": (33 << 20, 33 << 20)}
        self.registry.log = []
        reply = self.read(hub.url)
        self.check_complete(reply)
        self.assertEqual(self.states(), {name: "present" for name in hub.models if name not in ("many/m-020", "many/m-021")})
        self.assertEqual(reply["refused"], 2)
        self.assertIn('The lists have 2 objects of no model\'s name: "(larger than 32 MiB)"', self.err)
        limits = {re.search(r"limit=(\d+)", r.query).group(1) for r in hub.asked("limit=")}
        self.assertEqual(limits, {"100", "10", "1"})

    def test_objects_of_no_model_count_once(self):
        """However often their list is read: begun again for a page that is too large, or because a model is in doubt."""
        nameless = dict(model("odd/m", BASE), id="gpt2")
        hub = self.hub(family(3) + [nameless], page=2)
        hub.bulk = {"many/m-002": (70 << 20, 0)}
        self.assertEqual(self.read(hub.url)["refused"], 1)
        self.assertIn('The lists have 1 object of no model\'s name: "gpt2"\n', self.err)
        self.assertEqual(len([r for r in hub.asked("filter=base_model:%s&" % BASE) if "cursor" not in r.query]), 2)
        hub.bulk = {}
        before = len(hub.requests)
        hub.fail("/api/models/many/m-001?blobs", 404)
        self.assertEqual(self.read(hub.url)["refused"], 1)
        self.assertEqual(len([r for r in hub.asked("filter=base_model:%s&" % BASE, before) if "cursor" not in r.query]), 2)

    # ---- headers of weights ----

    WHOLE = {"model.layers.%d.mlp.up_proj.weight" % n: ("BF16", 2, (64, 32)) for n in range(4)}
    LORA = {"base_model.model.model.layers.0.q_proj.lora_%s.weight" % side: ("F32", 4, (8, 64)) for side in "AB"}
    GPTQ = {"model.layers.0.q_proj." + part: ("I32", 4, (8, 64)) for part in ("qweight", "qzeros")}

    def with_weights(self, hub, name, tensors, **changed):
        """A finetune by all that its record says, with one file of these tensors."""
        head, data = tensors if isinstance(tensors, tuple) else hubmodels.safetensors(tensors)
        made = model(name, BASE, "finetune", 1, tagged="")
        made["cardData"].pop("base_model_relation", None)
        made["siblings"] = [hubmodels.plain("README.md", 5), hubmodels.weighty("model.safetensors", len(head) + data, 1)]
        made.update(changed)
        hub.add(made)
        (hub.cdn or hub).files[name + "/model.safetensors"] = [head, data]

    def test_headers(self):
        """What the tensors are, from wherever the hub keeps the files; the token goes to the hub alone."""
        cdn, hub = self.hub([]), self.hub([hubmodels.base(BASE)])
        hub.cdn, hub.tokens = cdn, {"hf_secret"}
        for name, tensors in (("w/whole", self.WHOLE), ("w/lora", self.LORA), ("w/gptq", self.GPTQ)):
            self.with_weights(hub, name, tensors)
        self.with_weights(hub, "w/declared", self.GPTQ, cardData={"base_model": BASE, "base_model_relation": "finetune"})
        hub.add(model("w/gguf", BASE, "quantized", 5))
        token = self.path("token")
        with open(token, "w", encoding="utf-8") as f:
            f.write("hf_secret\n")
        os.chmod(token, 0o600)
        self.check_complete(self.read(hub.url, "--headers", "--hub-token-file", token))
        self.assertIn("and as many at most for the heads of weight files", self.err)
        said = {name: self.line("w/" + name)["declared"] for name in ("whole", "lora", "gptq", "declared")}
        self.assertEqual({name: (each["relation"], each["relation_from"]) for name, each in said.items()},
                         {"whole": ("finetune", "full weights"), "lora": ("adapter", "an adapter's tensors"),
                          "gptq": ("quantized", "packed tensors"), "declared": ("finetune", "declared")})
        self.assertIn("quantized (packed tensors)", said["declared"]["notes"][0])
        self.assertEqual(self.line("w/whole")["header"], {"file": "model.safetensors", "tensors": 4, "parameters": 8192, "types": "BF16"})
        self.assertEqual(self.line("w/lora")["header"]["types"], "F32")
        self.assertNotIn("header", self.line("w/gguf"))
        self.assertEqual({r.token for r in hub.requests}, {"hf_secret"})
        self.assertEqual({(r.token, r.status) for r in cdn.asked("/w/")}, {(None, 206)})
        self.assertEqual(hub.asked("/w/lora/resolve/")[0].path, "/w/lora/resolve/%s/model.safetensors" % hub.models["w/lora"]["sha"])
        # Nothing is asked for again that has not changed, and nothing without the option.
        self.registry.apply(self.out)
        before = len(hub.requests)
        self.read(hub.url, "--headers", "--hub-token-file", token)
        self.assertEqual(hub.asked("/w/", before), [r for r in hub.asked("/w/", before) if "/resolve/" not in r.path])
        hub.edit("w/lora")
        self.read(hub.url, "--headers", "--hub-token-file", token)
        self.assertEqual([r.path for r in hub.asked("/resolve/", before)][1:], [])
        self.assertIn("/w/lora/resolve/%s/" % hub.models["w/lora"]["sha"], hub.asked("/resolve/", before)[0].path)
        self.registry.log = []
        before = len(hub.requests)
        self.read(hub.url, "--hub-token-file", token)
        self.assertEqual(hub.asked("/resolve/", before), [])
        self.assertEqual(self.line("w/lora")["declared"]["relation"], "finetune")

    def test_headers_that_cannot_be_had(self):
        """Each is told by its name, and the model is read as without."""
        large = {"model.layers.%d.%s" % (n, "x" * 60): ("BF16", 2, (1,)) for n in range(2500)}
        some = {"model.layers.%d.%s" % (n, "x" * 60): ("BF16", 2, (1,)) for n in range(1200)}
        hub = self.hub([hubmodels.base(BASE)])
        self.with_weights(hub, "w/large", large)
        self.with_weights(hub, "w/second-request", some)
        self.with_weights(hub, "w/no-safetensors", (b"<html>no weights here</html>", 0))
        self.with_weights(hub, "w/beyond", ((10 ** 6).to_bytes(8, "little") + b"{}", 0))
        self.with_weights(hub, "w/cut", self.WHOLE)
        hub.files["w/cut/model.safetensors"] = [hub.files["w/cut/model.safetensors"][0][:100]]
        self.with_weights(hub, "w/hole", ((16).to_bytes(8, "little") + b"{}" + b" " * 14, 7))
        for status in (401, 403, 404, 416, 451):
            self.with_weights(hub, "w/status-%d" % status, self.WHOLE)
            hub.fail("/w/status-%d/resolve/" % status, status, times=10 ** 6)
        self.check_complete(self.read(hub.url, "--headers"))
        why = {line["header"]["file"] + " " + name: line["header"].get("why") for name in hub.models if name != BASE
               for line in [self.line(name)]}
        self.assertEqual({name.split("/")[1]: text for name, text in why.items()}, {
            "large": "has a header of %d bytes; at most 262144 are read" % len(hub.files["w/large/model.safetensors"][0]),
            "second-request": None, "no-safetensors": "is no safetensors file: a header of 8029423821061908540 bytes; at most 100,000,000",
            "beyond": "is no safetensors file: a header of 1000000 bytes, which end beyond the file", "cut": "ends before its header does",
            "hole": "is no safetensors file: at byte 24, bytes after the last tensor",
            **{"status-%d" % status: "was answered with %d" % status for status in (401, 403, 404, 416, 451)}})
        self.assertEqual(self.line("w/second-request")["header"]["tensors"], 1200)
        self.assertEqual(len(hub.asked("/w/second-request/resolve/")), 2)
        self.assertEqual({self.line(name)["declared"]["relation"] for name in hub.models if name != BASE}, {"finetune"})

    def test_a_hub_without_ranges(self):
        """It sends all of a large file, of which no more is taken than the head."""
        hub = self.hub([hubmodels.base(BASE)])
        hub.ranges = False
        self.with_weights(hub, "w/large", {"model.embed_tokens.weight": ("BF16", 2, (1 << 20, 512))})
        self.check_complete(self.read(hub.url, "--headers"))
        self.assertEqual(self.line("w/large")["header"]["parameters"], 512 << 20)
        self.assertLess(hub.sent, 64 << 20)  # of a GiB; what lies in buffers of the system is sent

    def test_a_fault_at_a_header_is_no_state(self):
        """A model that is read without its header would be another one: it is asked for again by --resume."""
        hub = self.hub([hubmodels.base(BASE)])
        self.with_weights(hub, "w/lora", self.LORA)
        hub.fail("/w/lora/resolve/", 500, times=2)
        self.check_complete(self.read(hub.url, "--headers"))
        self.assertEqual(self.line("w/lora")["declared"]["relation"], "adapter")
        for fault in (500, "drop", "cut"):
            hub.fail("/w/lora/resolve/", fault, times=100)
            self.check_complete(self.read(hub.url, "--headers"), False)
            self.assertEqual(self.states()["w/lora"], "unknown")
            hub.faults.clear()
            self.check_complete(self.read(hub.url, "--headers", "--resume", out=self.out))
            self.assertEqual(self.line("w/lora")["declared"]["relation"], "adapter")

    def test_where_the_large_files_are_fails(self):
        """The API goes on answering: four heads that fail one after the other end the reading, three and one do not."""
        cdn, hub = self.hub([]), self.hub([hubmodels.base(BASE)])
        hub.cdn = cdn
        names = ["w/m-%d" % n for n in range(10)]
        for name in names:
            self.with_weights(hub, name, self.LORA)
        cdn.fail("", 500, times=3 * 5)
        cdn.fail("", 500, times=10 ** 6, after=1)
        error = self.read(hub.url, "--headers", code=8)["error"]
        self.assertEqual(error["reason"], "HUB_FAILED")
        self.assertIn("failed 4 times one after the other: %s/blob/w/m-7/" % cdn.url, error["message"])
        self.assertEqual([name for name in names if cdn.asked("/blob/%s/" % name)], names[:8])
        self.assertEqual({name for name, state in self.states().items() if state == "present"}, {BASE, "w/m-3"})
        cdn.faults.clear()
        self.check_complete(self.read(hub.url, "--headers", "--resume", out=self.out))
        self.assertEqual({self.line(name)["declared"]["relation"] for name in names}, {"adapter"})

    def test_a_token_that_others_can_read(self):
        """Told once, with heads as without."""
        hub = self.hub([hubmodels.base(BASE)])
        token = self.path("token")
        with open(token, "w", encoding="utf-8") as f:
            f.write("hf_secret\n")
        os.chmod(token, 0o644)
        for options in ((), ("--headers",)):
            self.read(hub.url, "--hub-token-file", token, *options)
            self.assertEqual(self.err.count("others on this machine can read " + token), 1)

    def test_headers_lead_nowhere_else(self):
        """A redirect to no URL that may be followed, and one in a circle."""
        for to, why in (("ftp://127.0.0.1/x", "was answered with 302"), ("http://hub.example.org/x", "was answered with 302"),
                        ("/w/lora/resolve/%s/model.safetensors", "is redirected again and again")):
            hub = self.hub([hubmodels.base(BASE)])
            self.with_weights(hub, "w/lora", self.LORA)
            hub.fail("/w/lora/resolve/", (302, to % hub.models["w/lora"]["sha"] if "%s" in to else to, "Location"), times=10 ** 6)
            self.check_complete(self.read(hub.url, "--headers"))
            self.assertEqual(self.line("w/lora")["header"], {"file": "model.safetensors", "why": why})

    # ---- the hub's limits and faults ----

    def gaps(self, requests):
        return [b.at - a.at for a, b in zip(requests, requests[1:])]

    def test_429_is_obeyed(self):
        hub = self.hub(family(3))
        hub.fail("/api/models/many/m-001", (429, 1))
        hub.fail("/api/models/many/m-002", (429, 1, "Retry-After"), times=2)
        self.check_complete(self.read(hub.url))
        self.assertEqual(set(self.states().values()), {"present"})
        for at, request in enumerate(hub.requests[:-1]):
            if request.status == 429:
                self.assertGreaterEqual(hub.requests[at + 1].at - request.at, 0.99)
        self.assertEqual([r.status for r in hub.asked("/m-002?blobs")], [429, 429, 200])

    def test_no_request_beyond_the_limit(self):
        """The hub says how many are left: none is sent that it would have to refuse."""
        hub = self.hub(family(3), quota=(8, 1))
        self.read(hub.url)
        self.assertEqual([r for r in hub.requests if r.status == 429], [])
        self.assertGreater(len(hub.requests), 16)
        self.assertGreater(max(self.gaps(hub.requests)), 0.3)
        self.assertRegex(self.err, r"That takes about \d+ requests, and with the hub's limit of 8 in 1 s about \d+ s\.")

    def test_faults_are_tried_again(self):
        hub = self.hub(family(6), page=3)
        hub.fail("/api/models/many/m-001", 500, times=2)
        hub.fail("/api/models/many/m-002", "cut")
        hub.fail("/api/models/many/m-003", "drop", times=2)
        hub.fail("cursor=3", 503)
        hub.fail("cursor=6", "cut")
        self.check_complete(self.read(hub.url))
        self.assertEqual(self.states(), {name: "present" for name in hub.models})

    def test_objects_of_no_model_are_counted_on(self):
        """By --resume, which does not read their list again."""
        hub = self.hub(family(3) + [dict(model("odd/m", BASE), id="gpt2")])
        hub.fail("/api/models/many/m-001?blobs", 500, times=100)
        self.assertEqual(self.read(hub.url)["refused"], 1)
        hub.faults.clear()
        before = len(hub.requests)
        reply = self.read(hub.url, "--resume", out=self.out)
        self.check_complete(reply)
        self.assertEqual(hub.asked("filter=base_model:%s&" % BASE, before), [])
        self.assertEqual(reply["refused"], 1)

    def test_a_fault_is_no_state(self):
        """One model cannot be read: it is unknown, whatever the fault, and the run is not complete until --resume finds it out."""
        for fault in (500, "drop", b"<html>busy</html>", 400, b"", b"{}", b'{"id": "many/m-001"}', b"null"):
            hub = self.hub(family(2))
            hub.fail("/api/models/many/m-001?blobs", fault, times=100)
            self.check_complete(self.read(hub.url), False)
            self.assertEqual(self.states(), dict({name: "present" for name in hub.models}, **{"many/m-001": "unknown"}))
            self.assertTrue(self.line("many/m-001")["why"])
            self.assertIn("1 model could not be found out: the same command with --resume", self.err)
            hub.faults.clear()
            before = len(hub.requests)
            self.check_complete(self.read(hub.url, "--resume", out=self.out))
            self.assertEqual(self.states(), {name: "present" for name in hub.models})
            self.assertEqual(len(hub.asked("blobs=true", before)), 1)

    def test_a_list_has_what_the_hub_has_not(self):
        """One 404 about a model that a list has just shown is asked about again, and is a state only if the list agrees by then."""
        for times, state in ((1, "present"), (10 ** 6, "unknown")):
            for answer in (404, 401):
                hub = self.hub(family(3))
                hub.fail("/api/models/many/m-001?blobs", answer, times=times)
                self.check_complete(self.read(hub.url), state == "present")
                self.assertEqual(self.states()["many/m-001"], state)
                asked = hub.asked("/api/models/many/m-001?blobs")
                self.assertEqual(len(asked), 2)
                self.assertGreaterEqual(asked[1].at - asked[0].at, 0.99)
                self.assertEqual(len(hub.asked("filter=base_model:%s&" % BASE)), 2)
        self.read(hub.url, "--resume", out=self.out)
        self.assertEqual(self.states()["many/m-001"], "unknown")  # however often: the list has it
        hub.remove("many/m-001")
        self.check_complete(self.read(hub.url, "--resume", out=self.out))
        self.assertEqual(self.states()["many/m-001"], "absent")

    def test_a_list_that_is_behind(self):
        """The hub says itself that there is no such repository, twice, with a pause between, while its list goes on showing it: it
        is gone, and the run is complete, this night and the next. A 401 says that of what is private, too, and another's 404 nothing."""
        for answer, state in (((404, "RepoNotFound", "X-Error-Code"), "absent"), ((401, "RepoNotFound", "X-Error-Code"), "unknown"),
                              ((404, "EntryNotFound", "X-Error-Code"), "unknown"), ((500, "RepoNotFound", "X-Error-Code"), "unknown")):
            hub = self.hub(family(3))
            hub.fail("/api/models/many/m-001?blobs", answer, times=10 ** 6)
            self.check_complete(self.read(hub.url), state == "absent")
            self.assertEqual(self.states(), {name: "present" if name != "many/m-001" else state for name in hub.models})
            asked = hub.asked("/api/models/many/m-001?blobs")
            self.assertGreaterEqual(len(asked), 2)
            self.assertGreaterEqual(asked[-1].at - asked[0].at, 0.99)
        self.registry.log = [entry("absent", "many/m-001", self.hub(family(3)).models["many/m-001"]["_id"])]
        hub = self.hub(family(3))
        hub.fail("/api/models/many/m-001?blobs", (404, "RepoNotFound", "X-Error-Code"), times=10 ** 6)
        self.check_complete(self.read(hub.url))
        self.assertEqual(self.states()["many/m-001"], "absent")

    def test_a_model_that_goes_meanwhile(self):
        """The list had it, and has it no more when it is read again."""
        hub = self.hub(family(3))
        hub.fail("/api/models/many/m-001?blobs", 404, times=10 ** 6)
        hub.listed_once.add("many/m-001")
        self.check_complete(self.read(hub.url))
        self.assertEqual(self.states()["many/m-001"], "absent")

    def test_a_list_that_is_shorter_than_the_hub_says(self):
        """That is told with both numbers; the hub's own may be old, or count what it shows to nobody."""
        hub = self.hub(family(6), page=4)
        hub.uncounted = 3
        self.check_complete(self.read(hub.url))
        self.assertIn("%s: the hub counts 10 models made from it, and its list ended after 7." % BASE, self.err)
        hub.uncounted = 0
        self.read(hub.url)
        self.assertNotIn("its list ended after", self.err)

    def test_lists_without_end(self):
        """The same page again, in a circle of any length, or ever more of them: each ends, and the run is not complete."""
        for circle in (1, 3, 10 ** 6):
            hub = self.hub(family(4), page=2)
            hub.circle = circle
            self.check_complete(self.read(hub.url), False)
            self.assertIn(": the list goes round in circles, or has far more pages than models", self.err)
            self.assertLess(len(hub.asked("filter=base_model:%s&" % BASE)), 110)
            hub.circle = 0
            self.check_complete(self.read(hub.url, "--resume", out=self.out))

    def test_429_without_end(self):
        """A hub that says each time that it will answer at once, and never does: a second between the tries, and an end."""
        hub = self.hub(family(2))
        hub.fail("/api/models/b/one?", (429, 0, "Retry-After"), times=10 ** 6)
        reply = self.read(hub.url, code=8)
        self.assertEqual(reply["error"]["reason"], "HUB_FAILED")
        self.assertIn("429", reply["error"]["message"])
        self.assertIn("the hub refuses requests though it was waited for", self.err)
        self.assertIn("try 12 of 12", self.err)
        refused = hub.asked("/api/models/b/one?")
        self.assertEqual(len(refused), 12)
        self.assertGreaterEqual(min(self.gaps(refused)), 0.99)
        hub.faults.clear()
        self.check_complete(self.read(hub.url, "--resume", out=self.out))

    def test_a_list_that_fails(self):
        """Its children are missing, so the run is not complete; --resume asks for that list alone."""
        for fault in (500, b"[{\"id\": \"b/x\"}", b"[{\"id\": tru}]", b"{}", 404):
            hub = self.hub(family(2))
            hub.fail("filter=base_model:b/one&", fault, times=100)
            reply = self.read(hub.url)
            self.check_complete(reply, False)
            self.assertNotIn("b/one-GGUF", self.states())
            hub.faults.clear()
            before = len(hub.requests)
            self.check_complete(self.read(hub.url, "--resume", out=self.out))
            self.assertEqual(self.states(), {name: "present" for name in hub.models})
            self.assertEqual({r.path for r in hub.asked("blobs=true", before)},
                             {"/api/models/" + name for name in ("b/one-GGUF", "c/two-lora", "d/merged", "meta-llama/Llama-3.1-8B")})

    def test_a_hub_that_fails_altogether(self):
        hub = self.hub(family(30))
        hub.fail("many/", 502, times=10 ** 6)
        reply = self.read(hub.url, code=8)
        self.assertEqual(reply["error"]["reason"], "HUB_FAILED")
        self.assertFalse(os.path.exists(os.path.join(self.out, "run.json")))
        hub.faults.clear()
        self.check_complete(self.read(hub.url, "--resume", out=self.out))
        self.assertEqual(self.states(), {name: "present" for name in hub.models})

    def test_a_hub_that_refuses_everybody(self):
        """401 and 404 for all say nothing of any model, however late they begin."""
        for answer in (401, 404):
            hub = self.hub(family(10))
            self.registry.log = [entry("present", "gone/%d" % n, "5%d" % n, "%040x" % n) for n in range(70)]
            hub.fail("/api/models/gone/", answer, times=10 ** 6)
            hub.fail("/api/models/" + BASE, answer, times=10 ** 6, after=2)
            self.assertEqual(self.read(hub.url, code=8)["error"]["reason"], "HUB_FAILED")
            self.assertNotIn("absent", self.states().values())
            hub.faults.clear()
            self.check_complete(self.read(hub.url, "--resume", out=self.out))
            self.assertEqual(list(self.states().values()).count("absent"), 70)
        hub.tokens = {"good"}
        self.assertEqual(self.read(hub.url, code=5)["error"]["reason"], "HUB_EMPTY")

    def test_lists_that_lead_elsewhere(self):
        """The next page of another host is not asked for: it would get the token."""
        with Hub(family(1)) as thief:
            hub = self.hub(family(5), page=2)
            hub.url, real = thief.url, hub.url
            token = self.path("token")
            with open(token, "w") as f:
                f.write("hf_secret\n")
            os.chmod(token, 0o600)
            reply = self.read(real, "--hub-token-file", token)
            self.check_complete(reply, False)
            self.assertIn("/api/models?filter=base_model:skt/A.X-K1&full=true: the list leads to another host", self.err)
            self.assertEqual(thief.requests, [])
            self.assertEqual({r.token for r in hub.requests}, {"hf_secret"})
            self.assertNotIn("hf_secret", self.err + json.dumps(reply) + self.bytes("journal").decode())
            hub.url = real

    # ---- what changed since ----

    def test_details_are_asked_for_only_where_something_changed(self):
        hub = self.hub(family(20), page=6)
        self.read(hub.url)
        self.registry.apply(self.out)
        hub.edit("many/m-003", cardData={"base_model": BASE, "license": "mit"})
        hub.add(model("new/model", "b/one", "finetune", 77))
        before = len(hub.requests)
        reply = self.read(hub.url)
        self.check_complete(reply)
        self.assertEqual({r.path for r in hub.asked("blobs=true", before)},
                         {"/api/models/" + name for name in (BASE, "many/m-003", "new/model", "meta-llama/Llama-3.1-8B")})
        states = self.states()
        self.assertEqual({name for name in states if states[name] == "present"},
                         {BASE, "many/m-003", "new/model", "meta-llama/Llama-3.1-8B"})
        self.assertEqual({states[name] for name in states if states[name] != "present"}, {"same"})
        self.assertEqual(len(states), len(hub.models))
        same = self.line("b/one")
        self.assertEqual(same, {"state": "same", "id": "b/one", "identity": hub.models["b/one"]["_id"], "revision": hub.models["b/one"]["sha"],
                                "tags": '["base_model:%s","base_model:finetune:%s"]' % (BASE, BASE)})
        self.assertIn("Observed before", self.err)

    def test_changes_without_a_commit(self):
        """Another date, a gate, a model that is private or disabled: the revision is the one that was observed, and the record is not."""
        hub = self.hub(family(9))
        self.read(hub.url)
        self.registry.apply(self.out)
        changes = [{"lastModified": "2026-11-29T01:02:03.000Z"}, {"gated": "manual"}, {"gated": True}, {"private": True}, {"disabled": True}]
        for n, change in enumerate(changes):
            name = "many/m-%03d" % n
            hub.edit(name, sha=hub.models[name]["sha"], **change)
        before = len(hub.requests)
        self.check_complete(self.read(hub.url))
        self.assertEqual({r.path.rsplit("/", 1)[1] for r in hub.asked("blobs=true", before) if "/many/" in r.path},
                         {"m-%03d" % n for n in range(len(changes))})
        for n, change in enumerate(changes):
            record = json.loads(self.line("many/m-%03d" % n)["record"])
            for key, value in change.items():
                self.assertEqual(record[key], value.replace(".000Z", ".000000Z") if key == "lastModified" else value)

    def test_renamed_and_gone(self):
        hub = self.hub(family(4))
        self.read(hub.url)
        self.registry.apply(self.out)
        identity = {name: made["_id"] for name, made in hub.models.items()}
        hub.rename("many/m-000", "new/name")
        hub.remove("many/m-001")
        hub.hidden.add("many/m-002")
        hub.remove("many/m-003")
        hub.add(model("many/m-003", BASE, "adapter", 3, _id="f" * 24))  # another one, under the same name
        hub.rename("meta-llama/Llama-3.1-8B", "meta-llama/Llama-8B")
        self.check_complete(self.read(hub.url))
        states = self.states()
        self.assertEqual(self.line("many/m-000"), {"state": "moved", "id": "many/m-000", "to": "new/name", "identity": identity["many/m-000"]})
        self.assertEqual(json.loads(self.line("new/name")["record"])["_id"], identity["many/m-000"])
        self.assertEqual(self.line("many/m-001"), {"state": "absent", "id": "many/m-001", "identity": identity["many/m-001"]})
        self.assertEqual(self.line("many/m-002"), {"state": "absent", "id": "many/m-002", "identity": identity["many/m-002"]})
        self.assertEqual(json.loads(self.line("many/m-003")["record"])["_id"], "f" * 24)
        self.assertEqual(states["meta-llama/Llama-3.1-8B"], "moved")
        self.assertEqual(states["meta-llama/Llama-8B"], "present")
        # What was told gone is not asked for again, until a list has it.
        self.registry.apply(self.out)
        before = len(hub.requests)
        self.check_complete(self.read(hub.url))
        self.assertNotIn("many/m-001", self.states())
        self.assertEqual(hub.asked("m-001", before), [])
        hub.hidden.clear()
        self.read(hub.url)
        self.assertEqual(self.states()["many/m-002"], "present")

    def test_children_that_name_an_old_name(self):
        """A card goes on naming what its parent was called: in the run that finds the new name, and in all later ones."""
        hub = self.hub(family(2))
        self.read(hub.url)
        self.registry.apply(self.out)
        hub.rename("b/one", "b/uno")
        hub.add(model("new/first", "b/one", "adapter", 51))
        self.check_complete(self.read(hub.url))
        self.assertEqual((self.states()["b/one"], self.states()["new/first"]), ("moved", "present"))
        self.registry.apply(self.out)
        hub.add(model("new/second", "b/one", "adapter", 52))
        self.check_complete(self.read(hub.url))
        self.assertEqual(self.states()["new/second"], "present")

    def test_a_base_model_that_was_renamed(self):
        """Lists under both names are read: cards go on naming the old one."""
        hub = self.hub(family(2))
        hub.rename(BASE, "skt/AX-K1")
        hub.add(model("new/child", "skt/AX-K1", "finetune", 9), hubmodels.base(OTHER))
        self.registry.bases.append(OTHER)
        self.check_complete(self.read(hub.url))
        states = self.states()
        self.assertEqual(states.pop(BASE), "moved")
        self.assertEqual(set(states), set(hub.models))

    def test_one_base_model_alone(self):
        """Nothing is said of what descends from others."""
        hub = self.hub(family(2) + [hubmodels.base(OTHER), model("s/one", OTHER, "finetune", 5)])
        self.registry.bases.append(OTHER)
        self.registry.log = registered(BASE, "gone/here") + registered(OTHER, "away/there") + [
            entry("present", "gone/here", "51", "%040x" % 1, model="gone/here"),
            entry("present", "away/there", "52", "%040x" % 2, model="away/there")]
        self.check_complete(self.read(hub.url, "--base", "skt/a.x-k1"))
        states = self.states()
        self.assertEqual(states["gone/here"], "absent")
        self.assertFalse({"away/there", OTHER, "s/one"} & set(states))
        self.assertEqual(self.run_json()["bases"], [BASE])
        self.assertEqual(self.read(hub.url, "--base", "b/one", code=5)["error"]["reason"], "NOT_A_BASE_MODEL")

    # ---- killed ----

    def test_killed_and_resumed(self):
        """At any point: in the end there is what there would have been, and nothing was asked for twice but what was under way."""
        hub = self.hub(family(12), page=4)
        self.registry.log = [entry("present", "gone/%d" % n, "5%d" % n, "%040x" % n) for n in range(3)]
        self.read(hub.url)
        whole = self.bytes("models.jsonl")
        asked = len(hub.requests)
        for after in range(1, asked, 3):
            out, begun = self.path("killed-%d" % after), len(hub.requests)
            hub.fail("/", "drop", times=10 ** 6, after=after)  # it stands still there, trying again
            process = subprocess.Popen(self.command(hub.url, out, []), env=self.env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            jokbo.eventually(lambda: len(hub.requests) > begun + after)
            process.send_signal(signal.SIGKILL)
            process.wait()
            hub.faults.clear()
            with open(os.path.join(out, "models.jsonl"), "ab") as f:
                f.write(b'{"state":"pres')  # as a machine that loses power leaves it
            with open(os.path.join(out, "journal"), "ab") as f:
                f.write(b"found chi")
            self.check_complete(self.read(hub.url, "--resume", out=out))
            self.assertEqual(self.bytes("models.jsonl"), whole)
            answered = [r for r in hub.requests[begun:] if r.status in (200, 401)]
            self.assertLessEqual(len(answered), asked + 3 + 4)  # the bases anew, a list from its first page, a proof of absence

    def test_one_process_at_a_time(self):
        hub = self.hub(family(2))
        hub.fail("/api/models/b/one?", (429, 60))
        process = subprocess.Popen(self.command(hub.url, self.path("run"), []), env=self.env(), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            jokbo.eventually(lambda: hub.asked("/api/models/b/one?"))
            self.assertEqual(self.read(hub.url, "--resume", out=self.path("run"), code=6)["error"]["reason"], "RUN_BUSY")
        finally:
            process.kill()
            process.wait()
        self.check_complete(self.read(hub.url, "--resume", out=self.path("run")))

    def test_a_run_is_not_overwritten(self):
        hub = self.hub(family(2))
        self.read(hub.url)
        self.assertEqual(self.read(hub.url, out=self.out, code=4)["error"]["reason"], "RUN_EXISTS")
        self.assertEqual(self.read(hub.url, "--resume", out=self.out, code=4)["error"]["reason"], "RUN_EXISTS")
        hub.fail("filter=base_model:b/one&", 500, times=5)
        self.check_complete(self.read(hub.url), False)
        self.assertEqual(self.read(hub.url, out=self.out, code=4)["error"]["reason"], "RUN_EXISTS")
        self.assertEqual(self.read(hub.url, "--resume", "--hub", "hub.example.org", out=self.out, code=4)["error"]["reason"], "RUN_DIFFERS")
        self.assertEqual(self.read(self.folder, "--resume", out=self.out, code=4)["error"]["reason"], "RUN_DIFFERS")

    # ---- files ----

    def write(self, name, objects, form):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            if form == "lines":
                f.writelines(hubmodels.line(made) for made in objects)
            elif form == "array":
                f.write("[\n" + ",".join(hubmodels.line(made) for made in objects) + "]\n")
            else:
                f.writelines(json.dumps(made, indent=2, ensure_ascii=True) + "\n" for made in objects)
        return path

    def test_files_of_every_form(self):
        objects = list(hubmodels.generated(40, [BASE]))
        for made in objects:
            del made["baseModels"]  # which the API has in answers of its own alone
        hub = self.hub([hubmodels.base(BASE)] + objects)
        self.read(hub.url)
        expected = {json.loads(line["record"])["id"]: line for line in self.lines()}
        del expected[BASE]
        for form in ("lines", "array", "indented"):
            path = self.write("objects.jsonl", objects, form)
            reply = self.read(path)
            self.check_complete(reply, False)
            self.assertEqual((reply["present"], reply["refused"], reply["doubles"]), (40, 0, 0))
            self.assertEqual({json.loads(line["record"])["id"]: line for line in self.lines()}, expected)
        self.write("all/a.jsonl", objects[:20], "lines")
        self.write("all/b/c.json", objects[15:30], "array")
        self.write("all/b/d.ndjson", objects[30:], "lines")
        self.write("all/README.txt", objects[:1], "lines")
        reply = self.read(self.path("all"))
        self.assertEqual((reply["present"], reply["doubles"]), (40, 5))
        self.assertEqual({json.loads(line["record"])["id"]: line for line in self.lines()}, expected)
        reply = self.read([self.path("all/a.jsonl"), self.path("all/b/c.json")])
        self.assertEqual(reply["present"], 30)

    def test_broken_files(self):
        good = hubmodels.line(model("a/good", BASE))
        path = self.path("broken.jsonl")
        with open(path, "w", encoding="utf-8") as f:
            f.write("\ufeff" + good.replace("a/good", "a/first") + '{"id": "a/open", "tags": ["x\n' + "nonsense\n" + '{"id": "no-slash"}\n' +
                    '{"id": "a/bad-json", "x": tru}\n' + good + '{"id": "a/cut"')
        reply = self.read(path)
        self.assertEqual((reply["present"], reply["refused"]), (2, 5))
        for place in (":2: ", ":3: ", ":4: ", ":5: ", ":7: "):
            self.assertIn(path + place, self.err)
        for name, why in (("absent.jsonl", "No such file or directory"), ("pipe", "it is a pipe, not a file")):
            if name == "pipe":
                os.mkfifo(self.path(name))
            error = self.read(self.path(name), code=9)["error"]
            self.assertEqual((error["reason"], error["message"]), ("LOCAL_FILE", "%s: %s" % (self.path(name), why)))
        os.mkdir(self.path("empty"))
        self.assertEqual(self.read(self.path("empty"), code=9)["error"]["reason"], "LOCAL_FILE")

    def test_odd_objects_of_files(self):
        odd = [made for several in hubmodels.oddities(BASE).values() for made in several] + list(hubmodels.cards())
        reply = self.read(self.write("odd.jsonl", odd, "lines"))
        self.assertEqual(reply["present"] + reply["refused"] + reply["doubles"], len(odd))
        self.assertEqual(reply["refused"], 3)  # no names of models
        self.assertEqual(reply["doubles"], 0)
        half = self.line("odd/half-pair")
        self.assertIn("broken \ufffd here", half["record"])

    def test_files_that_are_complete(self):
        """What was observed before and is not in them has moved, where its identity is, or is absent; never by files that are not."""
        objects = [model("a/stays", BASE, "finetune", 1), model("a/new-name", BASE, "finetune", 2)]
        moved, gone = "a" * 24, "b" * 24
        objects[1]["_id"] = moved
        self.registry.log = [entry("present", "a/stays", objects[0]["_id"], objects[0]["sha"]),
                             entry("present", "a/old-name", moved, "%040x" % 5), entry("present", "a/gone", gone, "%040x" % 6),
                             entry("absent", "a/long-gone", gone)]
        path = self.write("objects.jsonl", objects, "lines")
        self.check_complete(self.read(path), False)
        self.assertEqual(self.states(), {"a/stays": "present", "a/new-name": "present"})
        self.check_complete(self.read(path, "--complete"))
        self.assertEqual(self.states(), {"a/stays": "present", "a/new-name": "present", "a/old-name": "moved", "a/gone": "absent"})
        self.assertEqual(self.line("a/old-name")["to"], "a/new-name")
        with open(path, "a") as f:
            f.write("nonsense\n")  # that might have been the one
        self.check_complete(self.read(path, "--complete"), False)
        self.assertEqual(self.states(), {"a/stays": "present", "a/new-name": "present"})

    def test_memory_and_speed_of_files(self):
        """Memory does not grow with the file; how fast it is, is measured by bench/bench_census.py."""
        path = self.path("many.jsonl")
        hubmodels.write(path, hubmodels.generated(6000, [BASE]))
        process = subprocess.Popen(self.command(path, self.path("many"), ["--offline", "--base", BASE]), env=self.env(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertLess(used.ru_maxrss * 1024, MEMORY_MAX)
        self.assertGreater(os.path.getsize(path), 30 << 20)

    # ---- wrong ----

    def test_wrong_command_lines(self):
        hub = self.hub(family(0))
        path = self.write("objects.jsonl", [], "lines")
        for arguments in ([path, "--headers"], [hub.url, hub.url], [hub.url, path], [hub.url, "--complete"], [path, "--hub-token-file", path], [path, "--hub", "hub"],
                          [path, "--offline"], [path, "--offline", "--base", "no-slash"]):
            self.assertEqual(self.read(arguments[:1], *arguments[1:], code=2)["error"]["reason"], "USAGE", arguments)
        for url in ("http://hub.example.org", "http://127.0.0.1.example.org", "https://", "https://hub.example.org/?a=b"):
            self.assertEqual(self.read(url, code=4)["error"]["reason"], "HUB_URL", url)
        done = subprocess.run([JOKBO, "census", "read", path, "--json"], env=self.env(), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 3)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unittest.main()
