"""Verifiers: who appoints them and who speaks for them; challenges with a key that everybody recomputes; and what an attestation
must bring. The form of a challenge text is unit/test_challenge_text.c's subject."""
import datetime
import os
import struct
import sys
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import evidence  # noqa: E402
import publication  # noqa: E402
import sketch  # noqa: E402
from jokbo import Case, Client, Failure, confirmed, external, joined, new_id, person  # noqa: E402

BASE = "skt/A.X-K1"
DENIED, FAILED, MISSING = "PERMISSION_DENIED", "FAILED_PRECONDITION", "NOT_FOUND"
OPEN, AGREES, DIFFERS, ABANDONED = ("CHALLENGE_STATE_" + word for word in ("OPEN", "AGREES", "DIFFERS", "ABANDONED"))
NONCE = "ab" * 32


def tensors(*seeds):
    values = evidence.tensor_values(128 * 128, seeds)
    return [("model.layers.0.w", "F32", [128, 128], struct.pack("<%df" % len(values), *values))]


class Vouched(Case):
    options = ("--demo",)
    made = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = (cls.some("an evaluator", "evaluator") for _ in range(2))

    @classmethod
    def some(cls, label, *roles, by=None, scopes=("models", "roster", "accounts", "tokens", "publishers"), **fields):
        client = person(by or cls.admin, label, roles, scopes=scopes, **fields)
        cls.addClassCleanup(client.close)
        return client

    def next(self, beginning):
        Vouched.made += 1
        return beginning + str(Vouched.made)

    def appoint(self, verifier, institution="An institution", **fields):
        return confirmed(self.first, self.second, "Evidence.SetVerifier", verifier=verifier, institution=institution,
                         reason="invented", **fields)

    def lab(self, **fields):
        """A verifier in effect, and an account of it."""
        verifier = self.next("lab-")
        self.appoint(verifier)
        client = self.some(verifier, "verifier", verifier=verifier, **fields)
        client.verifier = verifier
        return client

    def listed(self):
        return {v["id"]: v for v in self.anyone.call("Evidence.ListVerifiers")["verifiers"]}

    def wait(self, **time):
        shown = self.admin.call("Demo.GetClock")["time"].rstrip("Z")[:19]
        moment = datetime.datetime.fromisoformat(shown) + datetime.timedelta(**time)
        self.admin.call("Demo.SetClock", time=moment.isoformat() + "Z")

    # ---- releases and what verifiers find

    def weigh(self, name, seeds, *parents, client=None, held=True):
        """A model whose weights are those tensors; its manifest is uploaded first."""
        made = tensors(*seeds)
        manifest = evidence.manifest_of(made).encode()
        digest = evidence.sha256(manifest)
        fields = {"artifact_sha256": digest}
        if held:
            blob = (client or self.alice).upload("BLOB_KIND_MANIFEST", manifest, digest)
            fields["weights_sha256"] = blob["weights_sha256"]
        if len(parents) > 1:
            fields["relation"] = "merge"
        release = self.register(name, *(parents or (BASE + "@initial",)), client=client, **fields)["release"]
        return dict(name=name, hash=release["lineage_hash"], artifact=digest, tensors=made)

    def weighed(self, *parents, **fields):
        return self.weigh("alice/" + self.next("w"), (Vouched.made,), *parents, **fields)

    def challenge(self, lab, model, **fields):
        return lab.call("Evidence.ChallengeRelease", model=model["name"], nonce=NONCE, **fields)

    @staticmethod
    def text_of(challenge, *models, **changes):
        """The challenge text of these models, the release first."""
        key = changes.get("key", challenge["key"])
        rows = [(m["hash"], "sha256:" + m["artifact"],
                 evidence.manifest_of(m["tensors"], lambda n: sketch.challenge_signs(bytes.fromhex(key), n))) for m in models]
        return evidence.challenge_text(changes.get("release", models[0]["hash"]),
                                       changes.get("index", int(challenge["log_index"])), key, rows).encode()

    def bring(self, client, text):
        digest = evidence.sha256(text)
        client.upload("BLOB_KIND_CHALLENGE", text, digest)
        return digest

    def attest(self, lab, challenge, model, sketches, **fields):
        return lab.call("Evidence.AttestRelease", **dict(challenge=challenge["log_index"], found_sha256=model["artifact"],
                                                         sketches_sha256=sketches, **fields))

    def misfit(self, lab, challenge, model, text):
        self.wrong(["sketches_sha256"], "Evidence.AttestRelease", lab, challenge=challenge["log_index"],
                   found_sha256=model["artifact"], sketches_sha256=self.bring(lab, text))

    def lines(self, index):
        return self.anyone.entries(int(index), int(index) + 1)[0].decode().split("\n")


