"""A registry that only says what it has observed: the calls that `jokbo census read` makes, answered from a list of base models and
of log entries, which may be made from the folder of an earlier run as if that had been applied."""
import hashlib
import json
import os
from concurrent import futures

import jokbo
from jokbo import GetMessageClass, grpc, json_format


def entry(state, id, identity="none", revision="none", to="none", model="none", record="none", modified="none"):
    lines = ["jokbo/entry/v1", "kind observe", "time 2026-11-21T14:03:05.000123Z", "actor role registrar", "hub huggingface.co", "id " + id,
             "identity " + identity, "revision " + revision, "state " + state, "to " + to, "model " + model, "listing none",
             "weight-files none", "record " + record, "created none", "modified " + modified]
    return ("\n".join(lines) + "\n").encode()


def entry_of(line):
    """The entry that a line of models.jsonl leads to; None for those that say nothing new."""
    if line["state"] == "present":
        record = json.loads(line["record"])
        return entry("present", record["id"], record.get("_id", "none"), record.get("sha", "none"),
                     record="sha256:" + hashlib.sha256(line["record"].encode()).hexdigest(), modified=record.get("lastModified", "none"))
    if line["state"] in ("moved", "absent"):
        return entry(line["state"], line["id"], line.get("identity", "none"), to=line.get("to", "none"))
    return None


class Registry(grpc.GenericRpcHandler):
    """with Registry(["skt/A.X-K1"]) as registry: registry.address. `below`: {base: names of registered models with that root}."""

    def __init__(self, bases, entries=()):
        self.bases, self.log, self.below = list(bases), list(entries), {}
        self.pool = jokbo.pool_of_build()

    def __enter__(self):
        self.server = grpc.server(futures.ThreadPoolExecutor(2))
        self.server.add_generic_rpc_handlers([self])
        self.address = "127.0.0.1:%d" % self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.stop(0).wait()

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
        reply.log_size = len(self.log)
        return reply

    def answer_ReadEntries(self, asked, reply):
        reply.start, reply.log_size = asked.start, len(self.log)
        reply.entries.extend(self.log[asked.start:asked.end])
        return reply

    def answer_ListBaseModels(self, _, reply):
        return json_format.ParseDict({"models": [{"name": name} for name in self.bases], "totalSize": len(self.bases)}, reply)

    def answer_ListModels(self, asked, reply):
        return json_format.ParseDict({"models": [{"name": name} for name in self.below.get(asked.root, ())]}, reply)
