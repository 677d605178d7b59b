"""Names of models on the Hugging Face Hub that are registered here as well: which of the two a parent means, over gRPC and by cards
and URLs on the command line. Anybody may take a name, so only one that is proven stands for the hub's."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import Case, Shared, derivative, external, joined, person  # noqa: E402

SKT, SOLAR = "skt/A.X-K1", "upstage/Solar-Open-100B"
SQUATTED, PROVEN, OWN, TEAMS = "squat/Ko-8B", "carol/known", "bob/own", "upstage/tuned"
HUB = "huggingface.co/"
REGISTER = "Registry.RegisterDerivative"


def setUpModule():
    Twins.open()


class Twins(Shared):
    """alice builds on others' models. squat/Ko-8B is mallory's, carol holds her organisation, bob has proved nothing."""

    @classmethod
    def open(cls):
        Shared.open()
        Case.mallory, Case.carol = person(Case.admin, "mallory"), person(Case.admin, "carol")
        Case.mallory.call("Registry.CreatePublisher", name="squat")
        Case.carol.call("Registry.CreatePublisher", name="carol")
        Case.rita = person(Case.admin, "rita", ["registrar"], scopes=["models", "roster"])
        Case.rita.call("Registry.SetNamespace", publisher="carol", organisation=HUB + "Carol", evidence="hub-file")
        Case.admin.call("Registry.VerifyPublisher", name="carol", evidence="domain")
        Case.team = person(Case.admin, "team", ["team"], "upstage", scopes=["models"])
        for client, name, base in ((Case.mallory, SQUATTED, SKT), (Case.carol, PROVEN, SKT), (Case.bob, OWN, SKT),
                                   (Case.team, TEAMS, SOLAR)):
            client.call(REGISTER, derivative=derivative(name, base))

    def card(self, *parents):
        path = os.path.join(self.server.data, "card.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write("---\nlicense: mit\nbase_model:\n" + "".join("- %s\n" % parent for parent in parents) + "---\n")
        return path

    def parents(self, client, *arguments, name="alice/by-card", **options):
        """What the command would declare, and what it notes."""
        code, said = self.server.jokbo_json("register", *arguments, "--name", name, "--dry-run", token=client.token, **options)
        self.assertEqual(code, 0, said)
        declared = said["declaration"]
        return [p["external"]["name"] if "external" in p else p["registered"]["name"] for p in declared["parents"]], declared["notes"], said


class OverGrpc(Twins):
    def test_a_name_that_is_not_proven_stays_the_hubs(self):
        reply = self.register("alice/merged", SOLAR, external(HUB + "Squat/ko-8b"), relation="merge")
        self.assertEqual({(p["external"], p["name"]) for p in reply["release"]["parents"]},
                         {(False, SOLAR), (True, HUB + "Squat/ko-8b")})
        self.assertEqual(set(self.roots("alice/merged")), {SOLAR})
        self.assertRegex(reply["notice"], 'huggingface.co/Squat/ko-8b" was taken .* %s is registered here .* registered parent' % SQUATTED)
        self.assertEqual(self.register("alice/plain", SOLAR, external(HUB + "some/one"), relation="merge")["notice"], "")
        made = self.alice.call("Registry.BatchRegisterDerivatives", derivatives=[
            derivative("alice/batch-%d" % i, SOLAR, external(HUB + name), relation="merge")
            for i, name in enumerate((SQUATTED, "some/one"))])
        self.assertEqual([SQUATTED in one["notice"] for one in made["registrations"]], [True, False])

    def test_without_a_path_it_is_suggested(self):
        failure = self.refused("FAILED_PRECONDITION", "NO_PATH_TO_BASE", REGISTER,
                               derivative=derivative("alice/nowhere", external(HUB + SQUATTED)))
        told = failure.details["PreconditionFailure"]["violations"][0]["description"]
        self.assertIn("leads to no base model", told)
        self.assertIn("name it as the registered parent (jokbo: --parent ", told)
        self.assertIn(SQUATTED, told)

    def test_a_name_that_is_proven_is_the_registered_one(self):
        for name in (SKT, TEAMS, PROVEN, PROVEN.upper()):
            failure = self.wrong(["derivative.parents[0].external.name"], REGISTER,
                                 derivative=derivative("alice/x", external(HUB + name), SOLAR, relation="merge"))
            self.assertIn("name it as the registered parent", failure.fields["derivative.parents[0].external.name"])

    def test_a_verification_that_has_ended_proves_nothing(self):
        """Whose the name is counts for nothing where nobody knows who that is."""
        self.admin.call("Registry.VerifyPublisher", name="carol", evidence="domain", undo=True)
        self.assertFalse(self.model(PROVEN)["meant_by_hub_name"])
        self.admin.call("Registry.VerifyPublisher", name="carol", evidence="domain")
        self.assertTrue(self.model(PROVEN)["meant_by_hub_name"])

    def test_a_namespace_that_has_ended_proves_nothing(self):
        fields = dict(publisher="carol", organisation=HUB + "carol", evidence="letter")
        self.rita.call("Registry.SetNamespace", end=True, **fields)
        try:
            self.assertFalse(self.model(PROVEN)["meant_by_hub_name"])
            self.assertIn(PROVEN, self.register("alice/ended", SOLAR, external(HUB + PROVEN), relation="merge")["notice"])
            self.rita.call("Registry.SetNamespace", publisher="squat", organisation=HUB + "carol", evidence="letter")
            self.assertFalse(self.model(PROVEN)["meant_by_hub_name"], "somebody else's")
            self.rita.call("Registry.SetNamespace", publisher="squat", organisation=HUB + "carol", evidence="letter", end=True)
        finally:
            self.rita.call("Registry.SetNamespace", **fields)
        self.assertTrue(self.model(PROVEN)["meant_by_hub_name"])

    def test_a_base_model_under_a_squatted_name(self):
        """A team that moves its base model there gets nothing of the hub's name either."""
        both = person(self.admin, "of both")
        self.addCleanup(both.close)
        for publisher in ("squat", "upstage"):
            joined(self.admin, publisher, both.account, "MEMBER_ROLE_OWNER")
        both.call("Registry.TransferModel", name="upstage/SOLAR-10.7B-Instruct-v1.0", new_name="squat/Solar")
        self.assertFalse(self.model("squat/Solar")["meant_by_hub_name"])
        self.assertTrue(self.model("upstage/SOLAR-10.7B-Instruct-v1.0")["meant_by_hub_name"], "as the roster calls it")

    def verify_squat(self):
        """With all who own it now: a test before may have made another one its owner."""
        members = self.admin.call("Access.ListMembers", publisher="squat")["members"]
        owners = [member["account"] for member in members if member["role"] == "MEMBER_ROLE_OWNER"]
        self.admin.call("Registry.VerifyPublisher", name="squat", evidence="domain", owners=owners)

    def test_who_means_his_own(self):
        def meant(client, name):
            return client.call("Registry.GetModel", name=name)["meant_by_hub_name"]
        self.assertEqual([meant(client, OWN) for client in (self.anyone, self.alice, self.bob)], [False, False, True])
        # an invitation proves nothing, nor does a membership of a publisher that is not verified
        self.mallory.call("Access.SetMember", publisher="squat", account=self.alice.account, role="MEMBER_ROLE_OWNER")
        self.verify_squat()
        self.assertEqual([meant(client, SQUATTED) for client in (self.alice, self.mallory)], [False, True])
        self.admin.call("Registry.VerifyPublisher", name="squat", evidence="a mistake", undo=True)
        self.alice.call("Access.AcceptMembership", publisher="squat")
        self.assertEqual([meant(client, SQUATTED) for client in (self.alice, self.mallory)], [False, True])
        self.verify_squat()
        self.assertTrue(meant(self.alice, SQUATTED))
        self.admin.call("Registry.VerifyPublisher", name="squat", evidence="a mistake", undo=True)
        self.mallory.call("Access.RemoveMember", publisher="squat", account=self.alice.account)