class Appointments(Vouched):
    def test_appointed_by_two(self):
        made = self.first.call("Evidence.SetVerifier", verifier="kisti", institution="KISTI 연구원", reason="letter", text="a long story")
        self.assertEqual((made["kind"], made["verifier"], made["institution"], made["model"], made["state"], made["text"]),
                         ("RULING_KIND_VERIFIER", "kisti", "KISTI 연구원", "", "RULING_STATE_PENDING", "a long story"))
        self.assertNotIn("kisti", self.listed())
        self.refused(FAILED, "RULING_PENDING", "Evidence.SetVerifier", self.second, verifier="kisti", institution="KISTI 연구원", reason="x")
        self.refused(DENIED, "SAME_EVALUATOR", "Stages.DecideRuling", self.first, ruling=made["log_index"], confirm=True)
        self.second.call("Stages.DecideRuling", ruling=made["log_index"], confirm=True)
        shown = self.listed()["kisti"]
        self.assertEqual((shown["institution"], shown["attestations"], int(shown["log_index"])), ("KISTI 연구원", "0", self.size() - 1))
        lines = self.lines(made["log_index"])
        self.assertEqual([lines[1]] + lines[3:8], ["kind verifier", "actor role evaluator", "verifier kisti", "institution KISTI 연구원",
                                                   "reason letter", "needs-second yes"])
        self.refused(FAILED, "ALREADY_SO", "Evidence.SetVerifier", self.first, verifier="kisti", institution="KISTI 연구원", reason="x")
        self.appoint("kisti", "KISTI")
        self.assertEqual(self.listed()["kisti"]["institution"], "KISTI")
        confirmed(self.first, self.second, "Evidence.SetVerifier", verifier="kisti", end=True, reason="over")
        self.assertNotIn("kisti", self.listed())
        self.refused(MISSING, "VERIFIER_NOT_FOUND", "Evidence.SetVerifier", self.first, verifier="kisti", end=True, reason="over")
        self.refused(MISSING, "VERIFIER_NOT_FOUND", "Evidence.SetVerifier", self.first, verifier="nobody", end=True, reason="over")

    def test_rejected(self):
        made = self.first.call("Evidence.SetVerifier", verifier="unknown-lab", institution="X", reason="letter")
        self.second.call("Stages.DecideRuling", ruling=made["log_index"], confirm=False)
        self.assertNotIn("unknown-lab", self.listed())

    def test_only_checked(self):
        before = self.size()
        made = self.first.call("Evidence.SetVerifier", verifier="dry", institution="X", reason="letter", validate_only=True)
        self.assertEqual((made["log_index"], self.size()), ("0", before))

    def test_repeated(self):
        request = dict(verifier=self.next("again-"), institution="X", reason="letter", request_id=str(uuid.uuid4()))
        made, before = self.first.call("Evidence.SetVerifier", **request), self.size()
        self.assertEqual((self.first.call("Evidence.SetVerifier", **request), self.size()), (made, before))

    def test_wrong_fields(self):
        self.wrong(["verifier", "institution", "reason"], "Evidence.SetVerifier", self.first)
        self.wrong(["verifier", "institution", "reason", "text"], "Evidence.SetVerifier", self.first, verifier="A", institution="x" * 201,
                   reason="two\nlines", text="x" * 4097)
        self.wrong(["institution"], "Evidence.SetVerifier", self.first, verifier="lab", institution="X", end=True, reason="over")
        self.wrong(["verifier"], "Evidence.ListChallenges", self.anyone, verifier="A B")
        self.wrong(["page_size"], "Evidence.ListVerifiers", self.anyone, page_size=-1)

    def test_pages(self):
        for _ in range(3):
            self.appoint(self.next("page-"))
        whole = self.anyone.call("Evidence.ListVerifiers")
        ids, token = [], ""
        while True:
            page = self.anyone.call("Evidence.ListVerifiers", page_size=2, page_token=token)
            self.assertEqual(page["total_size"], whole["total_size"])
            ids += [v["id"] for v in page["verifiers"]]
            token = page["next_page_token"]
            if not token:
                break
        self.assertEqual(ids, [v["id"] for v in whole["verifiers"]])
        self.assertEqual(ids, sorted(ids))

    def test_no_say_in_ones_own(self):
        """Whoever made an account of the verifier would speak with its voice."""
        both = self.some("evaluator and admin", "evaluator", "admin")
        token = self.some("made a token", "evaluator", "admin")
        lab = self.lab()
        given = self.some("x", "verifier", by=both, verifier=lab.verifier)
        end = dict(verifier=lab.verifier, end=True, reason="over")
        self.refused(DENIED, "OWN_VERIFIER", "Evidence.SetVerifier", both, **end)
        token.call("Access.CreateToken", account=given.account)
        self.refused(DENIED, "OWN_VERIFIER", "Evidence.SetVerifier", token, **end)
        ruling = self.first.call("Evidence.SetVerifier", **end)["log_index"]
        self.admin.call("Access.UpdateAccount", account={"id": both.account, "label": "x", "roles": ["ROLE_EVALUATOR"]})
        self.refused(DENIED, "OWN_VERIFIER", "Stages.DecideRuling", both, ruling=ruling, confirm=False)
        self.second.call("Stages.DecideRuling", ruling=ruling, confirm=True)

    def test_of_ones_own_once(self):
        """An account that is a verifier's no more, and whoever gave it the role."""
        lab, both = self.lab(), self.some("evaluator and admin", "evaluator", "admin")
        plain = self.some("plain")
        for roles, verifier in ((["ROLE_VERIFIER"], lab.verifier), ([], ""), (["ROLE_EVALUATOR"], "")):
            both.call("Access.UpdateAccount", account={"id": plain.account, "label": "x", "roles": roles, "verifier": verifier})
        end = dict(verifier=lab.verifier, end=True, reason="over")
        self.refused(DENIED, "OWN_VERIFIER", "Evidence.SetVerifier", plain, **end)
        self.refused(DENIED, "OWN_VERIFIER", "Evidence.SetVerifier", both, **end)
        self.first.call("Evidence.SetVerifier", validate_only=True, **end)

    def test_for_too_many(self):
        account, change = self.some("of many").account, "Access.UpdateAccount"
        names = [self.next("many-").ljust(63, "x") for _ in range(8)]
        for verifier in names:
            self.appoint(verifier)
        requests = [dict(account={"id": account, "label": "x", "roles": ["ROLE_VERIFIER"], "verifier": verifier}) for verifier in names]
        for request in requests[:7]:
            self.admin.call(change, **request)
        self.refused(FAILED, "VERIFIERS_FULL", change, self.admin, **requests[7])
        self.admin.call(change, **requests[0])  # which is known

    def test_who_proposed_gives_no_role(self):
        both = self.some("evaluator and admin", "evaluator", "admin")
        verifier = self.next("own-")
        request = dict(label="x", roles=["ROLE_VERIFIER"], verifier=verifier)
        self.refused(MISSING, "VERIFIER_NOT_FOUND", "Access.CreateAccount", both, **request)
        confirmed(both, self.second, "Evidence.SetVerifier", verifier=verifier, institution="X", reason="letter")
        self.refused(DENIED, "OWN_RULING", "Access.CreateAccount", both, **request)
        plain = both.call("Access.CreateAccount", label="plain")
        changed = {"id": plain["id"], "label": "x", "roles": ["ROLE_VERIFIER"], "verifier": verifier}
        self.refused(DENIED, "OWN_RULING", "Access.UpdateAccount", both, account=changed)
        made = self.admin.call("Access.UpdateAccount", account=changed)
        self.assertEqual((made["roles"], made["verifier"]), (["ROLE_VERIFIER"], verifier))
        both.call("Access.UpdateAccount", account=dict(made, label="renamed"))  # which has the role already

    def test_one_role_alone(self):
        lab = self.lab()
        for roles in (["ROLE_VERIFIER", "ROLE_EVALUATOR"], ["ROLE_ADMIN", "ROLE_VERIFIER"]):
            self.wrong(["roles"], "Access.CreateAccount", self.admin, label="x", roles=roles, verifier=lab.verifier)
        self.wrong(["verifier"], "Access.CreateAccount", self.admin, label="x", roles=["ROLE_VERIFIER"])
        self.wrong(["verifier"], "Access.CreateAccount", self.admin, label="x", verifier=lab.verifier)
        self.wrong(["verifier"], "Access.CreateAccount", self.admin, label="x", roles=["ROLE_VERIFIER"], verifier="x" * 64)
        self.assertEqual(lab.call("Access.GetCaller")["account"]["verifier"], lab.verifier)


