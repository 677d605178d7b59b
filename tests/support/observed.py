"""A registry that only says what it has observed: the calls that `jokbo census read` makes, answered from a list of base models and
of log entries, which may be made from the folder of an earlier run as if that had been applied. The log is one that can be folded."""
import hashlib
import json
import os

import jokbo
from jokbo import GetMessageClass, grpc, json_format
from served import Served


TIME = "time 2026-11-21T14:03:05.000123Z"


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def lines_of(*lines):
    return ("\n".join(lines) + "\n").encode()


INIT = lines_of("jokbo/entry/v1", "kind init", TIME, "actor server", "origin registry.example/log",
                "key registry.example/log+0a1b2c3d+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", "purpose registry", "rules 1")


def entry(state, id, identity="none", revision="none", to="none", model="none", record=None, modified="none"):
    """What is present has a record, whichever."""
    record = record or (digest(id) if state == "present" else "none")
    return lines_of("jokbo/entry/v1", "kind observe", TIME, "actor role registrar", "hub huggingface.co", "id " + id, "identity " + identity,
                    "revision " + revision, "state " + state, "to " + to, "model " + model, "listing none", "weight-files none",
                    "record " + record, "created none", "modified " + modified)


def statement(name, parent=None):
    """Of the one release of a model: of a base model without a parent, else of a finetune of that base model."""
    lines = ["jokbo/lineage/v1", "model " + name, "release 1"] + (["relation finetune"] if parent else [])
    lines += ["license NOASSERTION", "license-text none", "artifact none", "weights none"]
    if parent:
        lines.append("parent %s %s@1" % (digest(statement(parent)).partition(":")[2], parent))
    return "\n".join(lines) + "\n"


def registered(base, *names):
    """A base model with models made from it, all of publishers that are new."""
    team = base.partition("/")[0].lower()
    entries = [lines_of("jokbo/entry/v1", "kind team", TIME, "actor role admin", "team " + team, "name " + team, "name-ko " + team,
                        "joined 2025-08-03T15:00:00.000000Z", "left none")]
    for publisher in sorted({name.partition("/")[0] for name in (base,) + names}):
        entries.append(lines_of("jokbo/entry/v1", "kind publisher", TIME, "actor role registrar", "publisher " + publisher, "basis registrar"))
    for name in (base,) + names:
        actor = "actor role " + ("admin" if name == base else "registrar")
        entries.append(lines_of("jokbo/entry/v1", "kind register", TIME, actor) + statement(name, None if name == base else base).encode())
    listing = lines_of("jokbo/entry/v1", "kind base", TIME, "actor role admin", "model " + base, "team " + team, "programme yes",
                       "from-scratch unknown", "built-on none", "released none", "parameters none", "listed yes")
    return entries[:-len(names)] + [listing] + entries[-len(names):]


def entry_of(line):
    """The entry that a line of models.jsonl leads to; None for those that say nothing new."""
    if line["state"] == "present":
        record = json.loads(line["record"])
        return entry("present", record["id"], record.get("_id", "none"), record.get("sha", "none"),
                     record=digest(line["record"]), modified=record.get("lastModified", "none"))
    if line["state"] in ("moved", "absent"):
        return entry(line["state"], line["id"], line.get("identity", "none"), to=line.get("to", "none"))
    return None


class Registry(Served):
    """with Registry(["skt/A.X-K1"]) as registry: registry.address. `log`: the entries after the first."""

    def __init__(self, bases, entries=()):
        self.bases, self.log = list(bases), list(entries)
        self.pool = jokbo.pool_of_build()

    def apply(self, folder):
        """Takes a run into the log."""
        with open(os.path.join(folder, "models.jsonl"), encoding="utf-8") as f:
            self.log += [made for made in map(entry_of, map(json.loads, f)) if made]

    def service(self, details):
        service, name = details.method.rsplit(".", 1)[1].split("/")
        method = self.pool.FindServiceByName("jokbo.v1." + service).methods_by_name[name]
        answer = getattr(self, "answer_" + name, None)
        if answer is None:
            return None
        request, reply = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
        coding = dict(request_deserializer=request.FromString, response_serializer=lambda message: message.SerializeToString())
        if name == "ReadEntries":
            return grpc.unary_stream_rpc_method_handler(lambda asked, _: iter([answer(asked, reply())]), **coding)
        return grpc.unary_unary_rpc_method_handler(lambda asked, _: answer(asked, reply()), **coding)

    def answer_GetCheckpoint(self, _, reply):
        reply.log_size = 1 + len(self.log)
        return reply

    def answer_ReadEntries(self, asked, reply):
        reply.start, reply.log_size = asked.start, 1 + len(self.log)
        reply.entries.extend(([INIT] + self.log)[asked.start:asked.end])
        return reply

    def answer_ListBaseModels(self, _, reply):
        return json_format.ParseDict({"models": [{"name": name} for name in self.bases], "totalSize": len(self.bases)}, reply)
