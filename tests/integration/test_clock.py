"""Time that nobody can move: clocks that are set while a server runs, at its start and at a cut-off, and whose word ends a stop. Server
and PostgreSQL are on one machine, so that both their clocks are wrong alike, but for the last class."""
import datetime
import os
import shutil
import subprocess
import sys
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from clocks import Clocks  # noqa: E402
from jokbo import Client, Cluster, Failure, Server, person  # noqa: E402
from timed import DAY, HOUR, POLICY, Timed, seconds, until  # noqa: E402


class Steps(Timed):
    def test_sixty_days_for_three_seconds(self):
        """Once this closed a stage that was due in 30 days, for good, and stopped all writes for 60."""
        self.begin()
        self.write()
        stage = self.stage(30 * DAY)
        self.clocks.set_ahead(60 * DAY)
        message = self.refused()
        day = datetime.datetime.fromtimestamp(self.clocks.now() + 60 * DAY, datetime.timezone.utc).strftime("%Y-%m-%d")
        today = datetime.datetime.fromtimestamp(self.clocks.now(), datetime.timezone.utc).strftime("%Y-%m-%d")
        self.assertRegex(message, "database's shows %s.*server's %s.*should be %s" % (day, day, today))
        self.refused(call=lambda: self.close(self.eve, stage))
        self.refused(call=lambda: self.anyone.call("Evaluation.CountDerivatives", scope={"all": True},
                                                   as_of={"time": self.clocks.after(DAY)}))
        self.assertEqual(self.anyone.call("Evaluation.CountDerivatives", scope={"all": True})["registered"], "1")  # reads go on
        self.assertIn("Clocks disagree", self.server.jokbo("stage", "list").stderr)
        with urllib.request.urlopen("http://%s/readyz" % self.server.http, timeout=20) as answer:
            self.assertEqual(answer.status, 200)
        self.assertEqual(self.metric("jokbo_clock_stopped"), 1)
        self.assertEqual(self.metric("jokbo_clock_stops_total"), 1)
        self.assertTrue(self.logged("clock-disagrees", level="error"))
        self.stays_open(stage, 3)
        self.step(0)
        self.refused()
        self.clocks.go_by(60)
        until("writes go on", self.writes_go)
        self.assertLess(self.last_time(), self.clocks.now() + 5)
        self.assertEqual(self.metric("jokbo_clock_stopped"), 0)
        self.assertEqual(self.closings(stage), [])
        self.clocks.go_by(30 * DAY)
        # nobody saw the log for these 30 days: it is a rest, as if it had been switched off
        self.assertEqual(self.close(self.eve, stage)["revision"], 1)

    def test_steps_while_idle(self):
        """Steps of ten seconds, an hour and a day, either way, noticed without a write; and nothing is closed by them."""
        self.begin()
        stage = self.stage(20 * HOUR)
        for step in (10, -10, HOUR, -HOUR, DAY, -DAY):
            with self.subTest(step=step):
                stops = self.metric("jokbo_clock_stops_total")
                self.clocks.set_ahead(step)
                until("it is noticed", lambda: self.metric("jokbo_clock_stopped") == 1)
                self.assertEqual(self.metric("jokbo_clock_stops_total"), stops + 1)
                self.step(0)
                self.clocks.go_by(61)
                until("it is over", lambda: self.metric("jokbo_clock_stopped") == 0)
                self.write()
        self.assertEqual(self.closings(stage), [])

    def test_at_a_cut_off(self):
        """The clock leaps over the cut-off between two looks, and comes back: the stage closes when it is due."""
        self.begin()
        stage = self.stage(2 * HOUR)
        self.clocks.set_ahead(3 * HOUR)
        self.stays_open(stage, 3)
        self.step(0)
        self.clocks.go_by(61)
        until("writes go on", self.writes_go)
        self.stays_open(stage, 3)
        self.clocks.go_by(2 * HOUR)
        closing = self.closed(stage)
        self.assertGreaterEqual(seconds(closing["create_time"]), seconds(stage["cutoff_time"]) + 2)
        entry = self.anyone.entries(int(closing["log_index"]), int(closing["log_index"]) + 1)[0]
        self.assertIn(b"\nactor server\n", entry)

    def test_small_step_stays(self):
        """A clock was ten minutes slow, and is set right: a minute later all goes on with the new time."""
        self.begin()
        stage = self.stage(30 * DAY)
        self.step(600)
        self.refused()
        self.clocks.go_by(61)
        until("writes go on", self.writes_go)
        self.assertGreater(self.last_time(), self.clocks.now() + 590)
        self.assertTrue(self.logged("clock-believed", by="agreement"))
        self.assertEqual(self.closings(stage), [])

    def test_no_stage_is_open(self):
        self.begin()
        stage = self.stage(90 * DAY, opens=60 * DAY)
        self.step(30 * DAY)
        self.refused()
        self.clocks.go_by(61)
        until("writes go on", self.writes_go)
        self.assertTrue(self.logged("clock-believed", by='"agreement, no stage is open"', level="warn"))
        self.step(61 * DAY)  # over its opening: then it counts as open
        self.clocks.go_by(61)
        until("somebody has to confirm", lambda: self.logged("clock-unconfirmed"))
        self.refused()
        self.assertEqual(self.closings(stage), [])


