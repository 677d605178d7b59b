"""The same weights, artifact or weight files under two publishers: who goes first, rulings on origin, what a finding says of whom, and
disputes about it; rulings on pairs of derivative and root."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import Case, Client, Manifest, Shared, confirmed, derivative, new_id, person  # noqa: E402
from ruled import text_of, word  # noqa: E402

SKT, SOLAR = "skt/A.X-K1", "upstage/Solar-Open-100B"
RULE, DECIDE, OPEN = "Stages.Rule", "Stages.DecideRuling", "Stages.OpenDispute"
STATE, DENIED = "FAILED_PRECONDITION", "PERMISSION_DENIED"
ORIGIN, EXCLUDE, RESTORE = ("RULING_KIND_" + kind for kind in ("ORIGIN", "EXCLUDE", "RESTORE"))
PENDING, IN_FORCE, REPLACED = ("RULING_STATE_" + state for state in ("PENDING", "IN_FORCE", "REPLACED"))
# competition@1 counts verified publishers with held manifests alone; this one anybody's claim.
ANYBODY = text_of("competition").replace("name competition", "name anybody").replace("unverified on", "unverified off").replace(
    "no-artifact on held", "no-artifact off").replace("cap on 20", "cap off").split("\n")
ANYBODY = "\n".join(line for line in ANYBODY if not line.startswith("#"))
FIRST = "\n".join(line for line in text_of("independent").replace("name independent", "name first-rules").split("\n") if line[:1] != "#")
LICENSE = "Apache-2.0"


def setUpModule():
    Claiming.open()


class Claiming(Shared):
    """bob and carol are verified, alice is not. Every test has content of its own; later classes on the same server."""
    made = 0

    @classmethod
    def open(cls):
        Shared.open()
        Case.eve, Case.una = (person(Case.admin, name, ["evaluator"], scopes=["models", "roster"]) for name in ("eve", "una"))
        Case.carol = person(Case.admin, "carol")
        Case.carol.call("Registry.CreatePublisher", name="carol")
        Case.upstage = person(Case.admin, "team", ["team"], "upstage", scopes=["models"])
        Case.skt = person(Case.admin, "team", ["team"], "sk-telecom", scopes=["models"])
        for name in ("bob", "carol"):
            Case.admin.call("Registry.VerifyPublisher", name=name, evidence="domain")
        for text in (text_of("competition"), ANYBODY, FIRST):
            Case.eve.call("Stages.RecordPolicy", text=text)

    @classmethod
    def next(cls, beginning=""):
        Claiming.made += 1
        return "%s%d" % (beginning, Claiming.made)

    def weights(self):
        return {"weights_sha256": "%064x" % int(self.next())}

    def manifest(self):
        return Manifest({"model.gguf": self.next("weights ")})

    def add(self, publisher, root=SKT, **fields):
        name = publisher + "/" + self.next("m-")
        self.register(name, root, client={"alice": self.alice, "bob": self.bob, "carol": self.carol}[publisher],
                      **dict({"license": LICENSE}, **fields))
        return name

    def release(self, name, client=None, **fields):
        return super().release(name, client, license=LICENSE, **fields)

    def standing(self, name, policy, size=None):
        return self.anyone.call("Evaluation.ExplainStanding", name=name, rule={"policy": policy}, as_of={"log_size": size or self.size()})

    def reasons(self, name, policy="anybody", size=None):
        return {one["root"]["name"]: {word(f["reason"]): f for f in one["reasons"]} for one in self.standing(name, policy, size)["roots"]}

    def counts(self, names, policy="anybody", size=None):
        """Which of them count."""
        return [name for name in names if self.standing(name, policy, size)["counts"]]

    def first(self, names, policy="anybody"):
        """The one that counts; each of the others is its duplicate."""
        found = self.counts(names, policy)
        self.assertEqual(len(found), 1, found)
        for name in set(names) - set(found):
            reasons = self.reasons(name, policy)[SKT]
            if list(reasons) == ["duplicate"]:
                self.assertEqual(reasons["duplicate"]["other"], found[0])
        return found[0]

    def contested(self, name):
        """The texts of the finding."""
        return [f["text"] for f in self.model(name)["findings"] if f["kind"] == "FINDING_KIND_CONTESTED"]

    def rule(self, name, kind=ORIGIN, **fields):
        """By two evaluators; the ruling's index."""
        done = confirmed(self.eve, self.una, RULE, model=name, kind=kind, reason="seen", **fields)
        return done["log_index"]

    def ruling(self, index):
        return next(r for r in self.anyone.call("Stages.ListRulings", page_size=1000, min_log_size=self.size())["rulings"]
                    if r["log_index"] == str(index))

    def run_ok(self, *arguments, client="admin", code=0):
        done = self.server.jokbo(*arguments, token=client.token if isinstance(client, Client) else client)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr


