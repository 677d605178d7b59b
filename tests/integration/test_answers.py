"""What the command line answers to a person: one word for one number, and what is asked before something is done for ever."""
import json
import os
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import BUILD, Case, Server, Shared  # noqa: E402
from terminal import Terminal  # noqa: E402

BASE, EXAONE = "upstage/Solar-Open-100B", "LGAI-EXAONE/EXAONE-4.0-1.2B"


def setUpModule():
    Shared.open()


class Answers(Shared):
    def run_as(self, *arguments, code=0, token="admin", **options):
        done = self.server.jokbo(*arguments, token=token, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def setUp(self):
        """Receipts are left in the folder where a command runs."""
        self.folder = tempfile.mkdtemp(prefix="jokbo-answers-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)

    def said(self, *arguments, **options):
        return self.run_as(*arguments, **options).stdout


class Numbers(Answers):
    """Wherever "derivatives" stands, it is what `count` says of the same model."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Case.register(cls, "alice/one", BASE, client=cls.alice)
        Case.register(cls, "alice/two", "alice/one", client=cls.alice)
        cls.alice.call("Registry.PublishRelease", release={"name": "alice/one", "version": "2"})
        Case.register(cls, "alice/gone", BASE, client=cls.alice)
        cls.alice.call("Registry.YankRelease", name="alice/gone@1", reason="broken")

    def test_of_a_base_model(self):
        counted = int(self.anyone.call("Evaluation.CountDerivatives", scope={"base_model": BASE})["counted"])
        self.assertEqual(counted, 2)
        self.assertIn("%s: 2 derivatives" % BASE, self.said("count", BASE))
        shown = self.said("show", BASE)
        self.assertRegex(shown, r"(?m)^derivatives +2$")
        self.assertRegex(shown, r"(?m)^children +3$")
        self.assertRegex(self.said("roster", "show"), r"(?m)^%s .* 2$" % re.escape(BASE))
        self.assertEqual(self.server.jokbo_json("show", BASE)[1]["counted"], counted)
        of_all = {base["name"]: base["counted"] for base in self.server.jokbo_json("roster", "show")[1]["models"]}
        self.assertEqual((of_all[BASE], sum(of_all.values())), (counted, counted))

    def test_of_a_derivative(self):
        shown = self.said("show", "alice/one")
        self.assertRegex(shown, r"(?m)^children +1$")
        self.assertNotIn("derivatives", shown)
        self.assertEqual((self.model("alice/one")["child_count"], self.model(BASE)["child_count"]), (1, 3))

    def test_as_of_as_lists_print_it(self):
        """Sizes have their thousands apart there."""
        size = self.size()
        self.assertLess(size, 1000)
        plain = self.said("count", BASE, "--as-of", str(size))
        self.assertIn("At log size %d" % size, plain)
        for wrong in ("1,0", "12,34", ",123", "1,234,", "1234,567", "1,,234", "0,1234"):
            self.run_as("count", BASE, "--as-of", wrong, code=2)
        for right in ("1,234", "12,345", "123,456", "1,234,567"):  # read as a number, and more than there is
            told = self.run_as("count", BASE, "--as-of", right, code=4).stderr
            self.assertIn("--as-of: %s: the log has" % right.replace(",", ""), told)

    def test_the_first_words_of_anybody(self):
        self.assertRegex(self.said("--version"), r"^jokbo \d+\.\d+\.\d+, interface jokbo\.v1\n$")
        self.assertEqual(self.said("--version", "--json"), self.said("version", "--json"))
        self.assertIn("there is no command \"nosuch\"", self.run_as("nosuch", "--help", code=2).stderr)
        self.assertIn("publisher create", self.said("publisher", "--help"))


class Registering(Answers):
    """On a terminal: what is missing is asked for, and what will be found is shown before it is for ever."""
    ASKED = "Under which licence"
    FOR_EVER = "for ever? [y/N]"

    def register(self, name, *options, base=EXAONE):
        return self.server.on_terminal("register", "--name", name, "--parent", base, "--no-receipt", *options,
                                       token=self.alice.token)

    def is_there(self, name):
        return self.server.jokbo("show", name).returncode == 0

    def test_the_licence_is_asked_for(self):
        with self.register("alice/asked", base=BASE) as terminal:
            terminal.expect(self.ASKED)
            terminal.type("Apache 2")
            terminal.expect('did you mean "Apache-2.0"')
            terminal.expect(self.ASKED)
            terminal.type("apache-2.0")
            terminal.expect(self.FOR_EVER)
            self.assertRegex(terminal.seen, r"(?m)^licence +Apache-2.0 +asked$")
            terminal.type("y")
            self.assertIn("Registered: alice/asked@1", terminal.finish())
            self.assertEqual(terminal.code, 0)
        self.assertEqual(self.model("alice/asked")["release"]["license"], "Apache-2.0")

    def test_none_is_an_answer(self):
        with self.register("alice/none", base=BASE) as terminal:
            terminal.expect(self.ASKED)
            terminal.type()
            terminal.expect("no licence is declared, so NOASSERTION is stored")
            terminal.expect("license-unknown")
            terminal.expect(self.FOR_EVER)
            terminal.type("yes")
            said = terminal.finish()
        self.assertEqual(said.count("license-unknown"), 1, said)
        self.assertEqual(self.model("alice/none")["release"]["license"], "NOASSERTION")

    def test_findings_come_before_the_question_and_no_is_the_default(self):
        for answer in ("", "n", "what"):
            with self.register("alice/misnamed", "--license", "Apache-2.0") as terminal:
                terminal.expect(self.FOR_EVER)
                self.assertIn("license-conflict:", terminal.seen)
                self.assertIn("naming-literal:", terminal.seen)
                terminal.type(answer)
                self.assertIn("Nothing was written.", terminal.finish())
                self.assertEqual(terminal.code, 0)
            self.assertFalse(self.is_there("alice/misnamed"), answer)

    def test_yes_asks_nothing(self):
        with self.register("alice/yes", "--yes", base=BASE) as terminal:
            said = terminal.finish()
        self.assertNotIn(self.ASKED, said)
        self.assertNotIn(self.FOR_EVER, said)
        self.assertIn("Registered: alice/yes@1", said)

    def test_what_would_be_refused_is_not_asked_about(self):
        Case.register(self, "alice/there", BASE)
        with self.register("alice/there", "--license", "Apache-2.0", base=BASE) as terminal:
            said = terminal.finish()
        self.assertIn("Already registered, unchanged: alice/there@1", said)
        with self.register("bob/not-hers", "--license", "Apache-2.0", base=BASE) as terminal:
            said += terminal.finish()
            self.assertNotEqual(terminal.code, 0)
        self.assertNotIn(self.FOR_EVER, said)

    def test_a_manifest_that_comes_along_is_no_finding(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("jokbo/manifest/v1\nfile %s 3 a.safetensors\n" % ("ab" * 32))
            file.flush()
            with self.register("alice/held", "--license", "Apache-2.0", "--manifest", file.name, base=BASE) as terminal:
                terminal.expect(self.FOR_EVER)
                terminal.type("y")
                self.assertNotIn("unverified-artifact", terminal.finish())
        self.assertEqual({kind for kind, _ in self.kinds("alice/held")} & {"unverified_artifact"}, set())


class Yanked(Answers):
    """That a release is yanked, and why, is said wherever it is asked for; to yank it twice is no mistake."""
    WHY = "the weights were\n  those of another"
    TOLD = "the weights were"

    def yanked(self, name):
        self.said("register", "--name", name, "--parent", BASE, "--license", "Apache-2.0", "--yes", token=self.alice.token)
        self.said("yank", name + "@1", "--reason", self.WHY, token=self.alice.token)
        return name + "@1", "by entry %d, " % (self.size() - 1)

    def test_twice(self):
        release, by = self.yanked("alice/twice")
        before = self.size()
        for options in ([], ["--dry-run"]):
            said = self.said("yank", release, "--reason", "again", *options, token=self.alice.token)
            self.assertIn("Already yanked: %s, %s" % (release, by), said)
            self.assertIn(self.TOLD, said)
        code, shown = self.server.jokbo_json("yank", release, "--reason", "again", token=self.alice.token)
        self.assertEqual((code, shown["status"], shown["yank_reason"]), (0, "unchanged", self.WHY))
        self.run_as("yank", release, "--reason", "x", token=self.bob.token, code=7)
        self.assertEqual(self.size(), before)
        self.assertIn("Now standing again", self.said("unyank", release, token=self.alice.token))
        self.assertIn("Not yanked: " + release, self.said("unyank", release, token=self.alice.token))
        self.assertEqual(self.size(), before + 1)
        self.assertNotIn("yanked", self.said("show", release))

    def test_the_interface(self):
        release, _ = self.yanked("alice/fields")
        got, listed = self.anyone.call("Registry.GetRelease", name=release), self.model("alice/fields")["release"]
        self.assertEqual((got["yank_index"], got["yank_reason"]), (str(self.size() - 1), self.WHY))
        self.assertEqual((listed["yank_index"], listed["yank_time"], listed["yank_reason"]),
                         (got["yank_index"], got["yank_time"], ""))
        again = self.alice.call("Registry.UnyankRelease", name=release, validate_only=True)
        self.assertEqual((again["yanked"], again["yank_index"], "yank_time" in again), (False, "0", False))
        base = self.anyone.call("Registry.GetRelease", name=BASE)
        self.assertEqual((base["yank_index"], base["yank_reason"]), ("0", ""))

    def test_wherever_it_is_asked_for(self):
        release, by = self.yanked("alice/told")
        register = ["register", "--name", "alice/told", "--parent", BASE, "--license", "Apache-2.0", "--yes"]
        for arguments in (register, ["verify", release], ["show", release]):
            said = self.said(*arguments, token=self.alice.token)
            self.assertIn(by, said, arguments)
            self.assertIn(self.TOLD, said, arguments)
        code, again = self.server.jokbo_json(*register, token=self.alice.token)
        self.assertEqual((code, again["status"], again["yanked"]["reason"]), (0, "unchanged", self.WHY))
        receipt = os.path.join(self.folder, ".jokbo/receipts/alice/told@1.receipt")
        self.assertIn(by, self.said("verify", receipt))
        self.assertNotIn("yanked", self.said("verify", receipt, "--offline"))
        notes = {c["check"]: c["state"] for c in self.server.jokbo_json("verify", receipt)[1]["subjects"][0]["checks"]}
        self.assertEqual(notes["yanked"], "note")


class TwoRegistries(Answers):
    """A second one under the same HOME is another log, and nobody takes the one for the other."""

    def test_side_by_side(self):
        home, origins = self.folder, []
        second = Server()
        self.addCleanup(second.close)
        second.start().load_roster()
        for server in (self.server, second, self.server):
            env = {"HOME": home}
            name = "one" if server is second else "two"
            made = server.jokbo("publisher", "create", "side", env=env)
            self.assertIn(made.returncode, (0, 6), made.stderr)
            done = server.jokbo("register", "--name", "side/" + name, "--parent", BASE, "--license", "Apache-2.0", "--yes", env=env)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(server.jokbo("verify", "side/" + name, env=env).returncode, 0)
            audit = server.jokbo("audit", "http://" + server.http, "--json", env=env)
            self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)
            origins.append(json.loads(audit.stdout)["origin"])
        self.assertRegex(origins[0], r"^localhost/jokbo-[0-9a-f]{8}$")
        self.assertRegex(origins[1], r"^localhost/jokbo-[0-9a-f]{8}$")
        self.assertEqual((origins[0] == origins[1], origins[0] == origins[2]), (False, True))

    def test_another_of_the_same_name(self):
        """As a demo that was made anew: told what is remembered, since when, where, and how to make way."""
        origin, env = "log.example/again", {"HOME": self.folder}
        kept = os.path.join(self.folder, ".local/state/jokbo/log", "log.example%2Fagain", "key")
        register = ["register", "--name", "again/one", "--parent", BASE, "--license", "Apache-2.0", "--yes"]
        forget = "jokbo log forget " + origin
        old = Server("--origin", origin)
        self.addCleanup(old.close)
        old.start().load_roster()
        old.jokbo("publisher", "create", "again", env=env)
        self.assertEqual(old.jokbo(*register, env=env).returncode, 0)
        self.assertEqual(old.jokbo("verify", "again/one", env=env).returncode, 0)
        new = Server("--origin", origin)
        self.addCleanup(new.close)
        new.start().load_roster()
        new.jokbo("publisher", "create", "again", env=env)
        for arguments, code in ((register, 12), (["verify", "again/one"], 10), (["audit", "http://" + new.http], 10)):
            done = new.jokbo(*arguments, env=env)
            said = done.stdout + done.stderr
            self.assertEqual(done.returncode, code, said)
            for part in (forget, kept, "remembered since 20"):
                self.assertIn(part, said)
        with Terminal([os.path.join(BUILD, "jokbo"), "log", "forget", origin], new.user_env(env=env)) as terminal:
            terminal.expect("[y/N]")
            terminal.type()
            self.assertIn("Nothing was forgotten.", terminal.finish())
        self.assertTrue(os.path.exists(kept))
        done = new.jokbo("log", "forget", origin, env=env)
        self.assertRegex(done.stdout, r"^Forgotten: %s, key %s\+[0-9a-f]{8} of 20\d\d-\S+ \S+ KST, checkpoint of size \d+\n$" % (origin, origin))
        self.assertFalse(os.path.exists(os.path.dirname(kept)))
        self.assertEqual(new.jokbo("log", "forget", origin, env=env).returncode, 5)
        self.assertEqual(new.jokbo(*register, env=env).returncode, 0)
        self.assertEqual(new.jokbo("verify", "again/one", env=env).returncode, 0)
        self.assertEqual(new.jokbo("audit", "http://" + new.http, env=env).returncode, 0)


if __name__ == "__main__":
    unittest.main()
