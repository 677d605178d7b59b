"""The OpenAPI document that the build makes: what a server answers is as its schemas say, and they can say no. In nightly runs also held
against the rules of OpenAPI 3.1 by a validator of others, which is no package of the distribution."""
import base64
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import jsonschema
from google.protobuf import json_format

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from counting import SKT, History  # noqa: E402
from jokbo import BUILD, ROOT, Failure  # noqa: E402
from replay import start_demo  # noqa: E402
from test_http import ask  # noqa: E402
from test_http_json import Events  # noqa: E402

DOCUMENT = os.path.join(BUILD, "generated", "openapi.json")
ASKED = {  # method: its request
    "Registry.GetPublisher": {"name": "alice"},
    "Registry.ListPublishers": {},
    "Registry.ListBaseModels": {},
    "Registry.ListTeams": {},
    "Registry.GetModel": {"name": SKT},
    "Registry.ListModels": {},
    "Registry.Suggest": {"text": "a"},
    "Registry.ListDerivatives": {"model": SKT, "transitive": True},
    "Registry.GetLineage": {"name": "alice/adapter"},
    "Registry.GetRelease": {"name": "alice/adapter"},
    "Registry.ListReleases": {"model": "alice/adapter"},
    "Registry.ListAdoptions": {"include_ended": True},
    "Evaluation.CountDerivatives": {"scope": {"all": True}, "group_by": ["GROUPING_RELATION", "GROUPING_MONTH"]},
    "Evaluation.ListCounts": {},
    "Evaluation.ListCounted": {"scope": {"all": True}, "include_yanked": True},
    "Evaluation.ListPublisherCounts": {"scope": {"all": True}, "rule": {"policy": "hub-like"}},
    "Evaluation.ExplainStanding": {"name": "alice/adapter", "rule": {"policy": "hub-like"}},
    "Stages.ListPolicies": {},
    "Stages.ListStages": {},
    "Log.GetCheckpoint": {},
    "Log.GetInclusionProof": {"log_index": 3},
    "Log.GetConsistencyProof": {"first_size": 2},
    "Demo.GetClock": {},
}

# What a path is asked with besides what stands in it; for the test of all paths over HTTP.
QUERIES = {
    "/v1/count": "?scope.all=true&group_by=GROUPING_RELATION&group_by=GROUPING_MONTH&rule.policy=hub-like",
    "/v1/counted": "?scope.all=true&page_size=500",
    "/v1/count:watch": "?scope.all=true",
    "/v1/publisher-counts": "?scope.all=true&rule.policy=hub-like",
    "/v1/suggestions": "?text=a",
    "/v1/models": "?page_size=500",
    "/v1/models/{publisher}/{model}/standing": "?rule.policy=independent",
    "/v1/log/entries": "?start=2&end=5",
    "/v1/log/entries:watch": "?start=2",
    "/v1/log/inclusion-proof": "?log_index=3",
    "/v1/log/consistency-proof": "?first_size=2",
    "/v1/log/receipt": "?lineage_hash={lineage_hash}",
}
BODIES = {"/v1/card:read": {"name": "alice/card", "files": [
    {"path": "README.md", "content": base64.b64encode(b"---\nbase_model: upstage/SOLAR-10.7B-v1.0\nlicense: mit\n---\n").decode()}]}}
BARE = ("/v1/clock", "/v1/references")  # whose answers are a word or two


def setUpModule():
    History.open()


def loaded():
    with open(DOCUMENT, encoding="utf-8") as file:
        return json.load(file)


class Documented:
    """What the document says of a method, and of what it answers."""

    def setUp(self):
        self.document = loaded()

    def validator(self, schema):
        resolver = jsonschema.RefResolver("", self.document)
        return jsonschema.Draft202012Validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())

    def named(self, schema, answer):
        """Every name in an answer is a property of its schema."""
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        if isinstance(answer, list):
            return sum(self.named(schema["items"], item) for item in answer)
        if not isinstance(answer, dict):
            return 0
        return sum(1 + self.named(schema["properties"][name], value) for name, value in answer.items())


class Answers(Documented, History):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(os.path.join(ROOT, "registry", "data", "policies", "hub-like.policy"), encoding="utf-8") as file:
            cls.admin.call("Stages.RecordPolicy", text=file.read())

    def of_answer(self, method):
        for path in self.document["paths"].values():
            if "get" in path and path["get"]["operationId"] == method.split(".")[1]:
                return self.validator(path["get"]["responses"]["200"]["content"]["application/json"]["schema"])
        raise KeyError(method)

    def answer(self, method, fields):
        request, stub = self.admin.stub(method)
        return json_format.MessageToDict(stub(json_format.ParseDict(fields, request()), timeout=20, metadata=self.admin.metadata()))

    def test_answers_are_as_their_schemas_say(self):
        names = 0
        for method, fields in ASKED.items():
            with self.subTest(method):
                answer, validator = self.answer(method, fields), self.of_answer(method)
                validator.validate(answer)
                names += self.named(validator.schema, answer)
        self.assertGreater(names, 500)

    def test_a_schema_says_no(self):
        validator = self.of_answer("Registry.GetRelease")
        answer = self.answer("Registry.GetRelease", {"name": "alice/adapter"})
        validator.validate(answer)
        for name, wrong in (("logIndex", int(answer["logIndex"])), ("createTime", 5), ("parents", "x"), ("version", None),
                            ("relation", "finetune")):
            self.assertIn(name, answer)
            with self.subTest(name), self.assertRaises(jsonschema.ValidationError):
                validator.validate(dict(answer, **{name: wrong}))

    def test_failures_are_as_their_schema_says(self):
        error = self.document["components"]["responses"]["Error"]["content"]["application/json"]["schema"]
        validator = self.validator(error)
        for method, fields in (("Registry.GetModel", {"name": "alice/nothing"}), ("Registry.ListModels", {"page_size": -1})):
            with self.assertRaises(Failure) as caught:
                self.admin.call(method, **fields)
            details = [dict({"@type": "type.googleapis.com/google.rpc." + name}, **value)
                       for name, value in caught.exception.details.items()]
            self.assertIn("type.googleapis.com/google.rpc.ErrorInfo", [detail["@type"] for detail in details])
            validator.validate({"code": 5, "message": "m", "details": details})
            with self.assertRaises(jsonschema.ValidationError):
                validator.validate({"code": 5, "details": [{"@type": "type.googleapis.com/google.rpc.Nothing"}]})