class First(Claiming):
    """Who goes first, without any ruling."""

    def test_three_kinds_of_content(self):
        """Equal weights, equal artifacts though the weights that are named differ, equal files under other manifests."""
        weights = self.weights()
        self.compare(self.add("alice", **weights), self.add("bob", **weights))
        artifact = self.manifest().digest
        self.compare(self.add("alice", artifact_sha256=artifact, **self.weights()), self.add("bob", artifact_sha256=artifact))
        one = self.next("w")
        manifests = [Manifest(files) for files in ({"a.gguf": one, "LICENSE": "x"}, {"b.bin": one})]
        tensors = Manifest({"x.safetensors": one}, [self.next("layer.")])
        names = [self.add(publisher, **m.named) for publisher, m in zip(("alice", "bob", "carol"), (*manifests, tensors))]
        self.compare(*names[:2])  # one file each: the same weights digest already
        self.assertEqual(self.counts(names), [names[0], names[2]], "files are not known before their manifests are held")
        for manifest, client in zip((*manifests, tensors), (self.alice, self.bob, self.carol)):
            manifest.upload(client)
        self.assertEqual(self.counts(names), [names[0], names[2]], "the first two are compared by weights, which the third has not")
        self.bob.call("Registry.YankRelease", name=names[1] + "@1", reason="x")
        self.assertEqual(self.first([names[0], names[2]]), names[0], "by their files, once those are all that two share")

    def compare(self, earlier, later):
        self.assertEqual(self.first([earlier, later]), earlier)
        fact = self.reasons(later)[SKT]["duplicate"]
        self.assertEqual((fact["other"], int(fact["log_index"])), (earlier, int(self.model(earlier)["log_index"])))

    def test_what_the_earlier_rules_know(self):
        """Rule set 1 compares weights alone: neither artifacts, nor files, nor rulings on origin."""
        artifact = self.manifest().digest
        names = [self.add("alice", artifact_sha256=artifact), self.add("bob", artifact_sha256=artifact)]
        self.assertEqual(self.counts(names, "first-rules"), names)
        weights = self.weights()
        names = [self.add("alice", **weights), self.add("bob", **weights)]
        self.rule(names[1])
        self.assertEqual((self.counts(names, "first-rules"), self.counts(names)), (names[:1], names[1:]))

    def test_by_the_entry_that_brought_it(self):
        """A claim is as old as the deciding release has had the content without a break: a model that goes back to it comes later."""
        weights = self.weights()
        early = self.add("alice", **weights)
        later = self.add("bob", **weights)
        self.release(early, version="2", **weights)
        self.assertEqual(self.first([early, later]), early, "without a break")
        self.release(early, version="3", **self.weights())
        self.assertEqual(self.counts([early, later]), [early, later])
        self.alice.call("Registry.YankRelease", name=early + "@3", reason="x")
        self.assertEqual(self.first([early, later]), later)
        self.release(early, version="4", **weights)
        self.assertEqual(self.first([early, later]), later)

    def test_the_first_falls_away(self):
        """Then a verified publisher's goes before others, one that is held before one that is not, and of equals the earlier."""
        manifest = self.manifest()
        first = self.add("alice", **manifest.named)
        unverified = self.add("alice", **manifest.named)
        lacking = self.manifest().digest  # which nobody uploads
        not_held = self.add("bob", artifact_sha256=lacking, weights_sha256=manifest.weights)
        held, last = self.add("carol", **manifest.named), self.add("bob", **manifest.named)
        manifest.upload(self.carol)
        everyone = [first, unverified, not_held, held, last]
        self.assertEqual(self.first(everyone), first)
        self.rule(first, EXCLUDE)
        self.assertEqual(self.first(everyone), held)
        self.rule(held, EXCLUDE)
        self.assertEqual(self.first(everyone), last)
        self.bob.call("Registry.YankRelease", name=last + "@1", reason="x")
        self.assertEqual(self.first(everyone), not_held)
        self.bob.call("Registry.YankRelease", name=not_held + "@1", reason="x")
        self.assertEqual(self.first(everyone), unverified)
        self.bob.call("Registry.UnyankRelease", name=last + "@1")
        self.assertEqual(self.first(everyone), last)
        for name in (held, first):  # whoever is restored has its place again
            self.rule(name, RESTORE)
            self.assertEqual(self.first(everyone), name)

    def test_a_manifest_of_somebody_else(self):
        """Who names the artifact of another before that is there waits for it, and counts on no other's account."""
        manifest = self.manifest()
        thief = self.add("carol", **manifest.named)
        manifest.upload(self.bob)
        self.assertEqual(self.reasons(thief, "competition")[SKT].keys(), {"no-artifact"})
        maker = self.add("bob", **manifest.named)
        self.assertEqual(self.first([thief, maker], "competition"), maker)
        self.assertEqual(self.first([thief, maker]), thief)  # where no manifest is asked for
        self.bob.call("Registry.YankRelease", name=maker + "@1", reason="x")
        self.assertEqual(self.counts([thief, maker], "competition"), [thief])
        waiting = self.manifest()
        name = self.add("carol", **waiting.named)
        for client, found in ((self.bob, []), (self.carol, [name])):  # its own owner brings it, too
            waiting.upload(client)
            self.assertEqual(self.counts([name], "competition"), found)

    def test_a_hidden_claim(self):
        """Who yanks lets go of its place: a claim that comes back is as late as it came back, whatever made it decide again."""
        maker, hidden, covered, taken = "bob", "alice", "carol", self.weights()
        early = [self.add(hidden, **taken), self.add(covered, **taken)]
        self.alice.call("Registry.YankRelease", name=early[0] + "@1", reason="x")
        self.release(early[1], self.carol, version="2", **self.weights())
        made = self.add(maker, **taken)
        self.assertEqual(self.contested(made), [])
        self.alice.call("Registry.UnyankRelease", name=early[0] + "@1")
        self.carol.call("Registry.YankRelease", name=early[1] + "@2", reason="x")
        self.assertEqual(self.first([made, *early]), made)
        self.assertEqual(self.contested(made), [])
        self.assertEqual([len(self.contested(name)) for name in early], [1, 1])

    def test_under_competition(self):
        """An unverified claim keeps no verified publisher's model from counting, however early; nor does one that is not held."""
        manifest = self.manifest()
        thief = self.add("alice", **manifest.named)
        manifest.upload(self.alice)
        maker = self.add("bob", **manifest.named)
        self.assertEqual((self.counts([thief, maker], "competition"), self.counts([thief, maker])), ([maker], [thief]))
        self.assertEqual(list(self.reasons(thief, "competition")[SKT]), ["unverified"])
        self.rule(thief)  # by the word of two evaluators it is the other's, who has to be verified all the same
        self.assertEqual(self.counts([thief, maker], "competition"), [])
        self.assertEqual([list(self.reasons(name, "competition")[SKT]) for name in (thief, maker)], [["unverified"], ["duplicate"]])
        self.admin.call("Registry.VerifyPublisher", name="alice", evidence="domain")
        try:
            self.assertEqual(self.first([thief, maker], "competition"), thief)
        finally:
            self.admin.call("Registry.VerifyPublisher", name="alice", evidence="x", undo=True)
        digest = self.manifest().digest
        bare, other = self.add("carol", artifact_sha256=digest), self.add("bob", artifact_sha256=digest)
        self.assertEqual(self.counts([bare, other], "competition"), [])

    def test_front_running(self):
        """A hundred digests that somebody else makes, registered before them: the maker's count, and not the thief's."""
        people = [person(self.admin, name) for name in ("thief", "maker")]
        for client, name in zip(people, ("thief", "maker")):
            self.addCleanup(client.close)
            client.call("Registry.CreatePublisher", name=name)
        self.admin.call("Registry.VerifyPublisher", name="maker", evidence="domain")
        manifests = [self.manifest() for _ in range(100)]
        thief = [self.next("thief/t-") for _ in manifests]
        items = [dict(name=name, version="1", relation="RELATION_FINETUNE", license=LICENSE, parents=[{"registered": {"name": SKT}}],
                      **manifest.named) for name, manifest in zip(thief, manifests)]
        people[0].call("Registry.BatchRegisterDerivatives", derivatives=items)
        for manifest in manifests:
            manifest.upload(people[0])
        maker = [name.replace("thief/t-", "maker/t-") for name in thief]
        people[1].call("Registry.BatchRegisterDerivatives", derivatives=[dict(item, name=name) for item, name in zip(items, maker)])
        counted = self.anyone.call("Evaluation.ListCounted", scope={"all": True}, rule={"policy": "competition"}, page_size=1000,
                                   as_of={"log_size": self.size()})["derivatives"]
        names = {one["name"] for one in counted}
        self.assertEqual((len(names & set(maker)), names & set(thief)), (20, set()))  # competition counts twenty of a publisher
        self.assertEqual(self.counts(maker[20:21], "competition"), [])
        self.assertEqual(list(self.reasons(maker[20], "competition")[SKT]), ["cap"])

    def test_one_publisher_s_own(self):
        """Of one's own copies one counts."""
        manifest = self.manifest()
        names = [self.add("bob", **manifest.named) for _ in range(3)]
        manifest.upload(self.bob)
        self.assertEqual(self.first(names, "competition"), names[0])
        self.assertEqual([self.contested(name) for name in names], [[]] * 3)


