"""Who may do what: every method of the interface for every kind of caller.

ROWS is the permission table as the project's rules say it, written down here once more and on purpose not taken from the
server's own table (registry/service/call/methods.def). A method of the interface without a row fails the test. "May" means
that the call succeeds; "may not" that it is refused for that reason, and that nothing anywhere has changed."""
import base64
import datetime
import hashlib
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from google.protobuf import descriptor_pb2  # noqa: E402

import jokbo  # noqa: E402
from jokbo import Client, Failure, Manifest, confirmed, derivative, eventually, external, joined, person  # noqa: E402

# A anonymous, P account without role, W writer of acme, O its owner, X owner of globex, R registrar, T team alpha,
# E evaluator, D admin, V account of the verifier lab
ANYONE, ACCOUNT = "APWOXRTEDV", "PWOXRTEDV"
# acme, acme2: claimed, owned by O. globex: claimed, owned by X. orphan: entered by the registrar, unclaimed.
# alpha-lab, beta-lab: of team alpha and beta, claimed by K (who is in no row). gamma-lab: nobody's and unclaimed,
# with a base model of team alpha.
ROWS = [
    # method, case, who may, scopes (all of them), how others are refused
    ("Registry.CreatePublisher", "own", ACCOUNT, "publishers"),
    ("Registry.CreatePublisher", "for others", "R", "publishers"),
    ("Registry.GetPublisher", "", ANYONE, None),
    ("Registry.ListPublishers", "", ANYONE, None),
    ("Registry.VerifyPublisher", "", "D", "accounts"),
    ("Registry.ListBaseModels", "", ANYONE, None),
    ("Registry.ListTeams", "", ANYONE, None),
    ("Registry.ApplyRoster", "", "D", "roster"),
    ("Registry.RegisterDerivative", "acme", "WO", "publish"),
    ("Registry.RegisterDerivative", "globex", "X", "publish"),
    ("Registry.RegisterDerivative", "orphan", "R", "publish"),
    ("Registry.RegisterDerivative", "alpha-lab", "T", "publish"),
    ("Registry.RegisterDerivative", "beta-lab", "", "publish"),
    ("Registry.BatchRegisterDerivatives", "acme", "WO", "publish"),
    ("Registry.BatchRegisterDerivatives", "orphan", "R", "publish"),
    ("Registry.BatchRegisterDerivatives", "alpha-lab", "T", "publish"),
    ("Registry.BatchRegisterDerivatives", "acme and globex", "", "publish"),
    ("Registry.BatchRegisterDerivatives", "orphan and globex", "", "publish"),
    ("Registry.GetModel", "", ANYONE, None),
    ("Registry.ListModels", "", ANYONE, None),
    ("Registry.Suggest", "", ANYONE, None),
    ("Registry.ListDerivatives", "", ANYONE, None),
    ("Registry.GetLineage", "", ANYONE, None),
    ("Registry.PublishRelease", "acme", "WO", "publish"),
    ("Registry.PublishRelease", "globex", "X", "publish"),
    ("Registry.PublishRelease", "orphan", "R", "publish"),
    ("Registry.PublishRelease", "alpha-lab", "T", "publish"),
    ("Registry.PublishRelease", "alpha-lab/base", "T", "publish"),
    ("Registry.PublishRelease", "beta-lab/base", "", "publish"),
    ("Registry.PublishRelease", "gamma-lab/base", "T", "publish"),
    ("Registry.GetRelease", "", ANYONE, None),
    ("Registry.ListReleases", "", ANYONE, None),
    ("Registry.YankRelease", "acme", "WO", "models"),
    ("Registry.YankRelease", "globex", "X", "models"),
    ("Registry.YankRelease", "orphan", "R", "models"),
    ("Registry.YankRelease", "alpha-lab/base", "T", "models"),
    ("Registry.YankRelease", "beta-lab/base", "", "models"),
    ("Registry.YankRelease", "gamma-lab/base", "T", "models"),
    ("Registry.UnyankRelease", "acme", "WO", "models"),
    ("Registry.UnyankRelease", "globex", "X", "models"),
    ("Registry.UnyankRelease", "orphan", "R", "models"),
    ("Registry.UnyankRelease", "alpha-lab/base", "T", "models"),
    ("Registry.UnyankRelease", "beta-lab/base", "", "models"),
    ("Registry.UploadBlob", "", ACCOUNT, "publish"),
    ("Registry.GetBlob", "", ANYONE, None),
    ("Registry.WithdrawBlob", "", "D", "accounts"),
    ("Registry.RenameModel", "acme", "WO", "models"),
    ("Registry.RenameModel", "globex", "X", "models"),
    ("Registry.RenameModel", "orphan", "", "models"),
    ("Registry.RenameModel", "alpha-lab", "T", "models"),
    ("Registry.RenameModel", "beta-lab", "", "models"),
    ("Registry.TransferModel", "acme to acme2", "OD", "models publishers"),
    ("Registry.TransferModel", "acme to globex", "D", "models publishers"),
    ("Registry.TransferModel", "globex to acme", "D", "models publishers"),
    ("Registry.TransferModel", "orphan to acme", "D", "models publishers"),
    ("Registry.TransferModel", "alpha-lab to acme", "D", "models publishers"),
    ("Registry.AdoptExternalModel", "acme", "WOE", "models"),  # verified, and in a namespace of its own
    ("Registry.AdoptExternalModel", "globex", "XE", "models"),
    ("Registry.AdoptExternalModel", "orphan", "E", "models"),
    ("Registry.AdoptExternalModel", "alpha-lab", "TE", "models"),
    ("Registry.AdoptExternalModel", "beta-lab", "E", "models"),
    ("Registry.UnadoptExternalModel", "acme", "WOE", "models"),
    ("Registry.UnadoptExternalModel", "globex", "XE", "models"),
    ("Registry.UnadoptExternalModel", "orphan", "E", "models"),
    ("Registry.UnadoptExternalModel", "alpha-lab", "TE", "models"),
    ("Registry.UnadoptExternalModel", "beta-lab", "E", "models"),
    ("Registry.ListAdoptions", "", ANYONE, None),
    ("Registry.SetNamespace", "held", "RE", "roster"),
    ("Registry.SetNamespace", "ended", "RE", "roster"),
    ("Registry.ListNamespaces", "", ANYONE, None),
    ("Registry.ReadCard", "", ANYONE, None),
    ("Registry.RecordCensus", "orphan", "R", "models"),
    ("Registry.RecordCensus", "acme", "R", "models"),  # which holds the namespace
    ("Registry.CompleteCensus", "", "R", "models"),
    ("Evaluation.CountDerivatives", "", ANYONE, None),
    ("Evaluation.ListCounts", "", ANYONE, None),
    ("Evaluation.ListCounted", "", ANYONE, None),
    ("Evaluation.ListPublisherCounts", "", ANYONE, None),
    ("Evaluation.ExplainStanding", "", ANYONE, None),
    ("Evaluation.WatchCounts", "", ANYONE, None),
    ("Stages.RecordPolicy", "", "E", "roster"),
    ("Stages.GetPolicy", "", ANYONE, None),
    ("Stages.ListPolicies", "", ANYONE, None),
    ("Stages.PutStage", "", "E", "roster"),
    ("Stages.GetStage", "", ANYONE, None),
    ("Stages.ListStages", "", ANYONE, None),
    ("Stages.CloseStage", "", "E", "roster"),
    ("Stages.GetReport", "", ANYONE, None),
    ("Stages.Rule", "", "E", "roster"),
    ("Stages.DecideRuling", "", "E", "roster"),
    ("Stages.ListRulings", "", ANYONE, None),
    ("Stages.OpenDispute", "acme", "WOT", "models"),  # team alpha, whose base it is made from
    ("Stages.OpenDispute", "globex", "XT", "models"),
    ("Stages.OpenDispute", "acme of beta's base", "WO", "models"),
    ("Stages.ResolveDispute", "", "E", "roster"),
    ("Stages.ListDisputes", "", ANYONE, None),
    ("Evidence.SetVerifier", "", "E", "roster"),
    ("Evidence.ListVerifiers", "", ANYONE, None),
    ("Evidence.ChallengeRelease", "", "V", "models"),
    ("Evidence.AllowChallenge", "", "E", "roster"),
    ("Evidence.AttestRelease", "", "V", "models"),
    ("Evidence.ListChallenges", "", ANYONE, None),
    ("Evidence.AddReference", "", "RE", "roster"),
    ("Evidence.ListReferences", "", ANYONE, None),
    ("Evidence.RenewEvidence", "acme", "WORE", "publish"),
    ("Evidence.RenewEvidence", "globex", "XRE", "publish"),
    ("Evidence.RenewEvidence", "alpha-lab", "TRE", "publish"),
    ("Evidence.RenewEvidence", "beta-lab", "RE", "publish"),
    ("Evidence.GetEvidence", "", ANYONE, None),
    ("Log.GetCheckpoint", "", ANYONE, None),
    ("Log.ReadEntries", "", ANYONE, None),
    ("Log.WatchEntries", "", ANYONE, None),
    ("Log.GetInclusionProof", "", ANYONE, None),
    ("Log.GetConsistencyProof", "", ANYONE, None),
    ("Log.GetReceipt", "", ANYONE, None),
    ("Demo.GetClock", "", ANYONE, None),
    ("Demo.SetClock", "", "D", "roster"),
    ("Demo.ChangeKey", "", "D", "roster"),
    ("Access.GetCaller", "", ACCOUNT, None),
    ("Access.CreateAccount", "", "D", "accounts"),
    ("Access.ListAccounts", "", "D", "accounts"),
    ("Access.UpdateAccount", "", "D", "accounts"),
    ("Access.CreateToken", "own", ACCOUNT, "tokens"),
    ("Access.CreateToken", "of K", "D", "tokens"),
    ("Access.ListTokens", "own", ACCOUNT, "tokens"),
    ("Access.ListTokens", "of K", "D", "tokens"),
    ("Access.RevokeToken", "own", ACCOUNT, "tokens"),
    ("Access.RevokeToken", "of K", "D", "tokens", "NOT_FOUND"),  # whether it exists is nobody else's business
    ("Access.SetMember", "acme", "OD", "publishers"),
    ("Access.SetMember", "globex", "XD", "publishers"),
    ("Access.SetMember", "orphan", "D", "publishers"),
    ("Access.AcceptMembership", "oneself", ACCOUNT, "publishers"),
    ("Access.RemoveMember", "acme", "OD", "publishers"),
    ("Access.RemoveMember", "globex", "XD", "publishers"),
    ("Access.RemoveMember", "oneself", ACCOUNT, "publishers"),
    ("Access.ListMembers", "acme", "WOD", "publishers"),
    ("Access.ListMembers", "globex", "XD", "publishers"),
    ("Access.RequestPublisher", "reserved", ACCOUNT, "publishers"),
    ("Access.RequestPublisher", "claim", ACCOUNT, "publishers"),
    ("Access.RequestPublisher", "owner of acme2", "O", "publishers"),
    ("Access.ListPublisherRequests", "", ACCOUNT, "publishers"),
    ("Access.DecidePublisherRequest", "approve", "D", "accounts"),
    ("Access.DecidePublisherRequest", "refuse", "D", "accounts"),
    ("Access.DecidePublisherRequest", "approve an owner", "RD", "accounts"),
    ("Access.DecidePublisherRequest", "refuse an owner", "RD", "accounts"),
]
SCOPES = ["models", "publishers", "tokens", "roster", "accounts", "publish"]
INCLUDED = {"publish": ["models"]}  # a scope that others hold as well
REFUSALS = {"ROLE_REQUIRED", "NOT_ADMIN", "NOT_A_MEMBER", "NOT_YOURS", "NOT_AN_OWNER", "NOT_REGISTRAR", "TOKEN_NOT_FOUND",
            "NOT_CONCERNED"}