class Challenges(Vouched):
    def test_key(self):
        """From the log that ends with the challenge, recomputed from its entries."""
        lab, model = self.lab(), self.weighed()
        made = self.challenge(lab, model)
        index = int(made["log_index"])
        hashes = [publication.leaf(entry) for entry in self.anyone.entries(0, index + 1)]
        key = evidence.challenge_key(publication.root(hashes).hex(), model["hash"])
        self.assertEqual(made["key"], key)
        self.register("alice/" + self.next("later"), BASE + "@initial")  # the log goes on, the key does not
        shown = self.anyone.call("Evidence.ListChallenges", model=model["name"])["challenges"]
        self.assertEqual([(c["key"], c["state"], c["verifier"], c["version"], c["artifact_sha256"], c["verifier_in_effect"]) for c in shown],
                         [(key, OPEN, lab.verifier, "1", model["artifact"], True)])
        lines = self.lines(index)
        self.assertEqual([lines[1]] + lines[3:], ["kind challenge", "actor verifier " + lab.verifier, "release " + model["hash"],
                                                  "nonce " + NONCE, ""])

    def test_repeated_and_only_checked(self):
        lab, model = self.lab(), self.weighed()
        dry = self.challenge(lab, model, validate_only=True)
        self.assertEqual((dry["log_index"], dry["key"], dry["log_size"]), ("0", "", "0"))
        id_ = str(uuid.uuid4())
        made, before = self.challenge(lab, model, request_id=id_), self.size()
        self.assertTrue(made["key"])
        self.assertEqual((self.challenge(lab, model, request_id=id_), self.size()), (made, before))

    def test_once(self):
        lab, other, model = self.lab(), self.lab(), self.weighed()
        again = dict(verifier=lab.verifier, model=model["name"], reason="disk failed", text="more")
        self.refused(FAILED, "ALREADY_SO", "Evidence.AllowChallenge", self.first, **again)
        made = self.challenge(lab, model)
        self.refused(FAILED, "CHALLENGED", "Evidence.ChallengeRelease", lab, model=model["name"], nonce=NONCE)
        self.challenge(other, model)
        found = lab.call("Evidence.AttestRelease", challenge=made["log_index"], found_sha256="1" * 64, differs="other files")
        self.assertEqual((found["state"], found["differs"], found["found_sha256"], found["key"]),
                         (DIFFERS, "other files", "1" * 64, made["key"]))
        self.refused(FAILED, "CHALLENGED", "Evidence.ChallengeRelease", lab, model=model["name"], nonce=NONCE)
        allowed = self.first.call("Evidence.AllowChallenge", **again)
        self.assertEqual((allowed["log_index"], allowed["key"]), (made["log_index"], made["key"]))
        lines = self.lines(self.size() - 1)
        self.assertEqual([lines[1]] + lines[3:7], ["kind challenge-again", "actor role evaluator", "verifier " + lab.verifier,
                                                   "release " + model["hash"], "reason disk failed"])
        self.refused(FAILED, "ALREADY_SO", "Evidence.AllowChallenge", self.first, **again)
        second = self.challenge(lab, model)
        self.assertNotEqual(second["key"], made["key"])
        self.refused(FAILED, "CHALLENGED", "Evidence.ChallengeRelease", lab, model=model["name"], nonce=NONCE)
        shown = self.anyone.call("Evidence.ListChallenges", model=model["name"] + "@1", verifier=lab.verifier)["challenges"]
        self.assertEqual([(c["log_index"], c["state"]) for c in shown], [(second["log_index"], OPEN), (made["log_index"], DIFFERS)])

    def test_abandoned(self):
        lab, model = self.lab(), self.weighed()
        made = self.challenge(lab, model)
        answer = dict(challenge=made["log_index"], found_sha256="1" * 64, differs="other files")
        self.wait(days=6, hours=23)
        lab.call("Evidence.AttestRelease", validate_only=True, **answer)
        self.wait(hours=2)
        self.refused(FAILED, "CHALLENGE_ABANDONED", "Evidence.AttestRelease", lab, **answer)
        shown = self.anyone.call("Evidence.ListChallenges", model=model["name"])["challenges"]
        self.assertEqual([c["state"] for c in shown], [ABANDONED])
        self.refused(FAILED, "CHALLENGED", "Evidence.ChallengeRelease", lab, model=model["name"], nonce=NONCE)

    def test_refused(self):
        lab, model = self.lab(), self.weighed()
        self.wrong(["model", "nonce"], "Evidence.ChallengeRelease", lab)
        self.wrong(["model", "nonce"], "Evidence.ChallengeRelease", lab, model="x@1", nonce="AB" * 32)
        self.wrong(["verifier", "model", "reason"], "Evidence.AllowChallenge", self.first)
        self.refused(MISSING, "MODEL_NOT_FOUND", "Evidence.ChallengeRelease", lab, model="alice/none", nonce=NONCE)
        self.refused(MISSING, "RELEASE_NOT_FOUND", "Evidence.ChallengeRelease", lab, model=model["name"] + "@7", nonce=NONCE)
        self.refused(MISSING, "VERIFIER_NOT_FOUND", "Evidence.AllowChallenge", self.first, verifier="none", model=model["name"], reason="x")
        self.refused(MISSING, "VERIFIER_NOT_FOUND", "Evidence.ListChallenges", self.anyone, verifier="none")
        self.refused(MISSING, "RELEASE_NOT_FOUND", "Evidence.ListChallenges", self.anyone, model=model["name"] + "@7")
        bare = "alice/" + self.next("bare")
        self.register(bare, BASE + "@initial")
        self.refused(FAILED, "NO_ARTIFACT", "Evidence.ChallengeRelease", lab, model=bare, nonce=NONCE)

    def test_ended(self):
        lab, model = self.lab(), self.weighed()
        made = self.challenge(lab, model)
        confirmed(self.first, self.second, "Evidence.SetVerifier", verifier=lab.verifier, end=True, reason="over")
        self.refused(FAILED, "VERIFIER_ENDED", "Evidence.ChallengeRelease", lab, model=self.weighed()["name"], nonce=NONCE)
        self.refused(FAILED, "VERIFIER_ENDED", "Evidence.AttestRelease", lab, challenge=made["log_index"], found_sha256="1" * 64, differs="x")
        shown = self.anyone.call("Evidence.ListChallenges", verifier=lab.verifier)["challenges"]
        self.assertEqual([c["verifier_in_effect"] for c in shown], [False])

    def test_own_publisher(self):
        """Also of a parent, and of a former member."""
        lab = self.lab()
        joined(self.admin, "bob", lab.account, by=self.bob)
        theirs = self.weigh("bob/" + self.next("w"), (1, 2), client=self.bob)
        child = self.weighed(theirs["name"] + "@1")
        self.bob.call("Access.RemoveMember", publisher="bob", account=lab.account)
        for model in theirs, child:
            self.refused(DENIED, "OWN_PUBLISHER", "Evidence.ChallengeRelease", lab, model=model["name"], nonce=NONCE)

    def test_who_adopted_the_parent(self):
        lab, name = self.lab(), "huggingface.co/org/" + self.next("x")
        child, adopts = self.weighed(BASE + "@initial", external(name)), self.weigh("bob/" + self.next("w"), (5, 6), client=self.bob)
        confirmed_by = dict(external=name, model=adopts["name"], reason="letter")
        joined(self.admin, "bob", lab.account, by=self.bob)
        self.challenge(lab, child, validate_only=True)
        confirmed(self.first, self.second, "Registry.AdoptExternalModel", **confirmed_by)
        self.refused(DENIED, "OWN_PUBLISHER", "Evidence.ChallengeRelease", lab, model=child["name"], nonce=NONCE)

    def test_a_team_of_old(self):
        lab, model = self.lab(), self.weighed()
        rival = self.some("acted for a team", "team", team="upstage")
        self.admin.call("Access.UpdateAccount", account={"id": rival.account, "label": "x", "roles": ["ROLE_VERIFIER"], "verifier": lab.verifier})
        self.refused(DENIED, "OWN_TEAM", "Evidence.ChallengeRelease", rival, model=model["name"], nonce=NONCE)

    def test_no_leave_for_ones_own(self):
        lab, model = self.lab(), self.weighed()
        both = self.some("evaluator and admin", "evaluator", "admin")
        self.some("x", "verifier", by=both, verifier=lab.verifier)
        self.challenge(lab, model)
        again = dict(verifier=lab.verifier, model=model["name"], reason="x")
        self.refused(DENIED, "OWN_VERIFIER", "Evidence.AllowChallenge", both, **again)
        member = self.some("an evaluator of alice's", "evaluator")
        joined(self.admin, "alice", member.account, by=self.alice)
        self.refused(DENIED, "OWN_PUBLISHER", "Evidence.AllowChallenge", member, **again)