class Rulings(Claiming):
    def pair(self):
        weights = self.weights()
        return self.add("alice", **weights), self.add("bob", **weights)

    def test_ruled_and_confirmed(self):
        thief, maker = self.pair()
        size = self.size()
        made = self.eve.call(RULE, kind=ORIGIN, model=maker, reason="trained there", text="그들의 기록이 있습니다.")
        release = self.model(maker)["release"]
        self.assertEqual((made["kind"], made["lineage_hash"], made["state"], made["restore"], made["root"]),
                         (ORIGIN, release["lineage_hash"], PENDING, False, ""))
        text = self.anyone.entries(size, size + 1)[0].decode()
        self.assertIn("\nactor role evaluator\nmodel %s\nrelease %s\nreason trained there\nneeds-second yes\ntext sha256:" % (
            maker, release["lineage_hash"]), text)
        self.assertNotIn("기록", text)
        self.assertEqual((made["others"], made["more_others"]), ([thief], False))
        self.assertRegex(self.run_ok("show", maker, client=None), "others have it +" + thief)
        self.assertEqual(self.first([thief, maker]), thief)
        self.refused(DENIED, "SAME_EVALUATOR", DECIDE, self.eve, ruling=made["log_index"], confirm=True)
        self.refused(STATE, "RULING_PENDING", RULE, self.una, kind=ORIGIN, model=maker, reason="x")
        done = self.una.call(DECIDE, ruling=made["log_index"], confirm=True)
        self.assertEqual(done["state"], IN_FORCE)
        self.assertEqual(self.first([thief, maker]), maker)
        fact = self.reasons(thief)[SKT]["duplicate"]
        self.assertEqual((fact["other"], fact["log_index"]), (maker, done["decision_index"]))
        self.assertEqual(self.counts([thief, maker], size=size), [thief])

    def test_the_last_in_effect_decides(self):
        """Not the last that was made: a ruling counts from its confirmation on."""
        thief, maker = self.pair()
        early = self.eve.call(RULE, kind=ORIGIN, model=thief, reason="x")["log_index"]
        late = self.rule(maker)
        self.assertEqual(self.first([thief, maker]), maker)
        self.una.call(DECIDE, ruling=early, confirm=True)
        self.assertEqual(self.first([thief, maker]), thief)
        self.assertEqual([self.ruling(i)["state"] for i in (early, late)], [IN_FORCE, REPLACED])
        again = self.rule(maker)
        self.assertEqual(self.first([thief, maker]), maker)
        self.assertEqual([self.ruling(i)["state"] for i in (early, again)], [REPLACED, IN_FORCE])

    def test_of_a_release(self):
        """A ruling speaks of a release's content, whether or not that release decides any more."""
        thief, maker = self.pair()
        self.release(maker, self.bob, version="2", **self.weights())
        self.assertEqual(self.counts([thief, maker]), [thief, maker], "nobody claims what lies behind the deciding release")
        index = self.open_dispute(maker, thief)
        shown = next(d for d in self.anyone.call("Stages.ListDisputes", model=maker, min_log_size=self.size())["disputes"]
                     if d["log_index"] == index)
        self.assertEqual([(side["model"], side["content"], side["log_index"]) for side in shown["sides"]],
                         [(name, "weights", self.model(name)["log_index"]) for name in (maker, thief)])
        self.rule(maker + "@1")
        self.assertEqual(self.first([thief, maker]), maker)
        self.assertEqual(len(self.contested(thief)), 1)
        self.bob.call("Registry.YankRelease", name=maker + "@2", reason="x")
        self.assertEqual(self.first([thief, maker]), maker)
        self.rule(maker + "@2")  # what nobody else claims may be ruled on as well
        self.assertEqual(self.first([thief, maker]), maker)

    def open_dispute(self, maker, thief):
        return self.bob.call(OPEN, model=maker, subject="DISPUTE_SUBJECT_ORIGIN", against=thief, text="ours")["log_index"]

    def test_where_the_named_one_does_not_stand(self):
        """Its own it is all the same, until it is yanked: then the others follow."""
        thief, maker = self.pair()
        self.rule(maker)
        self.bob.call("Registry.YankRelease", name=maker + "@1", reason="x")
        self.assertEqual(self.first([thief, maker]), thief)
        self.bob.call("Registry.UnyankRelease", name=maker + "@1")
        self.assertEqual(self.first([thief, maker]), maker)
        self.rule(maker, EXCLUDE)
        self.assertEqual(self.counts([thief, maker]), [])

    def test_who_and_what(self):
        maker = self.add("bob", **self.weights())
        for client in (self.alice, self.bob, self.upstage):
            self.refused(DENIED, "ROLE_REQUIRED", RULE, client, kind=ORIGIN, model=maker, reason="x")
        self.refused(STATE, "NO_CONTENT", RULE, self.eve, kind=ORIGIN, model=self.add("bob"), reason="x")
        self.refused(STATE, "NOT_A_DERIVATIVE", RULE, self.eve, kind=ORIGIN, model=SKT, reason="x")
        self.refused("NOT_FOUND", "RELEASE_NOT_FOUND", RULE, self.eve, kind=ORIGIN, model=maker + "@9", reason="x")
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", RULE, self.eve, kind=ORIGIN, model="bob/nothing", reason="x")
        self.wrong(["model"], RULE, self.eve, kind=ORIGIN, model="bob/x@", reason="x")
        self.wrong(["root", "reason"], RULE, self.eve, kind=ORIGIN, model=maker, root=SKT)
        self.wrong(["model"], RULE, self.eve, kind=EXCLUDE, model=maker + "@1", reason="x")
        gone = self.add("bob", **self.weights())
        self.bob.call("Registry.YankRelease", name=gone + "@1", reason="x")
        failure = self.refused("NOT_FOUND", "RELEASE_NOT_FOUND", RULE, self.eve, kind=ORIGIN, model=gone, reason="x")
        self.assertIn("not yanked", failure.message)

    def test_check_only_and_repeats(self):
        _, maker = self.pair()
        size, repeat = self.size(), new_id()
        dry = self.eve.call(RULE, kind=ORIGIN, model=maker, reason="x", validate_only=True)
        self.assertEqual((dry["log_index"], self.size()), ("0", size))
        first = self.eve.call(RULE, kind=ORIGIN, model=maker, reason="x", request_id=repeat)
        self.assertEqual(self.eve.call(RULE, kind=ORIGIN, model=maker, reason="x", request_id=repeat), first)
        self.assertEqual(self.size(), size + 1)

    def test_commands(self):
        thief, maker = self.pair()
        self.run_ok("rule", "origin", maker, client=self.eve, code=3)
        said = self.run_ok("rule", "origin", maker + "@1", "--reason", "trained there", client=self.eve)
        self.assertIn("puts it first for the content of its release", said)
        self.assertIn(self.model(maker)["release"]["lineage_hash"], said)
        index = said.split()[1]
        self.assertRegex(self.run_ok("rule", "list", "--model", maker, client=None), index + " +" + maker + " +origin +pending")
        self.assertIn("in force", self.run_ok("rule", "confirm", index, client=self.una))
        self.assertIn("ruling " + index, self.run_ok("show", maker, client=None))
        self.assertIn("its weights are those of %s, which goes first" % maker, self.run_ok("explain", thief, "--policy", "anybody",
                                                                                          client=None))
        self.run_ok("rule", "origin", maker + "@9", "--reason", "x", client=self.eve, code=5)


