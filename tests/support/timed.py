"""A server and a PostgreSQL on one machine whose clocks a test sets, and what tests of them share."""
import datetime
import os
import re
import subprocess
import time
import unittest
import urllib.request

from clocks import Clocks
from jokbo import ROOT, Client, Cluster, Failure, Server, derivative, person
from witness import Witness

FACTOR = float(os.environ.get("JK_TIMEOUT_FACTOR", "1"))
HOUR, DAY = 3600, 86400
BASE = "upstage/Solar-Open-100B"
with open(os.path.join(ROOT, "registry", "data", "policies", "hub-like.policy")) as policy_file:
    POLICY = policy_file.read()


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def until(what, condition, limit=20):
    end = time.monotonic() + limit * FACTOR
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError("not within %d s: %s" % (limit * FACTOR, what))
        time.sleep(0.05)


class Timed(unittest.TestCase):
    """A server of the test's own, with clocks of the test's own."""

    def begin(self, *options):
        self.clocks = Clocks()
        self.addCleanup(self.clocks.close)
        self.cluster = Cluster(self.clocks.env)
        self.addCleanup(self.cluster.close)
        self.cluster.start().create_database()
        self.server = Server("--metrics", "127.0.0.1:0", "--database", self.cluster.url, *options, env=self.clocks.env)
        self.server.options += ["--client-config", os.path.join(self.server.data, "client.config")]
        self.addCleanup(self.server.close)
        subprocess.run([self.server.binary, "migrate", "--database", self.cluster.url], check=True, capture_output=True, timeout=60)
        self.server.start()
        self.server.load_roster()
        self.admin = self.server.client()
        self.anyone = Client(self.server.address)
        self.alice = person(self.admin, "alice")
        self.eve, self.una = (person(self.admin, name, ["evaluator"], scopes=["roster"]) for name in ("eve", "una"))
        self.alice.call("Registry.CreatePublisher", name="alice")
        self.eve.call("Stages.RecordPolicy", text=POLICY)
        self.count = 0

    def restart(self, *options, while_off=lambda: None):
        self.server.stop()
        while_off()
        usual, self.server.options = self.server.options, self.server.options + list(options)
        self.server.start()
        self.server.options = usual
        for client in (self.admin, self.anyone, self.alice, self.eve, self.una):
            account, token = getattr(client, "account", None), client.token
            client.close()
            client.__init__(self.server.address, token)
            client.account = account

    def step(self, ahead):
        """Sets the clocks, and waits until they are seen to agree again: a minute later writes may go on."""
        seen = len(self.logged("clock-settles"))
        self.clocks.set_ahead(ahead)
        until("they settle", lambda: len(self.logged("clock-settles")) > seen)

    def stage(self, cutoff, opens=-60):
        stage = {"id": "stage-%d" % self.next(), "title": "Stage", "title_ko": "단계", "open_time": self.clocks.after(opens),
                 "cutoff_time": self.clocks.after(cutoff), "policy": "hub-like", "teams": ["upstage"], "source": "invented"}
        return self.eve.call("Stages.PutStage", stage=stage)

    def next(self):
        self.count += 1
        return self.count

    def write(self):
        return self.alice.call("Registry.RegisterDerivative", derivative=derivative("alice/m%d" % self.next(), BASE))

    def writes_go(self):
        try:
            return self.write()
        except Failure as failure:
            if failure.reason != "CLOCK_DISAGREES":
                raise
            return None

    def refused(self, code="UNAVAILABLE", reason="CLOCK_DISAGREES", call=None):
        size = self.size()
        with self.assertRaises(Failure) as caught:
            (call or self.write)()
        self.assertEqual((caught.exception.code, caught.exception.reason), (code, reason), caught.exception.message)
        self.assertEqual(self.size(), size)
        return caught.exception.message

    def size(self):
        return int(self.anyone.call("Log.GetCheckpoint")["log_size"])

    def last_time(self):
        return seconds(self.anyone.entries(self.size() - 1)[0].split(b"\n")[2].split(b" ")[1].decode())

    def closings(self, stage):
        return self.anyone.call("Stages.GetStage", id=stage["id"])["closings"]

    def wait(self, stage):
        return self.anyone.call("Stages.GetStage", id=stage["id"])["wait"]

    def closed(self, stage):
        return until(stage["id"] + " closes", lambda: self.closings(stage))[0]

    def stays_open(self, stage, for_s=4):
        end = time.monotonic() + for_s
        while time.monotonic() < end:
            self.assertEqual(self.closings(stage), [])
            time.sleep(0.1)

    def close(self, client, stage, **fields):
        return client.call("Stages.CloseStage", stage=stage["id"], **fields)

    def life(self):
        """When the log was last seen alive, as PostgreSQL has it."""
        return int(self.cluster.sql("select coalesce(max((value ->> 'seen_us')::bigint), 0) from record where key = 'clock/life'")) / 1e6

    def metric(self, name):
        with urllib.request.urlopen("http://%s/metrics" % self.server.metrics, timeout=20) as answer:
            return float(re.search(r"^%s (\S+)$" % name, answer.read().decode(), re.M).group(1))

    def logged(self, event, **fields):
        words = ["event=" + event] + ["%s=%s" % field for field in fields.items()]
        return [line for line in self.server.log().splitlines() if all(word in line for word in words)]

    def witness(self, name="one"):
        with open(os.path.join(self.server.data, "public", "log.vkey")) as file:
            witness = Witness("witness.example/" + name, file.read().splitlines())
        self.addCleanup(witness.close)
        witness.clock = lambda: self.clocks.now() + self.clocks.step
        return witness

    def policy(self, witnesses, quorum):
        path = os.path.join(self.server.data, "witnesses.policy")
        with open(os.path.join(self.server.data, "public", "log.vkey")) as file:
            lines = ["log " + file.readline().strip()]
        for witness in witnesses:
            lines.append("witness %s %s %s" % (witness.name.partition("/")[2], witness.key, witness.url))
        if quorum != "none":
            lines.append("group all all " + " ".join(witness.name.partition("/")[2] for witness in witnesses))
        with open(path, "w") as file:
            file.write("\n".join(lines + ["quorum %s\n" % quorum]))
        return ["--witness-policy", path]