class Served(Documented, unittest.TestCase):
    """Each path over HTTP, of a demo, which has something of everything."""

    @classmethod
    def setUpClass(cls):
        cls.server = start_demo()
        cls.addClassCleanup(cls.server.close)

    def get(self, target, status=200):
        answer = ask(self.server.http, target)
        self.assertEqual(answer.status, status, (target, answer.body))
        self.assertEqual(answer["Content-Type"], "application/json", target)
        return json.loads(answer.body)

    def post(self, path, described):
        """What is sent is as the document says, too."""
        validator = self.validator(described["content"]["application/json"]["schema"])
        validator.validate(BODIES[path])
        self.named(validator.schema, BODIES[path])
        with self.assertRaises(jsonschema.ValidationError):
            validator.validate(dict(BODIES[path], name=5))
        connection = http.client.HTTPConnection(self.server.http, timeout=30)
        self.addCleanup(connection.close)
        connection.request("POST", path, json.dumps(BODIES[path]), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        return json.loads(answer.read())

    def values(self, path):
        """Of what stands in braces in a path; bases for what is asked of them, else a model that has been challenged."""
        challenge = self.get("/v1/challenges?page_size=1")["challenges"][0]
        of_base = path.endswith(("/count", "/counted", "/publisher-counts", "/derivatives", "/count:watch"))
        publisher, model = ("upstage/Solar-Open-100B" if of_base else challenge["model"]).split("/")
        return {"publisher": publisher, "model": model, "lineage_hash": challenge["lineageHash"], "sha256": challenge["artifactSha256"],
                "log_index": challenge["logIndex"], "policy": "independent@1", "id": "stage-1", "stage": "stage-1", "team": "upstage",
                "name": "invented-studio"}

    def target(self, path):
        values = self.values(path)
        return re.sub(r"\{(\w+)\}", lambda found: values[found.group(1)], path) + QUERIES.get(path, "").format(**values)

    def test_every_path_answers_as_its_schema_says(self):
        names = 0
        for path, operations in self.document["paths"].items():
            with self.subTest(path):
                verb, = operations
                content = operations[verb]["responses"]["200"]["content"]
                if "text/event-stream" in content:
                    names += self.first_event(self.target(path), content["text/event-stream"]["x-event-data"])
                    continue
                answer = self.get(self.target(path)) if verb == "get" else self.post(path, operations[verb]["requestBody"])
                schema = content["application/json"]["schema"]
                self.validator(schema).validate(answer)
                found = self.named(schema, answer)
                self.assertGreater(found, 0 if path in BARE else 2)
                names += found
        self.assertGreater(names, 2000)

    def first_event(self, target, schema):
        events = Events(self.server.http, target)
        try:
            self.assertEqual((events.status, events.headers["Content-Type"]), (200, "text/event-stream"))
            data = events.next()[2]
        finally:
            events.close()
        self.validator(schema).validate(data)
        return self.named(schema, data)

    def test_failures_are_as_their_schema_says(self):
        error = self.document["components"]["responses"]["Error"]["content"]["application/json"]["schema"]
        for target, status in (("/v1/models/no/body", 404), ("/v1/models?page_size=-1", 400), ("/v1/count", 400), ("/v1/nothing", 404)):
            answer = self.get(target, status)
            self.validator(error).validate(answer)
            self.assertGreater(self.named(error, {name: answer[name] for name in ("code", "message")}), 1)
            with self.assertRaises(jsonschema.ValidationError):
                self.validator(error).validate(dict(answer, message=5))


@unittest.skipUnless(os.environ.get("JK_NIGHTLY"), "fetches a validator: nightly alone (JK_NIGHTLY)")
class Rules(unittest.TestCase):
    def test_it_is_openapi(self):
        root = tempfile.mkdtemp(prefix="jokbo-openapi-")
        self.addCleanup(shutil.rmtree, root, True)
        subprocess.run(["/usr/bin/python3", "-m", "venv", root], check=True, timeout=120)
        subprocess.run([root + "/bin/pip", "install", "-q", "openapi-spec-validator==0.7.1"], check=True, timeout=600)
        validate = [root + "/bin/openapi-spec-validator", "--schema", "3.1.0"]
        subprocess.run(validate + [DOCUMENT], check=True, timeout=300)
        wrong = loaded()
        wrong["paths"]["/v1/teams"]["get"]["parameters"][0]["in"] = "nowhere"
        with open(root + "/wrong.json", "w", encoding="utf-8") as file:
            json.dump(wrong, file)
        self.assertNotEqual(subprocess.run(validate + [root + "/wrong.json"], capture_output=True, timeout=300).returncode, 0)


if __name__ == "__main__":
    unittest.main()