class Contested(Claiming):
    def test_on_the_later_claim(self):
        """Of another publisher, and against the first alone: copying digests smears nobody."""
        weights = self.weights()
        maker = self.add("bob", **weights)
        thief, third = self.add("alice", **weights), self.add("carol", **weights)
        own = self.add("bob", **weights)
        self.assertEqual([self.contested(name) for name in (maker, own)], [[], []])
        for name in (thief, third):
            text, = self.contested(name)
            self.assertIn(maker + ", of another publisher, claims the same", text)
        found = {m["name"] for m in self.anyone.call("Registry.ListModels", finding="FINDING_KIND_CONTESTED", page_size=1000)["models"]}
        self.assertEqual(found & {maker, own, thief, third}, {thief, third})
        listed = self.run_ok("list", "--finding", "contested", "--limit", "0", client=None)
        self.assertIn(thief, listed)
        self.assertNotIn(maker + " ", listed)

    def test_by_artifact(self):
        digest = self.manifest().digest
        maker, thief = self.add("bob", artifact_sha256=digest, **self.weights()), self.add("alice", artifact_sha256=digest)
        self.assertEqual((self.contested(maker), len(self.contested(thief))), ([], 1))

    def test_a_ruling_turns_it_round(self):
        weights = self.weights()
        thief, maker = self.add("alice", **weights), self.add("bob", **weights)
        self.assertEqual((self.contested(thief), len(self.contested(maker))), ([], 1))
        self.rule(maker)
        self.assertEqual((len(self.contested(thief)), self.contested(maker)), (1, []))

    def open(self, client, mine, against, **fields):
        return client.call(OPEN, **self.request(mine, against, **fields))["log_index"]

    def request(self, mine, against, **fields):
        return dict({"subject": "DISPUTE_SUBJECT_ORIGIN", "model": mine, "against": against, "text": "우리가 만들었습니다."}, **fields)

    def resolve(self, index):
        self.eve.call("Stages.ResolveDispute", dispute=index, outcome="DISPUTE_OUTCOME_DISMISSED", text="no")

    def test_on_the_earlier_while_it_is_disputed(self):
        """By a verified publisher, as long as that is open and it has the content."""
        weights = self.weights()
        earlier, maker = self.add("alice", **weights), self.add("bob", **weights)
        index = self.open(self.bob, maker, earlier)
        text, = self.contested(earlier)
        self.assertIn(maker, text)
        self.admin.call("Registry.VerifyPublisher", name="bob", evidence="x", undo=True)
        try:
            self.assertEqual(self.contested(earlier), [])
        finally:
            self.admin.call("Registry.VerifyPublisher", name="bob", evidence="domain")
        self.assertEqual(len(self.contested(earlier)), 1)
        self.release(maker, self.bob, version="2", **self.weights())
        self.assertEqual(len(self.contested(earlier)), 1)  # it has it still, behind its deciding release
        self.bob.call("Registry.YankRelease", name=maker + "@1", reason="x")
        self.assertEqual(self.contested(earlier), [])
        self.bob.call("Registry.UnyankRelease", name=maker + "@1")
        self.bob.call("Registry.YankRelease", name=maker + "@2", reason="x")
        self.assertEqual(len(self.contested(earlier)), 1)
        self.resolve(index)
        self.assertEqual(self.contested(earlier), [])
        self.assertEqual(len(self.contested(maker)), 1)  # it is still the later one

    def test_who_is_not_verified_smears_nobody(self):
        weights = self.weights()
        maker, thief = self.add("bob", **weights), self.add("alice", **weights)
        self.open(self.alice, thief, maker)
        self.assertEqual(self.contested(maker), [])

    def test_who_has_let_go_smears_nobody(self):
        """A model that had a digest once, in a release that it has moved on from or yanked, claims it no more."""
        stolen = [self.weights() for _ in range(3)]
        thief = self.add("alice", **stolen[0])
        for i, weights in enumerate(stolen[1:] + [self.weights()]):
            self.release(thief, self.alice, version=str(i + 2), **weights)
        makers = [self.add("bob", **weights) for weights in stolen]
        for maker in makers:
            self.assertEqual(self.contested(maker), [])
            self.assertNotIn(("duplicate_weights", ""), self.kinds(maker))
        for version in range(1, 5):
            self.alice.call("Registry.YankRelease", name="%s@%d" % (thief, version), reason="x")
        self.assertEqual([self.contested(maker) for maker in makers], [[], [], []])
        self.alice.call("Registry.UnyankRelease", name=thief + "@2", reason="x")  # which decides now
        self.assertEqual([self.contested(maker) for maker in makers], [[], [], []], "it claims that anew, and later")
        self.assertIn(makers[1], self.contested(thief)[0])
        self.assertIn(("duplicate_weights", ""), self.kinds(thief))

    def test_by_weight_files(self):
        """The same files in two manifests, of which each has its own tensors and so its own weights digest."""
        files = {"model.safetensors": self.next("file")}
        manifests = [Manifest(files, tensors=[self.next("tensor")]) for _ in range(2)]
        maker, thief = (self.add(name, **manifest.named) for name, manifest in zip(("bob", "alice"), manifests))
        self.assertEqual(self.contested(thief), [])
        manifests[0].upload(self.bob)
        self.assertEqual(self.contested(thief), [])
        manifests[1].upload(self.alice)
        self.assertEqual((self.contested(maker), len(self.contested(thief))), ([], 1))

    def test_what_each_side_can_show(self):
        manifest = self.manifest()
        thief = self.add("alice", weights_sha256=manifest.weights)
        maker = self.add("bob", **manifest.named)
        manifest.upload(self.bob)
        made = self.bob.call(OPEN, **self.request(maker, thief))
        indexes = [int(self.model(name)["log_index"]) for name in (maker, thief)]
        self.assertEqual([(s["model"], s["content"], int(s["log_index"]), s["verified"], s["held"]) for s in made["sides"]],
                         [(maker, "weights", indexes[0], True, True), (thief, "weights", indexes[1], False, False)])
        shown = self.run_ok("show", maker, client=None)
        self.assertRegex(shown, r"can show +%s: the weights since entry .*, verified publisher, manifest held" % maker)
        self.assertRegex(shown, r"%s: the weights since entry .*, publisher not verified, manifest not held" % thief)
        self.release(thief, self.alice, version="2", **self.weights())
        self.assertEqual(self.contents(maker), ["weights", "weights"])
        self.alice.call("Registry.YankRelease", name=thief + "@1", reason="x")
        self.assertEqual(self.contents(maker), ["", ""])

    def contents(self, model):
        """What the sides of its dispute can show for."""
        listed = self.anyone.call("Stages.ListDisputes", model=model, min_log_size=self.size())["disputes"]
        return [side["content"] for side in listed[0]["sides"]]

    def test_open_disputes_are_bounded(self):
        """100 of one side, so that nobody fills the list; a resolved one makes room."""
        one = person(self.admin, "many")
        self.addCleanup(one.close)
        name = self.next("many")
        one.call("Registry.CreatePublisher", name=name)
        weights = self.weights()
        mine = one.call("Registry.RegisterDerivative", derivative=derivative(name + "/m", SKT, **weights))["model"]["name"]
        others = [self.add("alice", **weights) for _ in range(101)]
        opened = [self.open(one, mine, other) for other in others[:100]]
        failure = self.refused("RESOURCE_EXHAUSTED", "DISPUTES_QUOTA", OPEN, one, **self.request(mine, others[100]))
        self.assertIn("publisher " + name, failure.message)
        self.resolve(opened[0])
        self.open(one, mine, others[100])

    def test_disputes(self):
        weights = self.weights()
        earlier, maker = self.add("alice", root=SOLAR, **weights), self.add("bob", **weights)
        size = self.size()
        made = self.bob.call(OPEN, **self.request(maker, earlier.upper()))
        self.assertEqual((made["subject"], made["model"], made["against"], made["actor"], made["external"], made["text"]),
                         ("DISPUTE_SUBJECT_ORIGIN", maker, earlier, "publisher bob", "", "우리가 만들었습니다."))
        text = self.anyone.entries(size, size + 1)[0].decode()
        self.assertIn("\nkind dispute-origin\n", text)
        self.assertIn("\nactor publisher bob\nmodel %s\nagainst %s\nstage none\ntext sha256:" % (maker, earlier), text)
        self.assertNotIn("우리", text)
        again = self.refused("ALREADY_EXISTS", "DISPUTE_OPEN", OPEN, self.bob, **self.request(maker, earlier))
        self.assertEqual(again.metadata["log_index"], made["log_index"])
        other = self.open(self.alice, earlier, maker)  # the other side may say the same

        def found(**fields):
            disputes = self.anyone.call("Stages.ListDisputes", page_size=1000, **fields)["disputes"]
            return [d["log_index"] for d in disputes if d["log_index"] in (made["log_index"], other)]
        both = [made["log_index"], other]
        self.assertEqual([found(), found(model=maker), found(model=earlier), found(open=True)], [both] * 4)
        self.assertEqual([found(team="sk-telecom"), found(team="upstage")], [both] * 2, "both families are concerned")
        self.resolve(other)
        self.assertEqual(found(open=True), both[:1])
        self.refused(STATE, "DISPUTE_DECIDED", OPEN, self.alice, **self.request(earlier, maker))

    def test_what_was_dismissed_stays_so(self):
        """Another copy does not open it again; the other side may dispute, and so may this one once there is another release."""
        weights = self.weights()
        maker, copy = self.add("bob", **weights), self.add("carol", **weights)
        first = self.open(self.carol, copy, maker)
        self.assertEqual(len(self.contested(maker)), 1)
        self.resolve(first)
        for model in (copy, self.add("carol", **weights)):
            failure = self.refused(STATE, "DISPUTE_DECIDED", OPEN, self.carol, **self.request(model, maker))
            self.assertEqual(failure.metadata["log_index"], first)
            self.assertIn("ask an evaluator", failure.message)
        self.carol.call("Registry.YankRelease", name=copy + "@1", reason="x")
        copy = self.add("carol", **weights)
        self.refused(STATE, "DISPUTE_DECIDED", OPEN, self.carol, **self.request(copy, maker))
        self.assertEqual(self.contested(maker), [])
        self.open(self.bob, maker, copy)
        self.open(self.carol, copy, self.add("bob", **weights))  # a model that none was about
        self.release(maker, self.bob, version="2", **weights)
        self.resolve(self.open(self.carol, copy, maker))
        self.bob.call("Registry.YankRelease", name=maker + "@2", reason="x")  # an older release is nothing new
        self.refused(STATE, "DISPUTE_DECIDED", OPEN, self.carol, **self.request(copy, maker))

    def test_both_stand_in_claims(self):
        """Each family's team sees both, with what each can show."""
        manifest = self.manifest()
        earlier, maker = self.add("alice", root=SOLAR, artifact_sha256=manifest.digest), self.add("bob", **manifest.named)
        manifest.upload(self.bob)
        index = self.open(self.bob, maker, earlier)
        for team in ("upstage", "sk-telecom"):
            shown = self.run_ok("claims", "--team", team, "--limit", "0", client=None)
            self.assertRegex(shown, "%s +%s +origin against %s +publisher bob" % (index, maker, earlier))
            code, told = self.server.jokbo_json("claims", "--team", team, "--limit", "0", token=None)
            self.assertIn(int(index), [d["log_index"] for d in told["disputes"]])

    def test_who_may(self):
        weights = self.weights()
        earlier, maker = self.add("alice", **weights), self.add("bob", **weights)
        for client in (self.alice, self.carol, self.skt):
            self.refused(DENIED, "NOT_A_MEMBER", OPEN, client, **self.request(maker, earlier))
        self.refused(STATE, "NOTHING_SHARED", OPEN, self.bob, **self.request(self.add("bob"), earlier))
        self.refused(STATE, "NOTHING_SHARED", OPEN, self.bob, **self.request(maker, maker))
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", OPEN, self.bob, **self.request(maker, "alice/nothing"))
        self.wrong(["against"], OPEN, self.bob, **self.request(maker, ""))
        self.wrong(["against"], OPEN, self.bob, **self.request(maker, earlier, subject="DISPUTE_SUBJECT_STANDING"))
        self.wrong(["external", "ruling"], OPEN, self.bob, **self.request(maker, earlier, external="huggingface.co/a/b", ruling=3))
        self.release(maker, self.bob, version="2", **self.weights())
        self.bob.call("Registry.YankRelease", name=maker + "@1", reason="x")  # what it has taken back, not only left behind
        self.refused(STATE, "NOTHING_SHARED", OPEN, self.bob, **self.request(maker, earlier))

    def test_what_a_thief_publishes_since(self):
        """Takes nothing back: what an older release has, and what it had at the cut-off of the stage that the dispute names."""
        weights = self.weights()
        thief, maker = self.add("alice", **weights), self.add("bob", **weights)
        self.release(maker, self.bob, version="2", **self.weights())
        self.release(thief, self.alice, version="2", **self.weights())
        self.resolve(self.open(self.bob, maker, thief))
        self.alice.call("Registry.YankRelease", name=thief + "@1", reason="x")
        self.refused(STATE, "NOTHING_SHARED", OPEN, self.bob, **self.request(maker, thief))

    def test_commands(self):
        weights = self.weights()
        earlier, maker = self.add("alice", **weights), self.add("bob", **weights)
        self.run_ok("dispute", "open", maker, "--about", "origin", "--text", "no", client=self.bob, code=4)
        said = self.run_ok("dispute", "open", maker, "--about", "origin", "--against", earlier, "--text", "no", client=self.bob)
        for part in ("about", "origin", "against", earlier, "publisher bob"):
            self.assertIn(part, said)
        index = said.split()[1]
        for name in (earlier, maker):
            self.assertIn("dispute " + index, self.run_ok("show", name, client=None))
            self.assertIn("against " + earlier, self.run_ok("dispute", "list", "--model", name, client=None))