class OnTheCommandLine(Twins):
    def test_a_card_means_the_hubs(self):
        parents, notes, said = self.parents(self.alice, self.card(SOLAR, SQUATTED))
        self.assertEqual(parents, [SOLAR + "@initial", HUB + SQUATTED])
        self.assertEqual(len(notes), 1)
        self.assertIn("give --parent " + SQUATTED, notes[0])
        self.assertIn(SQUATTED, said["registration"]["notice"])
        done = self.server.jokbo("register", self.card(SOLAR, SQUATTED), "--name", "alice/by-card", "--dry-run", token=self.alice.token)
        self.assertEqual(done.stdout.count("Note: "), 1, done.stdout)

    def test_a_url_means_the_hubs(self):
        for given in ("https://huggingface.co/" + SQUATTED, "https://hf.co/%s/tree/main" % SQUATTED):
            parents, notes, _ = self.parents(self.alice, "--parent", SOLAR, "--parent", given, "--license", "MIT")
            self.assertEqual((parents, len(notes)), ([SOLAR + "@initial", HUB + SQUATTED], 1))

    def test_host_and_id_are_noted_by_the_server(self):
        done = self.server.jokbo("register", "--name", "alice/by-host", "--parent", SOLAR, "--parent", HUB + SQUATTED, "--license", "MIT",
                                 "--dry-run", token=self.alice.token)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, 'Note: .*%s is registered here' % SQUATTED)

    def test_a_parent_that_is_given_is_the_registered_one(self):
        self.assertEqual(self.parents(self.alice, "--parent", SQUATTED, "--license", "MIT")[:2], ([SQUATTED + "@1"], []))

    def test_a_card_of_a_name_that_is_proven_or_own(self):
        for client, name in ((self.alice, SKT), (self.alice, TEAMS), (self.alice, PROVEN), (self.bob, OWN)):
            version = "@initial" if name == SKT else "@1"
            publisher = "bob" if client is self.bob else "alice"
            self.assertEqual(self.parents(client, self.card(name), name=publisher + "/by-card")[:2], ([name + version], []))
        self.assertEqual(self.parents(self.alice, "--parent", "https://huggingface.co/" + PROVEN, "--license", "MIT")[0], [PROVEN + "@1"])

    def test_a_card_alone_is_refused_with_what_may_be_meant(self):
        done = self.server.jokbo("register", self.card(SQUATTED), "--name", "alice/by-card", "--dry-run", token=self.alice.token)
        self.assertEqual(done.returncode, 4, done.stdout)
        self.assertIn("give --parent " + SQUATTED, done.stdout)
        self.assertIn("name it as the registered parent", done.stderr)

    def test_a_version_that_the_hub_does_not_have(self):
        done = self.server.jokbo("register", self.card(SOLAR, SQUATTED + "@1"), "--name", "alice/by-card", "--dry-run", token=self.alice.token)
        self.assertEqual(done.returncode, 4, done.stdout)
        self.assertIn("not proven to be the one that is registered", done.stderr)


if __name__ == "__main__":
    unittest.main()