class Attestations(Vouched):
    def test_agrees(self):
        lab, parent = self.lab(), self.weighed()
        model = self.weighed(parent["name"] + "@1")
        made = self.challenge(lab, model)
        digest = self.bring(lab, self.text_of(made, model, parent))
        blob = self.anyone.call("Registry.GetBlob", sha256=digest)
        self.assertEqual((blob["kind"], blob["weights_sha256"]), ("BLOB_KIND_CHALLENGE", ""))
        before = self.size()
        dry = self.attest(lab, made, model, digest, validate_only=True)
        self.assertEqual((dry["attest_index"], self.size()), ("0", before))
        done = self.attest(lab, made, model, digest)
        self.assertEqual((done["state"], done["attest_index"], done["sketches_sha256"], done["key"]),
                         (AGREES, str(self.size() - 1), digest, made["key"]))
        lines = self.lines(done["attest_index"])
        self.assertEqual([lines[1]] + lines[3:], ["kind attest", "actor verifier " + lab.verifier, "challenge " + made["log_index"],
                                                  "artifact sha256:" + model["artifact"], "differs none", "sketches sha256:" + digest, ""])
        self.assertEqual(self.listed()[lab.verifier]["attestations"], "1")
        self.refused(FAILED, "ATTESTED", "Evidence.AttestRelease", lab, challenge=made["log_index"], found_sha256=model["artifact"],
                     sketches_sha256=digest)

    def test_what_the_text_must_be(self):
        lab, other, stranger = self.lab(), self.weighed(), self.weighed()
        model = self.weighed(other["name"] + "@1")
        made = self.challenge(lab, model)
        text = self.text_of(made, model, other)
        for wrong in (self.text_of(made, model, key="12" * 32), self.text_of(made, model, index=7),
                      self.text_of(made, other, release=other["hash"])):
            self.misfit(lab, made, model, wrong)
        self.misfit(lab, made, model, self.text_of(made, model, stranger))
        self.misfit(lab, made, model, self.text_of(made, dict(model, artifact=other["artifact"])))
        self.misfit(lab, made, model, self.text_of(made, model, dict(other, artifact=stranger["artifact"])))
        self.misfit(lab, made, model, self.text_of(made, dict(model, tensors=other["tensors"]), other))
        self.misfit(lab, made, model, self.text_of(made, model, dict(other, tensors=model["tensors"])))
        self.attest(lab, made, model, self.bring(lab, text))

    def test_external_parent(self):
        """Its sketches count if a reference says which files it is of."""
        lab, name = self.lab(), "huggingface.co/org/" + self.next("x")
        made = tensors(4242)
        manifest = evidence.manifest_of(made).encode()
        known = dict(artifact=evidence.sha256(manifest), tensors=made)
        model = self.weighed(BASE + "@initial", external(name))
        parents = self.anyone.call("Registry.GetRelease", name=model["name"] + "@1")["parents"]
        known["hash"], = (p["lineage_hash"] for p in parents if p["name"] == name)
        challenge = self.challenge(lab, model)
        text = self.text_of(challenge, model, known)
        self.misfit(lab, challenge, model, text)
        self.alice.upload("BLOB_KIND_MANIFEST", manifest, known["artifact"])
        self.admin.call("Evidence.AddReference", external=name, artifact_sha256=known["artifact"], source="Hub")
        self.misfit(lab, challenge, model, self.text_of(challenge, model, dict(known, tensors=model["tensors"])))
        self.assertEqual(self.attest(lab, challenge, model, self.bring(lab, text))["state"], AGREES)

    def test_malformed_text(self):
        lab, model = self.lab(), self.weighed()
        text = self.text_of(self.challenge(lab, model), model).replace(b"\nkey ", b"\nkeys ")
        with self.assertRaises(Failure) as caught:
            self.bring(lab, text)
        self.assertEqual(caught.exception.reason, "INVALID_CHALLENGE_TEXT")

    def test_only_verifiers_bring_texts(self):
        lab, model = self.lab(), self.weighed()
        text = self.text_of(self.challenge(lab, model), model)
        for client in (self.alice, self.admin):
            with self.assertRaises(Failure) as caught:
                self.bring(client, text)
            self.assertEqual((caught.exception.code, caught.exception.reason), (DENIED, "ROLE_REQUIRED"))
        self.bring(lab, text)

    def test_no_text_is_read_in_vain(self):
        """Who may not answer is refused whatever the text is; the same request again is answered as before."""
        lab, other, model = self.lab(), self.lab(), self.weighed()
        made = self.challenge(lab, model)
        request = dict(challenge=made["log_index"], found_sha256=model["artifact"], sketches_sha256="2" * 64)
        self.refused(DENIED, "OTHER_VERIFIER", "Evidence.AttestRelease", other, **request)
        text, again = self.bring(lab, self.text_of(made, model)), new_id()
        done = self.attest(lab, made, model, text, request_id=again)
        self.refused(FAILED, "ATTESTED", "Evidence.AttestRelease", lab, **request)
        self.assertEqual(self.attest(lab, made, model, text, request_id=again)["attest_index"], done["attest_index"])

    def test_what_must_be_there(self):
        lab, model = self.lab(), self.weighed(held=False)
        made = self.challenge(lab, model)
        request = dict(challenge=made["log_index"], found_sha256=model["artifact"])
        self.wrong(["challenge", "found_sha256", "sketches_sha256"], "Evidence.AttestRelease", lab, challenge=-1)
        self.wrong(["sketches_sha256"], "Evidence.AttestRelease", lab, **request)
        self.wrong(["differs"], "Evidence.AttestRelease", lab, challenge=made["log_index"], found_sha256="1" * 64, sketches_sha256="2" * 64)
        self.wrong(["differs"], "Evidence.AttestRelease", lab, differs="x" * 201, **request)
        self.refused(MISSING, "BLOB_NOT_FOUND", "Evidence.AttestRelease", lab, sketches_sha256="2" * 64, **request)
        digest = self.bring(lab, self.text_of(made, model))
        failure = self.refused(MISSING, "BLOB_NOT_FOUND", "Evidence.AttestRelease", lab, sketches_sha256=digest, **request)
        self.assertIn(model["artifact"], failure.message)
        lab.upload("BLOB_KIND_MANIFEST", evidence.manifest_of(model["tensors"]).encode(), model["artifact"])
        self.refused(MISSING, "CHALLENGE_NOT_FOUND", "Evidence.AttestRelease", lab, **dict(request, challenge=0, sketches_sha256=digest))
        self.assertEqual(self.attest(lab, made, model, digest)["state"], AGREES)

    def test_another_verifiers_challenge(self):
        lab, other, model = self.lab(), self.lab(), self.weighed()
        made = self.challenge(lab, model)
        self.refused(DENIED, "OTHER_VERIFIER", "Evidence.AttestRelease", other, challenge=made["log_index"], found_sha256="1" * 64, differs="x")

    def test_differs_with_a_text(self):
        lab, model = self.lab(), self.weighed()
        made = self.challenge(lab, model)
        digest = self.bring(lab, self.text_of(made, dict(model, tensors=tensors(999))))
        done = self.attest(lab, made, model, digest, differs="other tensors")
        self.assertEqual((done["state"], done["sketches_sha256"]), (DIFFERS, digest))