class Words(Timed):
    def unconfirmed(self, step=DAY):
        self.begin()
        stage = self.stage(30 * DAY)
        self.step(step)
        self.clocks.go_by(61)
        until("somebody has to confirm", lambda: self.logged("clock-unconfirmed", level="error"))
        self.assertIn("--confirm-clock", self.refused())
        return stage

    def refuse_start(self, word):
        self.server.stop()
        done = subprocess.run([self.server.binary, "--data", self.server.data, "--listen", "127.0.0.1:0", "--http", "off",
                               "--database", self.cluster.url, "--confirm-clock", word], env=self.server.env, capture_output=True, text=True, timeout=90)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("--confirm-clock", done.stderr)
        return done.stderr

    def test_operator(self):
        stage = self.unconfirmed()
        self.restart()
        self.refused()  # a start alone is nobody's word
        self.assertIn("is not a time", self.refuse_start("tomorrow"))
        refused = self.refuse_start(self.clocks.after(0))
        self.assertRegex(refused, "the database's clock shows .*, this machine's ")
        word = self.clocks.after(DAY)
        self.server.start()
        self.restart("--confirm-clock", word)
        self.write()
        self.assertTrue(self.logged("clock-believed", by="operator"))
        self.assertGreater(self.last_time(), self.clocks.now() + DAY - 60)
        self.assertEqual(self.closings(stage), [])
        self.restart("--confirm-clock", word)  # left behind in a script: nothing is to be confirmed
        self.write()
        self.assertTrue(self.logged("clock-confirmation-unneeded"))

    def test_ahead_for_good(self):
        """The wrong time was confirmed, and then set right: the log is a day ahead, and says so until it is over."""
        self.unconfirmed()
        self.restart("--confirm-clock", self.clocks.after(DAY))
        self.write()
        self.restart(while_off=lambda: self.clocks.set_ahead(0))
        message = self.refused(reason="CLOCK_BEHIND")
        self.assertRegex(message, r"8\d{4} s behind the log's last entry")
        self.clocks.go_by(DAY + 60)
        self.write()


def knows(client):
    try:
        return client.call("Access.GetCaller")
    except Failure:
        return None


class Several(unittest.TestCase):
    """Two servers on two machines, and a database on a third."""

    def test_one_is_wrong(self):
        """The server with the wrong clock stops, and closes nothing; the other goes on, and closes when it is due."""
        cluster = Cluster()
        self.addCleanup(cluster.close)
        cluster.start().create_database()
        clocks = [Clocks(), Clocks()]
        servers = [Server("--database", cluster.url, "--origin", "registry.test/log", env=one.env) for one in clocks]
        for server, one in zip(servers, clocks):
            self.addCleanup(one.close)
            self.addCleanup(server.close)
            server.options += ["--client-config", os.path.join(server.data, "client.config")]
        first, second = servers
        subprocess.run([first.binary, "migrate", "--database", cluster.url], check=True, capture_output=True, timeout=60)
        first.start()
        first.load_roster()
        shutil.copy2(os.path.join(first.data, "log.key"), second.data)
        second.start()
        eve = person(first.client(), "eve", ["evaluator"], scopes=["roster"])
        elsewhere = Client(second.address, eve.token)
        until("the other server knows the token", lambda: knows(elsewhere))
        eve.call("Stages.RecordPolicy", text=POLICY)
        stage = eve.call("Stages.PutStage", stage={
            "id": "stage", "title": "Stage", "title_ko": "단계", "open_time": clocks[0].after(-60),
            "cutoff_time": clocks[0].after(6), "policy": "hub-like", "teams": ["upstage"], "source": "invented"})
        clocks[1].set_ahead(60 * DAY)
        with self.assertRaises(Failure) as caught:
            elsewhere.call("Stages.RecordPolicy", text=POLICY.replace("hub-like", "other"))
        self.assertEqual(caught.exception.reason, "CLOCK_DISAGREES")
        eve.call("Stages.RecordPolicy", text=POLICY.replace("hub-like", "another"))
        closing = until("it closes", lambda: eve.call("Stages.GetStage", id="stage")["closings"], 30)[0]
        self.assertGreaterEqual(seconds(closing["create_time"]), seconds(stage["cutoff_time"]) + 2)
        self.assertNotIn("event=stage-closed", second.log())
        until("the other follows", lambda: elsewhere.call("Stages.GetStage", id="stage")["closings"])


if __name__ == "__main__":
    unittest.main()
