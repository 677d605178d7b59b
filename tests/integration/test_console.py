"""What the command line does before and around its commands: a token that is no longer in force, names that the shell
completes, words that are no command, a home folder that is not there, questions before what cannot be undone."""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
import jokbo  # noqa: E402

STALE = "jk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_jokbo
printf '%s\\n' "${COMPREPLY[@]}"
"""


class ConsoleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = jokbo.Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()
        cls.script = os.path.join(cls.server.data, "completion.bash")
        with open(cls.script, "w", encoding="utf-8") as file:
            file.write(cls.server.jokbo("completion", "bash").stdout)

    def complete(self, *words, home=None, folder=None, **variables):
        program = os.path.join(jokbo.BUILD, "jokbo")
        done = subprocess.run(["bash", "-c", COMPLETE, "bash", self.script, program, *words], cwd=folder,
                              env=self.server.user_env(None, dict({"HOME": home} if home else {}, **variables)), capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_names_are_completed(self):
        self.assertIn("skt/A.X-K1", self.complete("show", "skt/A.X-"))
        self.assertTrue(all(name.startswith("skt/A.X-") for name in self.complete("show", "skt/A.X-")))
        self.assertEqual(self.complete("count", "skt/A.X-K1"), ["skt/A.X-K1"])
        self.assertEqual(self.complete("count", "--team", "upst"), ["upstage"])
        self.assertEqual(self.complete("claims", "upst"), ["upstage"])
        self.assertEqual(self.complete("publisher", "show", "LGAI"), ["LGAI-EXAONE"])
        self.assertEqual(self.complete("show", "nobody/"), [])

    def test_the_registry_that_the_line_names_is_asked(self):
        with tempfile.TemporaryDirectory() as home:
            os.makedirs(os.path.join(home, ".config/jokbo/profiles"))
            with open(os.path.join(home, ".config/jokbo/profiles/here"), "w", encoding="utf-8") as file:
                file.write("server = %s\n" % self.server.address)
            complete = lambda *words, **more: self.complete("show", *words, "skt/A.X-K1", home=home, **dict({"JOKBO_SERVER": ""}, **more))
            away = {"JOKBO_SERVER": "127.0.0.1:1"}
            host, port = self.server.address.split(":")
            self.assertEqual(complete(**away), [])
            for words in (["--server", self.server.address], ["--server", host, ":", port], ["--server", "=", host, ":", port],
                          ["--server=" + self.server.address]):
                self.assertEqual(complete(*words, **away), ["skt/A.X-K1"], words)
            for words in (["--profile", "here"], ["--profile", "=", "here"], ["--config", "~/.config/jokbo/profiles/here"]):
                self.assertEqual(complete(*words), ["skt/A.X-K1"], words)
            self.assertEqual(self.complete("show", "--profile", "he", home=home), ["here"])

    def test_what_was_yanked_is_completed(self):
        for version in ("1", "2", "3"):
            command = ["register", "--name", "back/some"] if version == "1" else ["publish", "--model", "back/some", "--release", version]
            done = self.server.jokbo(*command, *(["--parent", "skt/A.X-K1"] if version == "1" else []), "--license", "MIT", "--no-receipt", "--yes")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.server.jokbo("register", "--name", "back/all", "--parent", "skt/A.X-K1", "--license", "MIT", "--no-receipt", "--yes").returncode, 0)
        for name in ("back/some@2", "back/all@1"):
            self.assertEqual(self.server.jokbo("yank", name, "--reason", "wrong", "--no-receipt").returncode, 0)
        self.assertEqual(self.complete("unyank", "back/"), ["back/all@1"])
        self.assertEqual(self.complete("unyank", "back/some"), ["back/some@2"])
        self.assertEqual(self.complete("unyank", "skt/A.X-K1"), [])
        self.assertIn("back/some", self.complete("yank", "back/"))

    def test_what_is_verified_is_completed(self):
        """A receipt beside the card, a model that is registered, or whatever file there is."""
        with tempfile.TemporaryDirectory() as folder:
            receipts = os.path.join(folder, ".jokbo", "receipts", "skt")
            os.makedirs(receipts)
            for name in ("one@1.receipt", "one@1.entry", "two words@1.receipt"):
                open(os.path.join(receipts, name), "w").close()
            open(os.path.join(folder, "skt.certificate"), "w").close()
            complete = lambda *words: self.complete(*words, folder=folder)
            found = complete("verify", "")
            self.assertIn("skt/A.X-K1", found)
            self.assertIn("skt.certificate", found)
            self.assertIn(".jokbo/receipts/skt/one@1.receipt", found)
            self.assertNotIn(".jokbo/receipts/skt/one@1.entry", found)
            self.assertFalse([word for word in found if "two" in word])  # a shell would take it for two
            self.assertEqual(complete("verify", "skt/A.X-K1"), ["skt/A.X-K1"])
            self.assertEqual(complete("receipt", "renew", ".jokbo/receipts/s")[-1], ".jokbo/receipts/skt/one@1.receipt")
            self.assertEqual(complete("compare", "skt"), ["skt.certificate"] + complete("show", "skt"))

    def test_remembered_logs_are_completed(self):
        origins = ["a.example/log", "example.kr/registry", "long.example/" + "x" * 200]
        with tempfile.TemporaryDirectory() as home:
            for origin in origins:
                self.remember(home, origin)
            os.makedirs(os.path.join(home, ".local/state/jokbo/log", "%sha256-" + "0" * 64))
            self.assertEqual(sorted(self.complete("log", "forget", "", home=home)), origins)
            self.assertEqual(self.complete("log", "forget", "exam", home=home), origins[1:2])
            env = {"HOME": home, "XDG_STATE_HOME": ""}
            self.assertEqual(self.server.jokbo("log", "forget", origins[1], "--yes", env=env).returncode, 0)
            self.assertEqual(sorted(self.complete("log", "forget", "", home=home)), [origins[0], origins[2]])

    @staticmethod
    def remember(home, origin):
        """As the command line does: a folder named by the origin, or by its digest if that is too long."""
        name = urllib.parse.quote(origin, safe="")
        if len(name) > 200:
            name = "%sha256-" + hashlib.sha256(origin.encode()).hexdigest()
        folder = os.path.join(home, ".local/state/jokbo/log", name)
        os.makedirs(folder)
        root, signature = base64.b64encode(bytes(32)).decode(), base64.b64encode(bytes(68)).decode()
        with open(os.path.join(folder, "checkpoint"), "w", encoding="utf-8") as file:
            file.write("%s\n1\n%s\n\n\u2014 %s %s\n" % (origin, root, origin, signature))

    def test_fish_asks_for_names_as_bash_does(self):
        """It neither waits long for a server that is away nor shows what went wrong."""
        asked = [line for line in self.server.jokbo("completion", "fish").stdout.split("\n") if "jokbo names " in line]
        self.assertGreater(len(asked), 5)
        for line in asked:
            self.assertRegex(line, r"\(jokbo names \w+ \(commandline -ct\) \(__jokbo_where\) --timeout 2 2>/dev/null\)'")

    def test_a_stale_token_keeps_nobody_from_reading(self):
        for command in (["roster", "show"], ["log", "entries", "--to", "2"], ["count", "--all"]):
            with self.subTest(command):
                without = self.server.jokbo(*command, token=None)
                stale = self.server.jokbo(*command, token=STALE)
                self.assertEqual((stale.returncode, stale.stdout), (0, without.stdout))
                self.assertEqual(stale.stderr.count("asked without the token"), 1)
                self.assertIn("not a valid token", stale.stderr)

    def test_a_stale_token_is_refused_where_one_is_needed(self):
        for command in (["whoami"], ["publisher", "create", "somebody"]):
            with self.subTest(command):
                stale = self.server.jokbo(*command, token=STALE)
                self.assertEqual(stale.returncode, 7)
                self.assertIn("not a valid token", stale.stderr)
                self.assertNotIn("asked without", stale.stderr)

    def test_a_team_is_an_operand(self):
        self.assertEqual(self.server.jokbo("claims", "upstage").returncode, 0)
        both = self.server.jokbo("claims", "upstage", "--team", "upstage")
        self.assertEqual(both.returncode, 2)
        self.assertIn("give one of them", both.stderr)

    def homes(self):
        """None at all, and one that cannot be made; nobody, root included, makes folders below /proc."""
        return {"HOME": ""}, {"HOME": "/proc/nobody"}

    def test_without_a_home_an_audit_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            for home in self.homes():
                with self.subTest(home):
                    done = self.server.jokbo("audit", "http://" + self.server.http, env=dict(home, TMPDIR=folder))
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn("the mirror is not kept", done.stderr)
                    self.assertRegex(done.stdout, r"mirror +not kept \(\d+ tiles fetched\)")
                    self.assertEqual(os.listdir(folder), [])

    def test_without_a_home_nothing_is_said_to_be_remembered(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "README.md"), "w", encoding="utf-8") as card:
                card.write("---\nbase_model: skt/A.X-4.0\nlicense: apache-2.0\n---\n")
            for number, home in enumerate(self.homes()):
                with self.subTest(home):
                    name = "homeless/model-%d" % number
                    done = self.server.jokbo("register", folder, "--name", name, "--yes", env=home)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn("trusted on first use, not remembered", done.stdout)
                    verified = self.server.jokbo("verify", name, env=home)
                    self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
                    self.assertRegex(verified.stdout, "note +growth +nothing was remembered of this log, and its size, [0-9]+, cannot be: ")
                    self.assertNotIn("Is the server running", verified.stderr)

    def test_a_policy_in_a_file_explains_as_a_recorded_one(self):
        path = os.path.join(jokbo.ROOT, "registry", "data", "policies", "strict.policy")
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "README.md"), "w", encoding="utf-8") as card:
                card.write("---\nbase_model: skt/A.X-4.0\nlicense: mit\n---\n")
            registered = self.server.jokbo("register", folder, "--name", "explained/model", "--yes")
        self.assertEqual(registered.returncode, 0, registered.stderr)
        before = self.server.jokbo("explain", "explained/model", "--policy", path)
        self.assertIn("explained/model does not count", before.stdout)
        for sentence in ("skt/A.X-4.0 was not made from scratch\n", "원 모델 skt/A.X-4.0이(가) 프롬 스크래치가 아님\n"):
            self.assertIn(sentence, before.stdout)
        self.assertRegex(self.server.jokbo("show", "skt/A.X-4.0").stdout, "from scratch +no\n")
        self.assertEqual(self.server.jokbo("policy", "record", path).returncode, 0)
        recorded = self.server.jokbo_json("explain", "explained/model", "--policy", "strict")
        self.assertEqual(self.server.jokbo_json("explain", "explained/model", "--policy", path), recorded)
        size = str(recorded[1]["log_size"] - 2)
        for policy in ("strict", path):  # registered by the entry before the policy's
            late = self.server.jokbo("explain", "explained/model", "--policy", policy, "--as-of", size)
            self.assertIn("was not registered yet", late.stderr, policy)

    def test_another_registrys_server_makes_no_fork(self):
        """Receipts of one registry, asked about at another that is larger: no word of two histories."""
        with tempfile.TemporaryDirectory() as folder, jokbo.Server() as other:
            other.load_roster()
            for server, name in ((self.server, "small/model"), (self.server, "small/second"), (other, "big/model-1"), (other, "big/model-2")):
                home = os.path.join(folder, name)
                os.makedirs(home)
                with open(os.path.join(home, "README.md"), "w", encoding="utf-8") as card:
                    card.write("---\nbase_model: skt/A.X-4.0\nlicense: mit\n---\n")
                done = server.jokbo("register", home, "--name", name, "--yes", env={"HOME": folder})
                self.assertEqual(done.returncode, 0, done.stderr)
            while other.jokbo_json("log", "checkpoint")[1]["log_size"] <= self.server.jokbo_json("log", "checkpoint")[1]["log_size"]:
                other.jokbo("publisher", "create", "filler-%d" % other.jokbo_json("log", "checkpoint")[1]["log_size"])
            wrong = other.jokbo("verify", os.path.join(folder, "small/model"), token=None, env={"HOME": folder})
            self.assertNotIn("two histories", wrong.stdout + wrong.stderr)
            self.assertIn("keeps the log", wrong.stdout + wrong.stderr)
            right = self.server.jokbo("verify", os.path.join(folder, "small/model"), token=None, env={"HOME": folder})
            self.assertEqual(right.returncode, 0, right.stdout + right.stderr)

    def card(self):
        """A folder with a card that names its base model and licence."""
        folder = tempfile.TemporaryDirectory(prefix="jokbo-console-")
        self.addCleanup(folder.cleanup)
        with open(os.path.join(folder.name, "README.md"), "w", encoding="utf-8") as card:
            card.write("---\nbase_model: skt/A.X-4.0\nlicense: apache-2.0\n---\n")
        return folder.name

    def test_a_slip_in_a_publishers_name_is_told(self):
        run, folder = self.server.jokbo, self.card()
        self.assertEqual(run("publisher", "create", "hangang").returncode, 0)
        new = 'Note: The publisher "hangnag" is new, and its name is public for ever; near to it: hangang.\n'
        words = ("register", folder, "--name", "hangnag/model", "--no-receipt")
        self.assertIn(new, run(*words, "--dry-run").stdout)
        with self.server.on_terminal(*words, columns=200) as terminal:
            terminal.expect("Register this, for ever?")
            self.assertIn(new, terminal.seen)
            terminal.type("n")
            self.assertIn("Nothing was written.", terminal.finish())
        done = run(*words, "--yes", "--json")
        self.assertEqual("Note: %s.\n" % json.loads(done.stdout)["registration"]["publisher_notice"], new)
        again = run("register", folder, "--name", "hangnag/further", "--no-receipt", "--dry-run")
        self.assertNotIn("is new", again.stdout)
        with self.server.on_terminal(*words[:2], "--name", "hangang/model", "--no-receipt") as terminal:
            terminal.expect("Register this, for ever?")
            self.assertNotIn("is new", terminal.seen)
            terminal.type("n")
            terminal.finish()

    def test_a_publisher_is_created_after_a_question(self):
        self.assertEqual(self.server.jokbo("publisher", "create", "nakdong").returncode, 0)
        for answer, code in (("n", 5), ("y", 0)):
            with self.server.on_terminal("publisher", "create", "nakdogn") as terminal:
                terminal.expect("stays there forever; near to it: nakdong.")
                terminal.expect("Create this publisher? [y/N]")
                terminal.type(answer)
                terminal.finish()
                self.assertEqual(terminal.code, 0)
            self.assertEqual(self.server.jokbo("publisher", "show", "nakdogn").returncode, code, answer)
        with self.server.on_terminal("publisher", "create", "nakdong-2", "--yes") as terminal:
            self.assertNotIn("[y/N]", terminal.finish())

    def token(self, *words, token="admin"):
        """A new token of the admin's: its text and its number."""
        made = self.server.jokbo_json("token", "create", "--scope", "tokens", *words, token=token)[1]
        return made["secret"], str(made["token"]["id"])

    def works(self, token):
        return self.server.jokbo("whoami", token=token).returncode == 0

    def test_the_token_in_use_is_revoked_on_purpose_only(self):
        parent, number = self.token()
        child, own = self.token(token=parent)
        for what in (own, number):
            done = self.server.jokbo("token", "revoke", what, token=child)
            self.assertEqual(done.returncode, 2)
            self.assertIn("revoking token %s ends the token in use; --yes does it all the same" % what, done.stderr)
            with self.server.on_terminal("token", "revoke", what, token=child) as terminal:
                terminal.expect("Revoke it? [y/N]")
                terminal.type()
                self.assertIn("Nothing was revoked.", terminal.finish())
        self.assertTrue(self.works(child))
        self.assertEqual(self.server.jokbo("token", "revoke", own, token=parent).returncode, 0, "another's is revoked at once")
        self.assertFalse(self.works(child))
        self.assertEqual(self.server.jokbo("token", "revoke", number, "--yes", token=parent).returncode, 0)
        self.assertFalse(self.works(parent))

    def test_whoami_tells_the_publishers(self):
        self.assertEqual(self.server.jokbo("publisher", "create", "imjin").returncode, 0)
        self.assertIn("\nOwner of imjin\n", self.server.jokbo("whoami").stdout)

    def test_help_knows_what_is_no_command(self):
        for words, nearest in ((["help", "cuont"], "count"), (["help", "stage", "putt"], "stage put"),
                               (["stage", "putt", "--help"], "stage put"), (["help", "nonsense"], None)):
            done = self.server.jokbo(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn("there is no command", done.stderr)
            self.assertEqual('did you mean "%s"?' % nearest in done.stderr, nearest is not None, done.stderr)
        for words, usage in ((["help", "stage"], "jokbo stage COMMAND"), (["help", "stage", "put"], "jokbo stage put STAGE"),
                             (["help"], "jokbo COMMAND")):
            self.assertIn("Usage: " + usage, self.server.jokbo(*words).stdout)

    def test_an_export_that_lacks_its_folder(self):
        done = self.server.jokbo("export", "http://" + self.server.http)
        self.assertEqual(done.returncode, 2)
        self.assertIn("OUT is missing, the folder for the tables: jokbo export http://%s OUT" % self.server.http, done.stderr)

    def test_numbers_are_taken_as_they_are_printed(self):
        for words in (["rule", "confirm", "21,211"], ["receipt", "get", "21,210"], ["dispute", "list", "--limit", "1,000"],
                      ["log", "entries", "--from", "21,210"], ["token", "revoke", "1,000"]):
            self.assertNotEqual(self.server.jokbo(*words).returncode, 2, words)
            wrong = self.server.jokbo(*words[:-1], "21,21")
            self.assertNotEqual(wrong.returncode, 0, words)
        self.assertIn("21210", self.server.jokbo("receipt", "get", "21,210").stderr)

    def test_a_dry_run_of_what_is_there_misses_no_receipt(self):
        words = ("register", self.card(), "--name", "unchanged/model", "--yes")
        self.assertEqual(self.server.jokbo(*words).returncode, 0)
        done = self.server.jokbo(*words, "--dry-run")
        self.assertIn("Already registered, unchanged: unchanged/model@1", done.stdout)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with self.server.on_terminal(*words[:-1]) as terminal:  # nothing to agree to
            said = terminal.finish()
        self.assertRegex(said, r"(?m)^receipt +\S+receipt$")
        self.assertNotIn("gave no receipt", said)

    def test_values_are_completed_as_what_they_are(self):
        with tempfile.TemporaryDirectory() as home:
            profiles = os.path.join(home, ".config", "jokbo", "profiles")
            os.makedirs(profiles)
            for name in ("data", "demo"):
                with open(os.path.join(profiles, name), "w", encoding="utf-8"):
                    pass
            self.assertEqual(self.complete("--profile", "d", home=home), ["data", "demo"])
            self.assertEqual(self.complete("count", "--profile", "de", home=home), ["demo"])
        for words in (["rule", "exclude", "x", "--reason", ""], ["count", "--as-of", ""], ["blob", "get", ""], ["rule", "confirm", ""]):
            self.assertEqual(self.complete(*words), [], words)
        self.assertEqual(self.complete("help", "publisher", "unv"), ["unverify"])
        self.assertEqual(self.complete("help", "publ"), ["publish", "publisher"])
        self.assertEqual(self.complete("roster", "apply", self.script[:-2]), [self.script])
        self.assertEqual(self.complete("register", "--license-file", self.script[:-2]), [self.script])

    def test_files_that_are_not_there(self):
        done = self.server.jokbo("verify", "/no/such/path")
        self.assertEqual(done.returncode, 9)
        self.assertIn("there is no file or folder /no/such/path", done.stderr)
        done = self.server.jokbo("audit", "http://" + self.server.http, "--key", "/no/such/key")
        self.assertEqual(done.returncode, 2)
        self.assertIn('--key "/no/such/key" is neither a verifier key (name+id+base64) nor a file that holds one', done.stderr)

    def test_mistakes_are_told_by_the_option_that_made_them(self):
        done = self.server.jokbo("stage", "put", "stage-9", "--title", "A stage")
        for option in ("--opens", "--cut-off", "--policy", "--teams"):
            self.assertRegex(done.stderr, r"(?m)^  %s: " % option)
        self.assertNotIn("stage.", done.stderr)

    def test_an_agreement_is_no_parent(self):
        with self.server.on_terminal("register", "--name", "asked/model", "--license", "MIT", "--relation", "finetune") as terminal:
            terminal.expect("What was it made from")
            terminal.type("skt/A.X-4.0")
            terminal.expect("And from (Enter: nothing more)?")
            terminal.type("yes")
            terminal.expect('"yes" is no model\'s name')
            terminal.expect("And from (Enter: nothing more)?")
            terminal.type()
            terminal.expect("Register this, for ever?")
            self.assertRegex(terminal.seen, r"(?m)^parents +skt/A\.X-4\.0@initial +asked$")
            terminal.type("n")
            terminal.finish()

    def test_several_mistakes_of_the_servers_options_are_told_once(self):
        done = subprocess.run([os.path.join(jokbo.BUILD, "jokbod"), "--dta", "x"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr.count("--dta: is not an option"), 1, done.stderr)
        self.assertIn("jokbod: 2 fields are wrong:\n", done.stderr)

    def test_help_is_as_wide_as_is_asked_for(self):
        for columns, most in (("78", 78), ("90", 90), ("", 100), ("3", 100), ("wide", 100)):
            lines = self.server.jokbo("count", "--help", env={"COLUMNS": columns}).stdout.split("\n")
            self.assertLessEqual(max(map(len, lines)), most, columns)
            self.assertGreater(max(map(len, lines)), most - 12, columns)

    def test_only_what_is_near_is_suggested(self):
        self.assertIn('did you mean "count"?', self.server.jokbo("cout").stderr)
        self.assertNotIn("did you mean", self.server.jokbo("nosuch").stderr)
        self.assertEqual(self.server.jokbo("nosuch", "--help").returncode, 2)


if __name__ == "__main__":
    unittest.main()
