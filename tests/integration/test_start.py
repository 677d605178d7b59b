"""registry/start: one command from a built checkout to a running registry, Ctrl-C that leaves nothing behind, and a second
start that is quick and keeps the data. Runs only where this build is the checkout's own, build/, and up to date; from a
bare machine it is tried by hand, for installing and building take minutes.
JK_START_LIMIT_S (3) is how long a later start may take; JK_TIMEOUT_FACTOR multiplies it, and so does the machine's load where it is
more than one a core."""
import errno
import json
import os
import re
import resource
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import BUILD, ROOT, Server, alive, allowed, children  # noqa: E402

LIMIT_S = float(os.environ.get("JK_START_LIMIT_S", 3))
TIMEOUT_S = 120
COMPILED = (".c", ".h", ".def", ".proto", ".sql", ".tsv", "spdx-list.txt", ".cmake")
CARD = "tests/data/model-cards/mradermacher__EXAONE-3.5-7.8B-Instruct-GGUF.md"
NAME = "mradermacher/EXAONE-3.5-7.8B-Instruct-GGUF"


def reason_to_skip():
    if os.path.realpath(BUILD) != os.path.realpath(os.path.join(ROOT, "build")):
        return "this build is not the checkout's build/"
    built = min(os.path.getmtime(os.path.join(BUILD, program)) for program in ("jokbod", "jokbo"))
    for folder in ("registry", "proto", "migrations"):
        for path, _, names in os.walk(os.path.join(ROOT, folder)):
            if any(os.path.getmtime(os.path.join(path, name)) > built for name in names if name.endswith(COMPILED)):
                return "build/ is older than its sources"
    return None


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class Start(unittest.TestCase):
    checkout = ROOT

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="jokbo-start-test-")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        self.home, self.data = os.path.join(folder.name, "home"), os.path.join(folder.name, "data")
        self.scratch = os.path.join(folder.name, "scratch")
        for path in (self.home, self.scratch):
            os.mkdir(path)
        os.mkdir(self.data, 0o755)
        self.settings = os.path.join(self.home, ".config", "jokbo")
        self.config = os.path.join(self.settings, "config")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("JOKBO", "XDG_"))}
        self.env.update(HOME=self.home, TMPDIR=self.scratch, LC_ALL="C.UTF-8")
        # Not started itself: it knows which processes work for a data directory.
        self.watcher = Server(data=self.data, binary=os.path.join(ROOT, "build", "jokbod"))
        self.addCleanup(self.watcher.end_all)

    def start(self, *options, ports=("--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")):
        """Starts it and reads up to the ready line. Gives the process, what it printed, and how long that took."""
        errors = open(os.path.join(self.scratch, "errors"), "w+")
        self.addCleanup(errors.close)
        began = time.monotonic()
        process = subprocess.Popen([os.path.join(self.checkout, "registry", "start"), "--data", self.data, *ports, *options],
                                   cwd=self.scratch if self.checkout != ROOT else ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
                                   start_new_session=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(self.end, process)
        timer = threading.Timer(TIMEOUT_S, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("jokbod ready "):
                break
        timer.cancel()
        took = time.monotonic() - began
        errors.seek(0)
        self.assertTrue(lines and lines[-1].startswith("jokbod ready "), "".join(lines) + errors.read())
        ready = re.fullmatch(r"jokbod ready grpc=127\.0\.0\.1:\d+ http=(127\.0\.0\.1:\d+) data=(\S+)\n", lines[-1])
        self.assertEqual(urllib.parse.unquote(ready.group(2)), os.path.realpath(self.data))
        self.assertIn("\n  HTTP    %s\n" % ready.group(1), "".join(lines))
        with urllib.request.urlopen("http://%s/readyz" % ready.group(1), timeout=10) as answer:
            self.assertEqual(answer.read(), b"ready\n")
        return process, "".join(lines), took

    def test_a_server_that_nobody_can_reach_is_started_again(self):
        """Without free descriptors it cannot accept any more, which it finds out by its own probes, and ends with 70."""
        process, _, _ = self.start()
        server, = (pid for pid in children(process.pid) if self.program_of(pid) == "jokbod")
        resource.prlimit(server, resource.RLIMIT_NOFILE, (8, 8))
        timer = threading.Timer(TIMEOUT_S, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        line = process.stdout.readline()
        timer.cancel()
        ready = re.fullmatch(r"jokbod ready grpc=\S+ http=(\S+) data=(\S+)\n", line)
        self.assertTrue(ready, line)
        self.assertFalse(alive(server))
        with urllib.request.urlopen("http://%s/readyz" % ready.group(1), timeout=10) as answer:
            self.assertEqual(answer.read(), b"ready\n")
        with open(os.path.join(self.scratch, "errors")) as f:
            self.assertIn("so it ended itself (70); it is started again in 1 s\n", f.read())
        self.interrupt(process)

    def test_a_server_that_was_killed_is_told_in_plain_words(self):
        process, _, _ = self.start()
        server, = (pid for pid in children(process.pid) if self.program_of(pid) == "jokbod")
        os.kill(server, signal.SIGKILL)
        self.assertEqual(process.wait(TIMEOUT_S), 128 + signal.SIGKILL)
        self.assertIn("start: the server was ended by SIGKILL; run registry/start again", self.told())
        self.assertNotRegex(self.told(), r"line \d+|Killed")
        self.watcher.end_all()

    @staticmethod
    def program_of(pid):
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()

    @staticmethod
    def end(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def interrupt(self, process):
        """Ctrl-C: the terminal sends SIGINT to the whole group."""
        self.assertGreaterEqual(len(self.watcher.processes()), 3, "server, supervisor, PostgreSQL")
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(TIMEOUT_S), 0)
        self.assertEqual(process.stdout.read(), "")
        self.assertEqual(self.watcher.left_running(), [])
        self.assertEqual(os.listdir(self.scratch), ["errors"])

    def jokbo(self, *arguments):
        result = subprocess.run([os.path.join(ROOT, "build", "jokbo")] + list(arguments), cwd=ROOT, env=self.env, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout

    def size(self):
        return int(re.search(r'"log_size": (\d+)', self.jokbo("log", "checkpoint", "--json")).group(1))

    def test_twice_with_ctrl_c_between(self):
        process, said, _ = self.start()
        self.assertEqual(said.count("build/jokbo "), 3, said)
        self.assertNotIn("--profile", said)
        self.assertIn("\n  profile data, the default from now on\n", said)
        self.assertFalse(os.path.exists(self.config))
        self.assertEqual(stat.S_IMODE(os.stat(self.profile("data")).st_mode), 0o600)
        self.assertIn("Motif-Technologies/Motif-3", self.jokbo("roster", "show"))
        self.jokbo("register", CARD, "--name", NAME, "--no-receipt")
        size = self.size()
        self.interrupt(process)

        with open(self.profile("data")) as f:
            settings = f.read()
        with open(self.config, "w") as f:
            f.write("color = never\n")  # somebody's own
        process, said, took = self.start()
        with open(self.config) as f:
            self.assertEqual(f.read(), "color = never\n")
        self.assertEqual(said.count(" --profile data\n"), 3, said)
        self.assertIn("\n  profile data; %s goes before it\n" % self.config, said)
        self.env["JOKBO_PROFILE"] = "data"
        self.assertEqual(self.size(), size)
        self.assertIn(NAME, self.jokbo("list", "--publisher", "mradermacher"))
        with open(self.profile("data")) as f:
            self.assertIn(re.search(r"^token = .*$", settings, re.M).group(0), f.read(), "the token of the first start still stands")
        self.interrupt(process)
        if took >= LIMIT_S:  # something else may have taken the machine for a moment
            process, said, took = self.start()
            self.interrupt(process)
        self.assertLess(took, allowed(LIMIT_S))

    def profile(self, name):
        return os.path.join(self.settings, "profiles", name)

    def told(self):
        with open(os.path.join(self.scratch, "errors")) as f:
            return f.read()

    def another(self, name):
        """A registry of the same user with data of its own."""
        self.data = os.path.join(os.path.dirname(self.home), name)
        os.mkdir(self.data, 0o755)
        self.addCleanup(Server(data=self.data, binary=self.watcher.binary).end_all)

    def test_several_registries_of_one_user(self):
        """Each has a profile, the last one is the default, and none is overwritten while its registry is there."""
        os.makedirs(self.settings)
        with open(self.config, "w") as f:  # as a start before there were profiles left it
            f.write("# Written by jokbod at its start for the local user; it holds an admin's token.\nserver = 127.0.0.1:1\ntoken = old\n")
        first, said, _ = self.start()
        self.assertIn("start: the settings in %s are now the profile earlier\n" % self.config, self.told())
        self.assertFalse(os.path.exists(self.config))
        with open(self.profile("earlier")) as f:
            self.assertIn("token = old\n", f.read())
        with open(self.profile("data")) as f:
            kept, address = f.read(), re.search(r"grpc=(\S+)", said).group(1)
        self.assertIn("\n# data %s\nserver = %s\n" % (os.path.realpath(self.data), address), kept)
        origin = self.origin()

        self.another("other")
        second, said, _ = self.start("--profile", "data")  # which is the first one's
        self.assertIn("start: the profile data is that of %s, so this one is data-2\n" % os.path.join(os.path.dirname(self.home), "data"), self.told())
        self.assertIn("\n  profile data-2, the default from now on\n", said)
        with open(self.profile("data")) as f:
            self.assertEqual(f.read(), kept)
        self.assertNotEqual(self.origin(), origin)
        self.assertEqual(self.origin("--profile", "data"), origin, "both run, side by side")
        self.end_both(second, first)

        shutil.rmtree(os.path.join(os.path.dirname(self.home), "data"))
        os.rename(self.data, os.path.join(os.path.dirname(self.home), "data"))  # the first is no more, and the second lies there now
        self.data = os.path.join(os.path.dirname(self.home), "data")
        third, said, _ = self.start()
        self.assertIn("\n  profile data, the default from now on\n", said)
        self.assertNotEqual(self.origin("--profile", "data"), origin)
        self.interrupt(third)

    def test_the_longest_name_is_taken(self):
        """The number goes into the 64 bytes that a name may have."""
        os.makedirs(os.path.join(self.settings, "profiles"))
        with open(self.profile("a" * 64), "w") as f:
            f.write("# a registry that somebody entered\n")
        process, said, _ = self.start("--profile", "a" * 64)
        self.assertIn("\n  profile %s-2, the default from now on\n" % ("a" * 60), said)
        self.jokbo("count", "--profile", "a" * 60 + "-2")
        self.interrupt(process)

    def test_a_home_that_cannot_be_written(self):
        """The server runs all the same, and the commands work as they are printed."""
        self.env["HOME"] = "/dev/null"
        process, said, _ = self.start()
        self.assertIn("start: no profile can be written in /dev/null/.config/jokbo, so", self.told())
        self.assertNotIn("profile", said)
        given = os.path.join(os.path.realpath(self.data), "client.config")
        self.assertEqual(said.count(" --config " + given + "\n"), 3, said)
        self.jokbo("count", "--config", given)
        self.interrupt(process)

    def origin(self, *options):
        return json.loads(self.jokbo("log", "checkpoint", "--json", *options))["origin"]

    def end_both(self, *processes):
        for process in processes:
            os.killpg(process.pid, signal.SIGINT)
        for process in processes:
            self.assertEqual(process.wait(TIMEOUT_S), 0)

    def test_spaces_in_every_path(self):
        """Of the checkout, which is not the current folder, and of the data: the commands work as they are printed."""
        self.checkout = os.path.join(self.home, "a check out")
        os.makedirs(os.path.join(self.checkout, "registry"))
        shutil.copy(os.path.join(ROOT, "registry", "start"), os.path.join(self.checkout, "registry"))
        for name in ("install", "build"):  # nothing is missing, and a build knows its folder
            os.symlink("/bin/true", os.path.join(self.checkout, "registry", name))
        for name in ("build", "registry/data"):
            os.symlink(os.path.join(ROOT, name), os.path.join(self.checkout, name))
        cards = os.path.join("tests", "data", "model-cards")  # receipts are stored beside them
        shutil.copytree(os.path.join(ROOT, cards), os.path.join(self.checkout, cards), ignore=shutil.ignore_patterns(".jokbo"))
        self.data = os.path.join(os.path.dirname(self.data), "50% of it", "da ta")
        os.makedirs(self.data)
        for folder in (self.data, os.path.dirname(self.data)):
            os.chmod(folder, 0o755)
        self.watcher.data = self.data
        os.makedirs(os.path.dirname(self.config))
        with open(self.config, "w") as f:
            f.write("color = never\n")  # so that the commands name the settings
        process, said, _ = self.start()
        commands = re.findall(r"^  (\S.*build/jokbo .*)$", said, re.M)
        self.assertEqual(len(commands), 3, said)
        for command in commands:
            words = shlex.split(command)
            self.assertEqual(words[-2:], ["--profile", "da-ta"])
            done = subprocess.run(words, cwd=self.scratch, env=self.env, text=True, stdin=subprocess.DEVNULL, timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, command + "\n" + done.stdout)
        shutil.rmtree(os.path.join(self.scratch, ".jokbo"), ignore_errors=True)
        self.interrupt(process)

    def test_help_and_version_install_and_build_nothing(self):
        version = subprocess.run([os.path.join(BUILD, "jokbod"), "--version"], text=True, stdout=subprocess.PIPE, timeout=60).stdout
        checkout = os.path.join(self.home, "bare")
        os.makedirs(os.path.join(checkout, "registry"))
        shutil.copy(os.path.join(ROOT, "registry", "start"), os.path.join(checkout, "registry"))
        shutil.copy(os.path.join(ROOT, "CMakeLists.txt"), checkout)
        for name in ("install", "build"):
            os.symlink("/bin/false", os.path.join(checkout, "registry", name))
        for built in (False, True):
            if built:
                os.symlink(os.path.join(ROOT, "build"), os.path.join(checkout, "build"))
            done = subprocess.run([os.path.join(checkout, "registry", "start"), "--help"], env=self.env, text=True, timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("Usage: registry/start [options of jokbod]", done.stdout)
            self.assertEqual("--public" in done.stdout, built, done.stdout)
            done = subprocess.run([os.path.join(checkout, "registry", "start"), "--version"], env=self.env, text=True, timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual((done.returncode, done.stdout), (0, version))

    def test_a_mistyped_option_is_refused_before_anything_is_built(self):
        checkout = os.path.join(self.home, "bare")
        os.makedirs(os.path.join(checkout, "registry", "daemon"))
        for name in ("start", "daemon/config.def"):
            shutil.copy(os.path.join(ROOT, "registry", name), os.path.join(checkout, "registry", name))
        for name in ("install", "build"):
            with open(os.path.join(checkout, "registry", name), "w", encoding="utf-8") as script:
                script.write("#!/bin/sh\necho it is built\nexit 9\n")
            os.chmod(os.path.join(checkout, "registry", name), 0o755)

        def start(*options):
            done = subprocess.run([os.path.join(checkout, "registry", "start"), *options], env=self.env, text=True, timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            return done.returncode, done.stdout
        for options in (("--nosuch",), ("--demo", "--dat=x"), ("--http-per-adress", "9")):
            wrong = [option for option in options if option != "--demo"][0].split("=")[0]
            self.assertEqual(start(*options),
                             (2, f"start: {wrong}: is not an option of start or of jokbod; see registry/start --help\n"))
        for options in ((), ("--demo", "--http-per-address", "9"), ("--config=x",), ("--profile", "x", "--data", self.data)):
            self.assertEqual(start(*options), (9, "it is built\n"), options)

    def test_ports_in_use(self):
        """Whoever has the usual ports keeps them, this test or another program."""
        for port in (7443, 7480):
            taken = socket.socket()
            self.addCleanup(taken.close)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("127.0.0.1", port))
                taken.listen()
            except OSError as error:
                self.assertEqual(error.errno, errno.EADDRINUSE)
        process, said, _ = self.start(ports=())
        with open(os.path.join(self.scratch, "errors")) as f:
            told = f.read()
        for name, usual, what in (("grpc", 7443, "gRPC"), ("http", 7480, "HTTP")):
            port = int(re.search(r"%s=127\.0\.0\.1:(\d+)" % name, said).group(1))
            self.assertTrue(usual < port < usual + 100, port)
            self.assertIn("start: port %d is in use, so %s gets port %d;" % (usual, what, port), told)
        self.assertIn("Motif-Technologies/Motif-3", self.jokbo("roster", "show"))
        self.interrupt(process)

    def test_data_in_use(self):
        """It says so in a line, with what is known of the server, speaks of no port, and leaves the server alone."""
        process, said, _ = self.start()
        server, = (pid for pid in children(process.pid) if self.program_of(pid) == "jokbod")
        address = re.search(r"grpc=(\S+)", said).group(1)
        with open(self.profile("data")) as f:
            profile = f.read()
        for where in (["--data", self.data], ["--data=" + os.path.relpath(self.data, ROOT)], []):
            env = self.env if where else dict(self.env, JOKBOD_DATA=self.data)
            again = subprocess.run([os.path.join(ROOT, "registry", "start"), *where], cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
                                   capture_output=True, text=True, timeout=TIMEOUT_S)
            told = [line for line in again.stderr.splitlines() if not line.startswith("build: ")]
            self.assertEqual((again.returncode, again.stdout, len(told)), (1, "", 1), again.stderr)
            self.assertIn("start: the registry of %s already runs, process %d, gRPC %s; " % (os.path.realpath(self.data), server, address), told[0])
        self.jokbo(*re.search(r"build/jokbo (count --profile data);", told[0]).group(1).split())
        with open(self.profile("data")) as f:
            self.assertEqual(f.read(), profile)
        self.interrupt(process)

    def test_demo(self):
        process, said, _ = self.start("--demo")
        self.assertIn("This is a demo: its times are not real", said)
        self.assertFalse(os.path.exists(self.config), "the user's own settings are left alone")
        page = re.search(r"xdg-open (http://\S+)\n", said).group(1)
        with urllib.request.urlopen(page, timeout=10) as answer:
            self.assertIn(b"A demo: its times are not real", answer.read())
        self.assertIn("\n  profile demo, the default from now on\n", said)
        for command in re.findall(r"^  \S*build/jokbo (.*)$", said, re.M):
            self.jokbo(*command.split())
        size = self.size()
        self.interrupt(process)
        process, said, _ = self.start("--demo")
        self.assertEqual(self.size(), size, "nothing is loaded twice")
        self.interrupt(process)


if __name__ == "__main__":
    unittest.main(verbosity=1)