class CommandLine(Vouched):
    def run_as(self, client, *arguments, code=0):
        done = self.server.jokbo(*arguments, token=client.token if client else None)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_appointing(self):
        verifier = self.next("shell-")
        said = self.run_as(self.first, "verifier", "add", verifier, "쉘 연구소", "--reason", "letter", "--dry-run")
        self.assertNotIn("rule confirm", said)
        self.assertIn("--reason", self.run_as(self.first, "verifier", "add", verifier, "쉘 연구소", code=3))
        said = self.run_as(self.first, "verifier", "add", verifier, "쉘 연구소", "--reason", "letter")
        self.assertRegex(said, "(?s)%s: waits for a second evaluator.*makes the institution a verifier.*쉘 연구소.*jokbo rule confirm [0-9]+" % verifier)
        self.assertRegex(self.run_as(None, "rule", "list", "--pending"), r"%s +verifier +pending +letter" % verifier)
        self.run_as(self.second, "rule", "confirm", str(self.size() - 1))
        self.assertRegex(self.run_as(None, "verifier", "list"), r"(?m)^%s +쉘 연구소 +0 " % verifier)
        made = self.run_as(self.admin, "account", "create", "its account", "--role", "verifier", "--verifier", verifier)
        self.assertRegex(made, r"(?s)roles +verifier.*verifier +%s" % verifier)
        self.assertRegex(self.run_as(self.admin, "account", "list", "--limit", "0"), r"its account +verifier +%s" % verifier)
        number = str(self.admin.call("Access.ListAccounts", page_size=1000)["accounts"][-1]["id"])
        changed = self.run_as(self.admin, "account", "update", number, "--role", "none")
        self.assertNotIn(verifier, changed)
        self.run_as(self.first, "verifier", "end", verifier, "--reason", "over")
        self.run_as(self.second, "rule", "confirm", str(self.size() - 1))
        self.assertNotIn(verifier, self.run_as(None, "verifier", "list", "--csv"))

    def test_challenges(self):
        lab, model = self.lab(), self.weighed()
        self.assertEqual(self.run_as(None, "challenges", model["name"]), "")
        made = self.challenge(lab, model)
        self.assertRegex(self.run_as(None, "challenges", model["name"]), r"%s +%s@1 +open" % (lab.verifier, model["name"]))
        lab.call("Evidence.AttestRelease", challenge=made["log_index"], found_sha256="1" * 64, differs="other files")
        said = self.run_as(self.first, "verifier", "allow", lab.verifier, model["name"] + "@1", "--reason", "disk failed")
        self.assertEqual(said, "%s may challenge %s@1 once more.\n" % (lab.verifier, model["name"]))
        self.assertRegex(self.run_as(None, "challenges", "--verifier", lab.verifier), r"%s@1 +differs +other files" % model["name"])
        rows = self.run_as(None, "challenges", "--verifier", lab.verifier, "--csv").splitlines()
        self.assertEqual(dict(zip(rows[0].split(","), rows[1].split(",")))["key"], made["key"])
        code, found = self.server.jokbo_json("challenges", model["name"], token=None)
        self.assertEqual((code, [c["key"] for c in found["challenges"]]), (0, [made["key"]]))