BLOB = b"a licence's text"
with open(os.path.join(jokbo.ROOT, "registry", "data", "policies", "hub-like.policy")) as file:
    POLICY = file.read()
NAMES = dict(A="anonymous", P="account", W="writer", O="owner", X="other", R="registrar", T="team", E="evaluator",
             D="admin", K="keeper", V="verifier")


class HeaderClient(Client):
    """A client that sends the authorization headers it is given, as they are."""

    def __init__(self, address, *values):
        super().__init__(address)
        self.values = values

    def metadata(self, token="own"):
        return tuple(("authorization", value) for value in self.values)


def methods_of_interface():
    files = descriptor_pb2.FileDescriptorSet()
    with open(os.path.join(jokbo.BUILD, "generated", "reflection.pb"), "rb") as f:
        files.ParseFromString(f.read())
    return {service.name + "." + method.name for file in files.file if file.package == "jokbo.v1"
            for service in file.service for method in service.method}


class Authorisation(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = jokbo.Server("--demo", "--evidence", "on")  # else SetClock and ChangeKey are refused to everybody
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.root, cls.count, cls.reserved = cls.server.client(), 0, 0
        cls.apply_roster()
        roles = dict(R=["registrar"], T=["team"], E=["evaluator"], D=["admin"])
        cls.who = {"A": Client(cls.server.address)}
        for letter in "PWOXRTEDK":
            cls.who[letter] = person(cls.root, NAMES[letter], roles.get(letter, ()), "alpha" if letter == "T" else "",
                                     SCOPES)
        for client in cls.who.values():
            cls.addClassCleanup(client.close)
        cls.make_publishers()
        cls.make_evidence()
        cls.upload(cls.who["P"], BLOB)
        cls.first, cls.second = (person(cls.root, label, ["evaluator"], scopes=["models", "roster"])
                                 for label in ("a first evaluator", "a second evaluator"))
        confirmed(cls.first, cls.second, "Evidence.SetVerifier", verifier="lab", institution="Lab", reason="invented")
        cls.who["V"] = person(cls.root, "verifier", ["verifier"], "", SCOPES, "lab")
        for client in (cls.first, cls.second, cls.who["V"]):
            cls.addClassCleanup(client.close)
        for name in cls.keeper:
            if name != "acme2":  # which is verified
                cls.root.call("Registry.VerifyPublisher", name=name, evidence="domain")
            cls.first.call("Registry.SetNamespace", publisher=name, organisation="huggingface.co/" + name, evidence="hub-file")
        cls.first.call("Stages.RecordPolicy", text=POLICY)
        cls.stage = {"title": "Stage", "title_ko": "단계", "open_time": "2100-01-01T00:00:00Z",
                     "cutoff_time": "2100-02-01T00:00:00Z", "policy": "hub-like", "teams": ["alpha"],
                     "source": "invented"}
        cls.first.call("Stages.PutStage", stage=dict(cls.stage, id="stage-1"))
        PLAIN["Evaluation.ExplainStanding"] = {"name": cls.fresh_model("acme"), "rule": {"policy": "hub-like"}}

    @classmethod
    def apply_roster(cls):
        def team(name):
            return {"id": name, "name": name, "name_ko": name, "join_time": "2025-08-04T00:00:00Z",
                    "publishers": [name + "-lab"]}

        def base(name, team):
            return {"name": name, "license": "Apache-2.0",
                    "facts": {"team": team, "programme": True, "from_scratch": "ANSWER_YES", "listed": True}}
        cls.root.call("Registry.ApplyRoster", teams=[team("alpha"), team("beta")],
                      models=[base("alpha-lab/base", "alpha"), base("beta-lab/base", "beta"),
                              base("gamma-lab/base", "alpha")])

    @classmethod
    def make_publishers(cls):
        who = cls.who
        for owner, name in (("O", "acme"), ("O", "acme2"), ("X", "globex"), ("K", "club"), ("K", "club2")):
            who[owner].call("Registry.CreatePublisher", name=name)
        for name in ("acme", "acme2"):
            joined(cls.root, name, who["W"].account, by=who["O"])
        who["D"].call("Registry.VerifyPublisher", name="acme2", evidence="domain")
        who["R"].call("Registry.CreatePublisher", name="orphan", on_behalf=True)
        for name in ("alpha-lab", "beta-lab"):
            request = who["K"].call("Access.RequestPublisher", kind="PUBLISHER_REQUEST_KIND_CLAIM", publisher=name,
                                    evidence="mine")
            who["D"].call("Access.DecidePublisherRequest", id=request["id"], approve=True, evidence="domain")
        cls.keeper = {"acme": "O", "acme2": "O", "globex": "X", "orphan": "R", "alpha-lab": "K", "beta-lab": "K",
                      "gamma-lab": "T"}

    @classmethod
    def make_evidence(cls):
        """Of a model of each publisher; then the server goes on without an examiner, which would write while others are refused."""
        cls.computed = {}
        for publisher in ("acme", "globex", "alpha-lab", "beta-lab"):
            name, client = publisher + "/examined", cls.who[cls.keeper[publisher]]
            manifest = Manifest({"a.safetensors": name})
            client.upload("BLOB_KIND_MANIFEST", manifest.bytes, manifest.digest)
            client.call("Registry.RegisterDerivative", derivative=derivative(name, "alpha-lab/base@initial", **manifest.named))
            cls.computed[publisher] = name
        eventually(lambda: sum(b"\nkind evidence\n" in entry for entry in cls.root.entries()) == len(cls.computed))
        cls.server.stop()
        cls.server.options = ["--demo", "--evidence", "off"]
        cls.server.start()
        for letter, before in cls.who.items():
            before.close()
            cls.who[letter] = cls.server.client(before.token)
            if letter != "A":
                cls.who[letter].account = before.account
            cls.addClassCleanup(cls.who[letter].close)
        cls.root.close()
        cls.root = cls.server.client()

    # ---- fresh things to work on

    @classmethod
    def next(cls, beginning=""):
        cls.count += 1
        return beginning + str(cls.count)

    @classmethod
    def fresh_model(cls, publisher):
        name = publisher + "/" + cls.next("m")
        cls.who[cls.keeper[publisher]].call("Registry.RegisterDerivative",
                                            derivative=derivative(name, "alpha-lab/base@initial"))
        return name

    @classmethod
    def release_of(cls, model):
        if model.endswith("/base"):
            return derivative(model, version=cls.next("v"), relation=None)
        return derivative(model, "alpha-lab/base@initial", version=cls.next("v"))

    @classmethod
    def fresh_release(cls, target, yanked=False):
        model = target if "/" in target else cls.fresh_model(target)
        client, release = cls.who[cls.keeper[model.split("/")[0]]], cls.release_of(model)
        client.call("Registry.PublishRelease", release=release)
        name = "%s@%s" % (model, release["version"])
        if yanked:
            client.call("Registry.YankRelease", name=name, reason="a test")
        return name

    @classmethod
    def reserved_name(cls):
        """Equal to alpha-lab once case and separators are folded, and free."""
        cls.reserved += 1
        bits = format(cls.reserved, "08b")
        return "".join(letter + "_" * int(bit) for letter, bit in zip("alphalab", bits))

    @classmethod
    def pending(cls):
        name = cls.next("lost")
        cls.who["R"].call("Registry.CreatePublisher", name=name, on_behalf=True)
        claimant = person(cls.root, "claimant", scopes=["publishers"])
        request = claimant.call("Access.RequestPublisher", kind="PUBLISHER_REQUEST_KIND_CLAIM", publisher=name,
                                evidence="mine")
        claimant.close()
        return request["id"]

    # ---- the requests, one for each case

    @classmethod
    def request(cls, method, case, letter):
        build = getattr(cls, "ask_" + method.split(".")[1], None)
        return build(case, letter) if build else PLAIN.get(method, {})

    @classmethod
    def ask_CreatePublisher(cls, case, letter):
        return {"name": cls.next("pub"), "on_behalf": case == "for others"}

    @classmethod
    def ask_VerifyPublisher(cls, case, letter):
        name = cls.next("pub")
        cls.who["R"].call("Registry.CreatePublisher", name=name, on_behalf=True)
        return {"name": name, "evidence": "domain"}

    @classmethod
    def ask_ApplyRoster(cls, case, letter):
        return {"licenses": [{"license": "LicenseRef-" + cls.next("x"), "commercial": "PERMISSION_YES",
                              "derivatives": "PERMISSION_YES", "redistribution": "PERMISSION_YES"}]}

    @classmethod
    def ask_RegisterDerivative(cls, case, letter):
        return {"derivative": derivative(case + "/" + cls.next("m"), "alpha-lab/base@initial")}

    @classmethod
    def ask_BatchRegisterDerivatives(cls, case, letter):
        publishers = case.split(" and ")
        return {"derivatives": [derivative(publisher + "/" + cls.next("m"), "alpha-lab/base@initial")
                                for publisher in publishers + publishers[:1]]}

    @classmethod
    def ask_PublishRelease(cls, case, letter):
        return {"release": cls.release_of(case if "/" in case else cls.fresh_model(case))}

    @classmethod
    def ask_YankRelease(cls, case, letter):
        return {"name": cls.fresh_release(case), "reason": "a test"}

    @classmethod
    def ask_UnyankRelease(cls, case, letter):
        return {"name": cls.fresh_release(case, yanked=True)}

    @classmethod
    def ask_RenameModel(cls, case, letter):
        name = cls.fresh_model(case)
        return {"name": name, "new_name": name + "-new"}

    @classmethod
    def ask_TransferModel(cls, case, letter):
        giver, receiver = case.split(" to ")
        return {"name": cls.fresh_model(giver), "new_name": receiver + "/" + cls.next("m")}

    @classmethod
    def ask_AdoptExternalModel(cls, case, letter):
        return {"external": "huggingface.co/%s/%s" % (case, cls.next("x")), "model": cls.fresh_model(case), "reason": "a test"}

    @classmethod
    def ask_UnadoptExternalModel(cls, case, letter):
        request = cls.ask_AdoptExternalModel(case, letter)
        confirmed(cls.first, cls.second, "Registry.AdoptExternalModel", **request)
        return request

    @classmethod
    def ask_SetNamespace(cls, case, letter):
        request = {"publisher": "acme", "organisation": "huggingface.co/" + cls.next("org"), "evidence": "letter"}
        if case == "ended":
            cls.first.call("Registry.SetNamespace", **request)
        return dict(request, end=case == "ended")

    @classmethod
    def ask_RecordCensus(cls, case, letter):
        name = case + "/" + cls.next("m")
        record = json.dumps({"id": name}, separators=(",", ":")).encode()
        return {"hub": "huggingface.co", "steps": [{"present": {
            "record": base64.b64encode(record).decode(), "derivative": derivative(name, "alpha-lab/base@initial")}}]}

    @classmethod
    def ask_CompleteCensus(cls, case, letter):
        data = b"jokbo/census/v1\n"
        digest = hashlib.sha256(data).hexdigest()
        cls.who["P"].upload("BLOB_KIND_CENSUS_LIST", data, digest)
        return {"hub": "huggingface.co", "bases": ["alpha-lab/base"], "list_sha256": digest,
                "start_time": (cls.clock() - datetime.timedelta(seconds=5)).isoformat()}

    @classmethod
    def ask_SetVerifier(cls, case, letter):
        return {"verifier": cls.next("v"), "institution": "An institution", "reason": "invented"}

    @classmethod
    def ask_ChallengeRelease(cls, case, letter):
        name = "acme/" + cls.next("m")
        cls.who["O"].call("Registry.RegisterDerivative", derivative=derivative(
            name, "alpha-lab/base@initial", artifact_sha256=hashlib.sha256(name.encode()).hexdigest()))
        return {"model": name, "nonce": "0" * 63 + "1"}

    @classmethod
    def ask_AllowChallenge(cls, case, letter):
        request = cls.ask_ChallengeRelease(case, letter)
        cls.who["V"].call("Evidence.ChallengeRelease", **request)
        return {"verifier": "lab", "model": request["model"], "reason": "a test"}

    @classmethod
    def ask_AttestRelease(cls, case, letter):
        made = cls.who["V"].call("Evidence.ChallengeRelease", **cls.ask_ChallengeRelease(case, letter))
        return {"challenge": made["log_index"], "found_sha256": "1" * 64, "differs": "files are missing"}

    @classmethod
    def ask_GetEvidence(cls, case, letter):
        request = cls.ask_ChallengeRelease(case, letter)  # a challenge is something to tell
        cls.who["V"].call("Evidence.ChallengeRelease", **request)
        return {"model": request["model"]}

    @classmethod
    def ask_RenewEvidence(cls, case, letter):
        cls.who["R"].call("Evidence.AddReference", **cls.ask_AddReference(case, letter))  # which is newer than the evidence
        return {"model": cls.computed[case]}

    @classmethod
    def ask_AddReference(cls, case, letter):
        name = cls.next("r")
        manifest = Manifest({"a.safetensors": name})
        cls.who["P"].upload("BLOB_KIND_MANIFEST", manifest.bytes, manifest.digest)
        return {"external": "huggingface.co/org/" + name, "artifact_sha256": manifest.digest, "source": "invented"}

    @classmethod
    def ask_CreateAccount(cls, case, letter):
        return {"label": cls.next("somebody")}

    @classmethod
    def ask_UpdateAccount(cls, case, letter):
        made = cls.root.call("Access.CreateAccount", label="to be changed")
        return {"account": {"id": made["id"], "label": cls.next("changed"), "roles": ["ROLE_EVALUATOR"]}}

    @classmethod
    def whose(cls, case):
        return cls.who["K"].account if case == "of K" else 0

    @classmethod
    def ask_WithdrawBlob(cls, case, letter):
        data = cls.next("to be withdrawn ").encode()
        cls.upload(cls.root, data)
        return {"sha256": hashlib.sha256(data).hexdigest(), "reason": "a test"}

    @classmethod
    def ask_CreateToken(cls, case, letter):
        return {"account": cls.whose(case), "label": "made in a test", "lifetime_seconds": 1}

    @classmethod
    def ask_ListTokens(cls, case, letter):
        return {"account": cls.whose(case)}

    @classmethod
    def ask_RevokeToken(cls, case, letter):
        account = cls.whose(case) or getattr(cls.who[letter], "account", 0)
        made = cls.root.call("Access.CreateToken", account=account, lifetime_seconds=60, scopes=["TOKEN_SCOPE_TOKENS"])  # weak enough for all
        return {"id": made["token"]["id"]}

    @classmethod
    def ask_SetMember(cls, case, letter):
        return {"publisher": case, "role": "MEMBER_ROLE_WRITER",
                "account": cls.root.call("Access.CreateAccount", label="a member")["id"]}

    @classmethod
    def ask_RemoveMember(cls, case, letter):
        publisher = "club" if case == "oneself" else case
        account = (getattr(cls.who[letter], "account", cls.who["P"].account) if case == "oneself" else
                   cls.root.call("Access.CreateAccount", label="a member")["id"])
        joined(cls.root, publisher, account)
        return {"publisher": publisher, "account": account}

    @classmethod
    def ask_AcceptMembership(cls, case, letter):
        account = getattr(cls.who[letter], "account", cls.who["P"].account)
        if letter != "K":  # whose publisher it is: there is nothing to accept, and no error
            joined(cls.root, "club2", account)
            cls.root.call("Access.RemoveMember", publisher="club2", account=account)
        cls.root.call("Access.SetMember", publisher="club2", account=account, role="MEMBER_ROLE_WRITER")
        return {"publisher": "club2"}

    @classmethod
    def ask_ListMembers(cls, case, letter):
        return {"publisher": case}

    @classmethod
    def ask_RequestPublisher(cls, case, letter):
        if case == "reserved":
            return {"kind": "PUBLISHER_REQUEST_KIND_CREATE", "publisher": cls.reserved_name(), "evidence": "mine"}
        if case == "owner of acme2":
            return cls.for_owner()
        return {"kind": "PUBLISHER_REQUEST_KIND_CLAIM", "publisher": "gamma-lab", "evidence": "mine"}

    @classmethod
    def for_owner(cls):
        """A further owner of acme2, which is verified."""
        return {"kind": "PUBLISHER_REQUEST_KIND_OWNER", "publisher": "acme2", "evidence": "ours",
                "owner": cls.root.call("Access.CreateAccount", label="another owner")["id"]}

    @classmethod
    def ask_DecidePublisherRequest(cls, case, letter):
        request = (cls.who["O"].call("Access.RequestPublisher", **cls.for_owner())["id"] if "owner" in case
                   else cls.pending())
        return {"id": request, "approve": case.startswith("approve"), "evidence": "domain"}

    @classmethod
    def ask_RecordPolicy(cls, case, letter):
        return {"text": POLICY.replace("hub-like", cls.next("policy"))}

    @classmethod
    def ask_PutStage(cls, case, letter):
        return {"stage": dict(cls.stage, id=cls.next("stage"))}

    @classmethod
    def clock(cls):
        """The server's, which is a demo's."""
        shown = cls.root.call("Demo.GetClock")["time"].rstrip("Z")  # with 0, 3, 6 or 9 digits after the point
        return datetime.datetime.fromisoformat(shown[:26].ljust(26, "0") if "." in shown else shown).replace(
            tzinfo=datetime.timezone.utc)

    @classmethod
    def closed_stage(cls):
        """One whose cut-off is over; by itself, or by whoever asks first."""
        moment = cls.clock()
        times = {"open_time": (moment - datetime.timedelta(seconds=60)).isoformat(),
                 "cutoff_time": (moment + datetime.timedelta(seconds=0.3)).isoformat()}
        stage = cls.first.call("Stages.PutStage", stage=dict(cls.stage, id=cls.next("stage"), **times))
        time.sleep(0.35)
        cls.first.call("Stages.CloseStage", stage=stage["id"])
        return stage["id"]

    @classmethod
    def ask_CloseStage(cls, case, letter):
        return {"stage": cls.closed_stage(), "text": "another revision"}

    @classmethod
    def ask_GetReport(cls, case, letter):
        if not hasattr(cls, "reported"):
            cls.reported = cls.closed_stage()
        return {"stage": cls.reported, "file": "TABLE"}

    @classmethod
    def ask_Rule(cls, case, letter):
        return {"model": cls.fresh_model("acme"), "reason": "spam"}

    @classmethod
    def ask_DecideRuling(cls, case, letter):
        made = cls.first.call("Stages.Rule", model=cls.fresh_model("acme"), reason="spam")
        return {"ruling": made["log_index"], "confirm": True}

    @classmethod
    def ask_OpenDispute(cls, case, letter):
        name = cls.fresh_model(case.split()[0])
        if "beta" in case:
            name = "acme/" + cls.next("m")
            cls.who["O"].call("Registry.RegisterDerivative", derivative=derivative(name, "beta-lab/base@initial"))
        return {"subject": "DISPUTE_SUBJECT_PARENT", "model": name, "text": "not so"}

    @classmethod
    def ask_ResolveDispute(cls, case, letter):
        opened = cls.who["T"].call("Stages.OpenDispute", subject="DISPUTE_SUBJECT_STANDING",
                                   model=cls.fresh_model("acme"), text="not so")
        return {"dispute": opened["log_index"], "outcome": "DISPUTE_OUTCOME_UPHELD", "text": "so it is"}

    @classmethod
    def ask_SetClock(cls, case, letter):
        return {"time": (cls.clock() + datetime.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")}

    @classmethod
    def ask_ChangeKey(cls, case, letter):
        signatures = cls.root.call("Log.GetCheckpoint")["note"].count("\n\u2014 demo.invalid ")
        return {"retire": signatures > 1}

    # ---- calling and comparing

    @staticmethod
    def upload(client, data):
        return client.upload("BLOB_KIND_LICENSE_TEXT", data, hashlib.sha256(data).hexdigest())

    def invoke(self, client, method, request):
        if method == "Registry.UploadBlob":
            return self.upload(client, self.next("a licence's text ").encode())
        if method == "Log.ReadEntries":
            return client.entries(0, 1)
        if method == "Log.WatchEntries":
            return client.watch_begins()
        if method == "Evaluation.WatchCounts":
            return client.count_begins(scope={"all": True})
        if method == "Stages.GetReport":
            return client.report(**request)
        return client.call(method, **request)

    def state(self, method="Access"):
        """What a refused call could have changed: the log, and for Access what is kept beside it."""
        call = self.root.call
        if not method.startswith("Access"):
            return call("Log.GetCheckpoint")["note"]
        return {"size": call("Log.GetCheckpoint")["log_size"],
                "accounts": call("Access.ListAccounts", page_size=1000),
                "members": [call("Access.ListMembers", publisher=name, page_size=1000)
                            for name in ("acme", "globex", "orphan", "club")],
                "requests": call("Access.ListPublisherRequests", page_size=1000),
                "tokens": [call("Access.ListTokens", account=self.who[letter].account, page_size=1000)
                           for letter in "PK"]}

    def refusal(self, client, method, request, code, reasons):
        before = self.state(method)
        with self.assertRaises(Failure) as caught:
            self.invoke(client, method, request)
        failure = caught.exception
        self.assertEqual(failure.code, code, failure.message)
        self.assertIn(failure.reason, reasons, failure.message)
        self.assertTrue(failure.message)
        self.assertEqual(self.state(method), before, "a refused call changed something")
        return failure

    # ---- the tests

    def test_every_method_has_a_row(self):
        self.assertEqual({row[0] for row in ROWS}, methods_of_interface())

    def test_matrix(self):
        for method, case, may, scope, *code in ROWS:
            request = self.request(method, case, "A")  # one for all who are refused: it stays as it is
            for letter in sorted(ANYONE, key=lambda letter: letter in may):
                with self.subTest(method=method, case=case, caller=NAMES[letter]):
                    client = self.who[letter]
                    if letter in may:
                        self.invoke(client, method, self.request(method, case, letter))
                    elif letter == "A":
                        self.refusal(client, method, request, "UNAUTHENTICATED", {"TOKEN_REQUIRED"})
                    else:
                        self.refusal(client, method, request, (code or ["PERMISSION_DENIED"])[0], REFUSALS)

    def test_scopes(self):
        """With every scope but one of the method's own the call is refused; with those alone it goes through."""
        tried = set()
        for method, case, may, scope, *_ in ROWS:
            if scope is None or method in tried:
                continue
            tried.add(method)
            letter = may[0]
            account = self.who[letter].account
            with self.subTest(method=method, scope=scope, caller=NAMES[letter]):
                for needed in scope.split():
                    lacking = self.with_scopes(account, [s for s in SCOPES if s not in [needed] + INCLUDED.get(needed, [])])
                    failure = self.refusal(lacking, method, self.request(method, case, letter), "PERMISSION_DENIED", {"SCOPE_REQUIRED"})
                    self.assertEqual(failure.metadata.get("scope"), needed)
                for enough in [scope.split()] + [[s] for s in INCLUDED.get(scope, [])]:
                    self.invoke(self.with_scopes(account, enough), method, self.request(method, case, letter))

    def test_admins_reach_needs_the_scope_accounts(self):
        """What an admin may do beyond his own account hangs on that scope, not on the method's alone."""
        for method, case, scope, code in (("Access.CreateToken", "of K", "tokens", "PERMISSION_DENIED"),
                                          ("Access.ListTokens", "of K", "tokens", "PERMISSION_DENIED"),
                                          ("Access.RevokeToken", "of K", "tokens", "NOT_FOUND"),
                                          ("Access.SetMember", "acme", "publishers", "PERMISSION_DENIED"),
                                          ("Access.RemoveMember", "acme", "publishers", "PERMISSION_DENIED")):
            with self.subTest(method=method):
                client = self.with_scopes(self.who["D"].account, [scope])
                self.refusal(client, method, self.request(method, case, "D"), code, REFUSALS)

    def test_reading_needs_no_scope(self):
        client = self.with_scopes(self.who["P"].account, ["roster"])
        for method, case, may, scope, *_ in ROWS:
            if scope is None:
                with self.subTest(method=method):
                    self.invoke(client, method, self.request(method, case, "P"))

    def with_scopes(self, account, scopes):
        made = self.root.call("Access.CreateToken", account=account, lifetime_seconds=600,
                              scopes=["TOKEN_SCOPE_" + s.upper() for s in scopes])
        client = Client(self.server.address, made["secret"])
        self.addCleanup(self.root.call, "Access.RevokeToken", id=made["token"]["id"])
        self.addCleanup(client.close)
        return client

    def bad_tokens(self):
        """Headers that are no token in force; the valid one is an admin's, who might do nearly all."""
        call, valid = self.root.call, self.who["D"].token
        account = call("Access.CreateAccount", label="disabled", roles=["ROLE_ADMIN"])
        disabled = call("Access.CreateToken", account=account["id"])["secret"]
        call("Access.UpdateAccount", account=dict(account, disabled=True))
        revoked = call("Access.CreateToken", account=self.who["D"].account)
        call("Access.RevokeToken", id=revoked["token"]["id"])
        expired = call("Access.CreateToken", account=self.who["D"].account, lifetime_seconds=1)["secret"]
        Client(self.server.address, expired).call("Access.GetCaller")
        time.sleep(1.1)
        flipped = valid[:10] + ("A" if valid[10] != "A" else "B") + valid[11:]
        return {"disabled": ["Bearer " + disabled], "revoked": ["Bearer " + revoked["secret"]],
                "expired": ["Bearer " + expired], "unknown": ["Bearer " + flipped],
                "upper case": ["Bearer " + valid.upper()], "no scheme": [valid], "scheme alone": ["Bearer"],
                "scheme and space": ["Bearer "], "other scheme": ["Basic " + valid], "comma": ["Bearer," + valid],
                "short": ["Bearer " + valid[:-1]], "long": ["Bearer " + valid + "A"], "prefix": ["Bearer jk_"],
                "two in one": ["Bearer " + valid + ",Bearer " + valid], "inner space": ["Bearer " + valid + " x"],
                "huge": ["Bearer jk_" + "A" * 4000], "twice": ["Bearer " + valid, "Bearer " + valid],
                "good and bad": ["Bearer " + valid, "Bearer " + flipped]}

    def test_bad_tokens(self):
        """No method takes a token that is not in force, not even one that needs none."""
        requests = {row[0]: self.request(row[0], row[1], "D") for row in ROWS}
        before = None
        for kind, headers in self.bad_tokens().items():
            client = HeaderClient(self.server.address, *headers)
            self.addCleanup(client.close)
            before = before or self.state()
            for method, request in requests.items():
                with self.subTest(kind=kind, method=method):
                    with self.assertRaises(Failure) as caught:
                        self.invoke(client, method, request)
                    failure = caught.exception
                    self.assertEqual(failure.code, "UNAUTHENTICATED", failure.message)
                    self.assertFalse(any(len(text) > 30 and text[10:30] in failure.message for text in headers))
        self.assertEqual(self.state(), before)

    def test_spellings_of_a_good_header(self):
        valid = self.who["P"].token
        for value in ("bearer " + valid, "BEARER " + valid, "Bearer    " + valid):
            with self.subTest(value=value[:9]):
                client = HeaderClient(self.server.address, value)
                self.addCleanup(client.close)
                caller = client.call("Access.GetCaller")
                self.assertEqual(int(caller["account"]["id"]), self.who["P"].account)

    def test_one_connection_many_callers(self):
        """Who calls is decided for each call: the connection remembers nobody."""
        client, ids = Client(self.server.address), []
        self.addCleanup(client.close)
        for letter in "PDTP":
            caller = client.call("Access.GetCaller", token=self.who[letter].token)
            ids.append(int(caller["account"]["id"]))
            with self.assertRaises(Failure) as caught:
                client.call("Access.GetCaller", token=None)
            self.assertEqual(caught.exception.code, "UNAUTHENTICATED")
        self.assertEqual(ids, [self.who[letter].account for letter in "PDTP"])


PLAIN = {
    "Registry.GetBlob": {"sha256": hashlib.sha256(BLOB).hexdigest()},
    "Registry.GetPublisher": {"name": "acme"},
    "Registry.GetModel": {"name": "alpha-lab/base"},
    "Registry.ListDerivatives": {"model": "alpha-lab/base"},
    "Registry.GetLineage": {"name": "alpha-lab/base"},
    "Registry.GetRelease": {"name": "alpha-lab/base@initial"},
    "Registry.ListReleases": {"model": "alpha-lab/base"},
    "Evaluation.CountDerivatives": {"scope": {"all": True}},
    "Evaluation.ListCounted": {"scope": {"base_model": "alpha-lab/base"}},
    "Evaluation.ListPublisherCounts": {"scope": {"all": True}},
    "Registry.Suggest": {"text": "alpha"},
    "Stages.GetPolicy": {"policy": "hub-like"},
    "Stages.GetStage": {"id": "stage-1"},
    "Log.GetInclusionProof": {"log_index": 0},
    "Log.GetReceipt": {"log_index": 0},
}

if __name__ == "__main__":
    unittest.main()