class Pairs(Claiming):
    """Rulings on a derivative as one of a root, beside those on the whole: what took effect last decides for each pair."""

    def merge(self):
        name = "bob/" + self.next("merge-")
        self.register(name, SKT, SOLAR, client=self.bob, relation="merge", license="LicenseRef-upstage-solar")
        return name

    def excluded(self, name, policy="anybody"):
        return {root for root, found in self.reasons(name, policy).items() if "excluded" in found}

    def test_for_one_root(self):
        name, size = self.merge(), self.size()
        made = self.eve.call(RULE, model=name, root=SOLAR.upper(), reason="not made from it")
        self.assertEqual((made["kind"], made["root"], made["restore"], made["state"]), (EXCLUDE, SOLAR, False, PENDING))
        text = self.anyone.entries(size, size + 1)[0].decode()
        self.assertIn("\nkind exclude-root\n", text)
        self.assertIn("\nactor role evaluator\nmodel %s\nroot %s\nreason not made from it\nneeds-second yes\ntext none\n" % (name, SOLAR), text)
        self.assertEqual(self.excluded(name), set())
        self.refused(STATE, "RULING_PENDING", RULE, self.una, model=name, root=SOLAR, reason="x")
        other = self.eve.call(RULE, model=name, root=SKT, reason="x")["log_index"]  # another pair is another ruling
        done = self.una.call(DECIDE, ruling=made["log_index"], confirm=True)
        self.assertEqual((done["state"], self.excluded(name)), (IN_FORCE, {SOLAR}))
        self.assertEqual(self.excluded(name, "first-rules"), set(), "rule set 1 knows of no pairs")
        fact = self.reasons(name)[SOLAR]["excluded"]
        self.assertEqual(fact["log_index"], done["decision_index"])
        self.assertIn("ruling of entry %s excludes" % made["log_index"], fact["fact"])
        self.una.call(DECIDE, ruling=other, confirm=True)
        self.assertEqual(self.excluded(name), {SOLAR, SKT})

    def test_counts(self):
        name, since = self.merge(), self.size()

        def grown(scope):
            then, now = ({k: int(v) for k, v in self.anyone.call("Evaluation.CountDerivatives", scope=scope, rule={"policy": "anybody"}, as_of={
                "log_size": size}).items() if k in ("registered", "counted")} for size in (since, self.size()))
            return now["registered"] - then["registered"], now["counted"] - then["counted"]
        scopes = [{"base_model": SOLAR}, {"team": "upstage"}, {"base_model": SKT}, {"all": True}]
        for root, expected in ((SOLAR, [(0, -1), (0, -1), (0, 0), (0, 0)]), (SKT, [(0, -1), (0, -1), (0, -1), (0, -1)])):
            self.rule(name, EXCLUDE, root=root)
            self.assertEqual([grown(scope) for scope in scopes], expected)
        self.rule(name, RESTORE, root=SOLAR)
        self.assertEqual([grown(scope) for scope in scopes], [(0, 0), (0, 0), (0, -1), (0, 0)])

    def test_the_last_in_effect_decides(self):
        """Whole and pair: the later one wins for the pair, and the whole ones alone are what rule set 1 hears."""
        name = self.merge()
        self.rule(name, EXCLUDE)
        self.assertEqual((self.excluded(name), self.excluded(name, "first-rules")), ({SKT, SOLAR}, {SKT, SOLAR}))
        self.rule(name, RESTORE, root=SOLAR)
        self.assertEqual((self.excluded(name), self.excluded(name, "first-rules")), ({SKT}, {SKT, SOLAR}))
        self.rule(name, RESTORE)
        self.assertEqual((self.excluded(name), self.excluded(name, "first-rules")), (set(), set()))
        self.rule(name, EXCLUDE, root=SKT)
        self.rule(name, EXCLUDE)
        self.rule(name, RESTORE)
        self.assertEqual(self.excluded(name), set(), "the whole was restored later")
        # one that is confirmed later takes effect later, though it was made before
        early = self.eve.call(RULE, model=name, root=SOLAR, kind=EXCLUDE, reason="x")["log_index"]
        self.rule(name, EXCLUDE)
        self.rule(name, RESTORE)
        self.una.call(DECIDE, ruling=early, confirm=True)
        self.assertEqual(self.excluded(name), {SOLAR})

    def test_states(self):
        name = self.merge()
        pair = self.rule(name, EXCLUDE, root=SOLAR)
        whole = self.rule(name, EXCLUDE)
        self.assertEqual([self.ruling(i)["state"] for i in (pair, whole)], [REPLACED, IN_FORCE])
        back = self.rule(name, RESTORE, root=SOLAR)
        self.assertEqual([self.ruling(i)["state"] for i in (pair, whole, back)], [REPLACED, IN_FORCE, IN_FORCE])

    def test_what_is_refused(self):
        name, single = self.merge(), self.add("bob")
        self.refused(STATE, "NOT_A_ROOT", RULE, self.eve, model=single, root=SOLAR, reason="x")
        self.refused(STATE, "NOT_A_ROOT", RULE, self.eve, model=single, root=name, reason="x")
        self.refused("NOT_FOUND", "MODEL_NOT_FOUND", RULE, self.eve, model=name, root="skt/nothing", reason="x")
        self.refused(STATE, "NOT_A_DERIVATIVE", RULE, self.eve, model=SKT, root=SKT, reason="x")
        self.wrong(["root"], RULE, self.eve, model=name, root="nothing", reason="x")
        self.refused(STATE, "ALREADY_SO", RULE, self.eve, model=name, root=SOLAR, kind=RESTORE, reason="x")
        self.rule(name, EXCLUDE, root=SOLAR)
        refused = self.refused(STATE, "ALREADY_SO", RULE, self.eve, model=name, root=SOLAR, kind=EXCLUDE, reason="x")
        self.assertIn("excluded already as a derivative of " + SOLAR, refused.message)
        self.refused(STATE, "ALREADY_SO", RULE, self.eve, model=name, kind=RESTORE, reason="x")  # the whole is not excluded
        for client in (self.bob, self.upstage):
            self.refused(DENIED, "ROLE_REQUIRED", RULE, client, model=name, root=SOLAR, reason="x")

    def test_check_only_and_repeats(self):
        name, size, repeat = self.merge(), self.size(), new_id()
        dry = self.eve.call(RULE, model=name, root=SOLAR, reason="x", validate_only=True)
        self.assertEqual((dry["log_index"], dry["root"], self.size()), ("0", SOLAR, size))
        first = self.eve.call(RULE, model=name, root=SOLAR, reason="x", request_id=repeat)
        self.assertEqual(self.eve.call(RULE, model=name, root=SOLAR, reason="x", request_id=repeat), first)
        self.assertEqual(self.size(), size + 1)

    def test_commands(self):
        name = self.merge()
        said = self.run_ok("rule", "exclude", name, "--root", SOLAR, "--reason", "not made from it", client=self.eve)
        self.assertRegex(said, "as a derivative of +" + SOLAR)
        index = said.split()[1]
        self.run_ok("rule", "confirm", index, client=self.una)
        self.assertIn("excludes", self.run_ok("show", name, client=None))
        self.assertRegex(self.run_ok("count", SOLAR, "--policy", "anybody", "--because", "excluded", "--limit", "0", client=None), name)
        self.assertNotIn(name, self.run_ok("count", SKT, "--policy", "anybody", "--because", "excluded", "--limit", "0", client=None))
        self.run_ok("rule", "restore", name, "--root", SOLAR, "--reason", "a mistake", "--dry-run", client=self.una)
        code, told = self.server.jokbo_json("rule", "restore", name, "--root", SOLAR, "--reason", "a mistake", token=self.una.token)
        self.assertEqual((code, told["kind"], told["root"]), (0, "restore", SOLAR))


if __name__ == "__main__":
    unittest.main()