class Rest(Vouched):
    options = ("--demo", "--evaluator-rest-hours", "24")

    def test_a_new_account_rests(self):
        self.wait(hours=25)
        lab, model = self.lab(), self.weighed()
        request = dict(model=model["name"], nonce=NONCE)
        failure = self.refused(DENIED, "VERIFIER_RESTS", "Evidence.ChallengeRelease", lab, **request)
        self.assertIn("may challenge and attest from", failure.message)
        self.wait(hours=24, minutes=1)
        made = self.admin.call("Access.CreateToken", account=lab.account, scopes=["TOKEN_SCOPE_MODELS"])
        fresh = Client(self.server.address, made["secret"])
        self.addCleanup(fresh.close)
        self.refused(DENIED, "TOKEN_RESTS", "Evidence.ChallengeRelease", fresh, **request)
        lab.call("Evidence.ChallengeRelease", **request)

    def test_another_verifier_is_a_new_grant(self):
        self.wait(hours=25)
        lab, other = self.lab(), self.lab()
        self.wait(hours=25)
        self.admin.call("Access.UpdateAccount", account={"id": lab.account, "label": "x", "roles": ["ROLE_VERIFIER"],
                                                         "verifier": other.verifier})
        self.refused(DENIED, "VERIFIER_RESTS", "Evidence.ChallengeRelease", lab, model=self.weighed()["name"], nonce=NONCE)


if __name__ == "__main__":
    unittest.main()
