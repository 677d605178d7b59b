"""Who looked at weights, and what came of it: the part of the fold of tests/recount_policy.py that keeps verifiers, challenges, attestations and
evidence (from registry/formats/entry.md and count.md, "What an entry needs", alone), and what follows for a policy (from policy.md). It shares no
code with the registry."""
import collections
import datetime

from recount import GRADES, NEVER, Wrong, need, within

ANSWER = datetime.timedelta(days=7)  # how long a challenge waits for its attestation
Challenge = collections.namedtuple("Challenge", "made verifier release time")
Attest = collections.namedtuple("Attest", "made challenge agrees fields")
Evidence = collections.namedtuple("Evidence", "made release attest grades fields")  # attest: None, or the attestation that it rests on


def moment(text):
    return datetime.datetime.fromisoformat(text[:-1])


class Vouched:
    """Of a fold with `releases` by hash and `size`; rulings on verifiers are its rulings, and come here when they take effect."""
    def __init__(self):
        super().__init__()
        self.verifiers = {}                          # id: (institution, entry since which it is a verifier), None where it is none
        self.challenges, self.attests = {}, {}       # by entry
        self.answers, self.leaves = {}, []           # challenge: the entry of its attestation; (verifier, release) of each `challenge-again`
        self.evidence = collections.defaultdict(list)  # release: all of it, in order

    def named_release(self, fields):
        need(fields["release"] in self.releases, "there is no release %s", fields["release"])
        return self.releases[fields["release"]]

    def named_verifier(self, fields):
        need(fields["verifier"] in self.verifiers, "there is no verifier %s", fields["verifier"])
        return fields["verifier"]

    def appoint(self, kind, verifier, institution):
        """A ruling takes effect with the entry that is being applied."""
        self.verifiers[verifier] = (institution, self.size) if kind == "verifier" else None

    def on_challenge(self, entry, fields):
        word, _, verifier = entry.actor.partition(" ")
        need(word == "verifier" and self.verifiers.get(verifier), "%s is no verifier", entry.actor)
        release = self.named_release(fields)
        need(release.artifact, "the release names no artifact")
        self.challenges[self.size] = Challenge(self.size, verifier, release, entry.time)

    def on_challenge_again(self, _, fields):
        self.leaves.append((self.named_verifier(fields), self.named_release(fields)))

    def on_attest(self, entry, fields):
        challenge = self.challenges.get(int(fields["challenge"]))
        if not challenge:
            raise Wrong("entry %s is no challenge" % fields["challenge"])
        need(entry.actor == "verifier " + challenge.verifier, "the challenge is another's")
        need(challenge.made not in self.answers, "the challenge was answered already")
        need(moment(entry.time) - moment(challenge.time) <= ANSWER, "the challenge is more than 7 days old")
        agrees = fields["artifact"] == challenge.release.artifact and fields["differs"] is None
        need(fields["sketches"] or not agrees, "an attestation that agrees has sketches")
        self.answers[challenge.made] = self.size
        self.attests[self.size] = Attest(self.size, challenge, agrees, fields)

    def on_evidence(self, _, fields):
        release, at, attest = self.named_release(fields), int(fields["at"]), None
        need(release.index < at <= self.size, "at is no size between the release and the entry")
        if fields["attest"] is not None:
            attest = self.attests.get(int(fields["attest"]))
            need(attest and attest.made < at and attest.agrees and attest.challenge.release is release, "what the evidence rests on")
        items = [item.split("=") for item in (fields["parents"] or "").split(" ") if item]
        need([parent for parent, _ in items] == [parent.hash for parent in release.parents], "the parents are others than the release's")
        self.evidence[release].append(Evidence(self.size, release, attest, [grade.split("/") for _, grade in items], fields))

    APPLY = {"challenge": on_challenge, "challenge-again": on_challenge_again, "attest": on_attest, "evidence": on_evidence}


# ---- what counts: registry/formats/policy.md, "Verifiers that have a say", "The root's grade", "Pending", "Near-duplicate"
class Voices:
    """What verifiers say of pairs of a derivative and a root, under a policy."""
    def __init__(self, counts, policy):
        self.counts, self.known, self.policy = counts, counts.fold, policy
        self.newest, self.proofs = collections.defaultdict(dict), {}  # release: verifier: attestation; attestation: evidence
        for attest in self.known.attests.values():
            self.newest[attest.challenge.release][attest.challenge.verifier] = attest
        for evidence in (one for all_of_it in self.known.evidence.values() for one in all_of_it if one.attest):
            self.proofs[evidence.attest.made] = evidence
        self.least = {word: GRADES.index(grade) for word, grade in (item.split("=") for item in policy.of.get("evidence", []))}

    def has_say(self, attest, model, root):
        appointed, bonds, time = self.known.verifiers[attest.challenge.verifier], self.known.bonds, attest.challenge.time
        if not appointed:
            return False
        affiliated = bonds.get(("affiliation", root.team), {}).get(appointed[0], NEVER)
        return not within(affiliated, time, self.known.teams[root.team]) and not any(
            within(bonds.get(("operates", publisher), {}).get(appointed[0], NEVER), time) for publisher, _ in self.known.stays[model])

    def voices(self, release, model, root):
        return [attest for attest in self.newest[release].values() if self.has_say(attest, model, root)]

    def edge(self, release, place, model, root):
        """The grade toward a parent; None where it is unproven."""
        grades = sorted(GRADES.index(self.proofs[attest.made].grades[place][0]) for attest in self.voices(release, model, root)
                        if attest.agrees and attest.made in self.proofs)
        telling = [grade for grade in grades if grade != GRADES.index("none")] or grades
        return telling[(len(telling) - 1) // 2] if telling else None

    def reaches(self, release, model, root, least, unproven):
        """Whether a path to the root has no grade below the least; an unproven edge has the grade given."""
        seen, front = {None}, [release]
        while front:
            below = front.pop()
            for place, parent in enumerate(below.parents):
                above = self.counts.follow(parent, self.policy.declared)
                grade = None if above in seen else self.edge(below, place, model, root)
                if above in seen or (unproven if grade is None else grade) < least:
                    continue
                if above.model is root:
                    return True
                seen.add(above)
                front += [] if above.model.team else [above]
        return False

    def reasons(self, model, release, root, pending):
        """Those of `unattested` and `evidence` that hold, and whether one does not for what is merely missing; with `pending` that passes."""
        found, waits = [], False
        if "unattested" in self.policy.on:
            agree = [attest.agrees for attest in self.voices(release, model, root)]
            lost = not all(agree) and sum(agree) <= len(agree) - sum(agree)
            lacks = sum(agree) < int(self.policy.of["unattested"][0])
            waits = pending and lacks and not lost
            found += ["unattested"] if lost or lacks and not pending else []
        if "evidence" in self.policy.on:
            least = self.least.get(release.relation)
            if least is None or not self.reaches(release, model, root, least, GRADES.index("none")):
                missing = pending and least is not None and self.reaches(release, model, root, least, GRADES.index("same"))
                waits = waits or missing
                found += [] if missing else ["evidence"]
        return found, waits

    def named_near(self, release):
        """The releases that the newest evidence from public sketches names."""
        screened = [one for one in self.known.evidence[release] if not one.attest]
        hashes = (screened[-1].fields["near"] or "").split(" ") if screened else []
        return [self.known.releases[one] for one in hashes if one in self.known.releases]

    def are_related(self, one, other):
        """Whether one of two releases descends from the other's model."""
        return any(above.model is b.model for a, b in ((one, other), (other, one)) for above in self.known.ancestry([a]))
