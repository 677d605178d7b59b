"""When stages close where time is in doubt: after a rest, and with witnesses as a third clock."""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import person  # noqa: E402
from timed import DAY, FACTOR, HOUR, Timed, seconds, until  # noqa: E402
from witness import Witness  # noqa: E402


class Rests(Timed):
    def test_switched_off_over_a_cut_off(self):
        """A registry that was switched off over a holiday starts as always; the stage that was due meanwhile waits for a person."""
        self.begin()
        self.write()
        stage, later = self.stage(2 * DAY), self.stage(4 * DAY)
        before = self.size()
        self.restart(while_off=lambda: self.clocks.go_by(3 * DAY))
        self.write()
        until("it tells", lambda: self.logged("log-rested"))
        until("it asks for a person", lambda: self.logged("stage-waits", stage=stage["id"], reason="rest", level="error"))
        until("it is counted", lambda: self.metric("jokbo_stages_waiting") == 1)
        self.assertEqual(self.wait(stage), "STAGE_WAIT_EVALUATOR")
        self.assertIn("waits for an evaluator", self.server.jokbo("stage", "list").stdout)
        self.assertIn("jokbo stage close " + stage["id"], self.server.jokbo("stage", "show", stage["id"]).stdout)
        self.restart()  # the entry that came since has not covered it up
        self.stays_open(stage, 5)
        closing = self.close(self.eve, stage)
        self.assertEqual((closing["n"], closing["revision"], closing["proposed"]), (str(before), 1, False))
        until("nothing waits", lambda: self.metric("jokbo_stages_waiting") == 0)
        for _ in range(2):  # idle, with a sign of life in between: no rest
            self.clocks.go_by(13 * HOUR)
            until("a sign of life", lambda: self.life() > self.clocks.now() - HOUR)
        self.closed(later)
        self.assertEqual(len(self.logged("log-rested")), 1)

    def test_off_for_a_few_hours(self):
        self.begin()
        stage = self.stage(2 * HOUR)
        self.restart(while_off=lambda: self.clocks.go_by(20 * HOUR))
        self.closed(stage)
        self.assertFalse(self.logged("log-rested"))

    def test_witness_shows_the_time(self):
        """In a rest, a cosignature with a time past the cut-off is as good as a person; it needs no quorum."""
        self.begin()
        witness = self.witness()
        self.restart(*self.policy([witness], "none"))
        stage = self.stage(2 * DAY)
        until("it cosigns", lambda: witness.answers and witness.answers[-1] == 200)
        witness.mode = 500
        self.restart(*self.policy([witness], "none"), while_off=lambda: self.clocks.go_by(3 * DAY))
        until("it asks for a person", lambda: self.logged("stage-waits", reason="rest"))
        self.stays_open(stage)
        witness.mode = "normal"
        self.closed(stage)


class Witnesses(Timed):
    """The third clock."""

    def witnessed(self):
        self.begin()
        self.one, self.two = self.witness("one"), self.witness("two")
        self.server.options += self.policy([self.one, self.two], "all")
        self.restart()

    def test_quorum(self):
        """A stage waits for a quorum with a time past its cut-off, on a checkpoint that was cosigned long before."""
        self.witnessed()
        stage = self.stage(3)
        until("both cosign", lambda: all(w.size == self.size() for w in (self.one, self.two)))
        self.two.clock = lambda: self.clocks.now() - 600  # it is late
        time.sleep(4)
        message = self.refused("FAILED_PRECONDITION", "WITNESSES_AWAITED", lambda: self.close(self.eve, stage))
        self.assertIn("10 min", message)
        self.assertEqual(self.wait(stage), "STAGE_WAIT_WITNESSES")
        self.stays_open(stage, 3)
        asked = len(self.one.asked)
        until("the same checkpoint is cosigned again and again", lambda: len(self.one.asked) >= asked + 2)
        self.assertEqual(set(self.one.answers[asked:]), {200})
        self.assertEqual(len(self.checkpoint_lines()), 3)  # a line each, however often
        self.two.clock = self.clocks.now
        closing = self.closed(stage)
        self.assertGreaterEqual(seconds(closing["create_time"]), seconds(stage["cutoff_time"]) + 2)
        self.assertFalse(self.logged("stage-waits"))

    def checkpoint_lines(self):
        with open(os.path.join(self.server.data, "public", "checkpoint")) as file:
            return [line for line in file if line.startswith("— ")]

    def test_with_a_quorum_it_closes_as_soon(self):
        self.witnessed()
        stage = self.stage(2)
        closing = self.closed(stage)
        past = seconds(closing["create_time"]) - seconds(stage["cutoff_time"])
        self.assertGreaterEqual(past, 2)
        until("the closing is cosigned, too", lambda: all(w.size == self.size() for w in (self.one, self.two)))
        asked = len(self.one.asked)
        time.sleep(3)
        self.assertEqual(len(self.one.asked), asked)  # nothing waits any more, so nobody asks
        self.assertLess(past, 2 + 3 * FACTOR)

    def test_two_evaluators(self):
        """Ten minutes without a quorum: the first evaluator proposes, whatever the same one says again, a second one closes."""
        self.witnessed()
        self.two.mode = 500
        stage = self.stage(3)
        time.sleep(4)
        self.refused("FAILED_PRECONDITION", "WITNESSES_AWAITED", lambda: self.close(self.eve, stage))
        self.clocks.go_by(601)
        until("an alarm", lambda: self.logged("stage-waits", reason="no-quorum", level="error"), 60)
        self.assertEqual(self.metric("jokbo_stages_waiting"), 1)
        self.assertEqual(self.wait(stage), "STAGE_WAIT_TWO_EVALUATORS")
        size = self.size()
        dry = self.close(self.una, stage, validate_only=True)
        self.assertTrue(dry["proposed"])
        for _ in range(2):
            proposed = self.close(self.eve, stage)
            self.assertTrue(proposed["proposed"])
            self.assertEqual((proposed["log_index"], proposed["revision"]), ("0", 1))
        told = self.server.jokbo("stage", "close", stage["id"], token=self.eve.token)
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("Not closed yet", told.stdout)
        self.assertEqual((self.size(), self.closings(stage)), (size, []))
        self.stays_open(stage, 3)
        late = person(self.admin, "late", ["evaluator"], scopes=["roster"])
        self.refused("PERMISSION_DENIED", "EVALUATOR_LATER", lambda: self.close(late, stage))  # made one for this, it may seem
        self.admin.call("Access.UpdateAccount", account={"id": self.eve.account, "label": "was an evaluator"})
        self.assertTrue(self.close(late, stage)["proposed"])  # who proposed is no evaluator any more: it begins anew
        self.restart()
        closing = self.close(self.una, stage)
        self.assertFalse(closing["proposed"])
        self.assertEqual([closing[name] for name in ("n", "m", "table_sha256", "members_sha256", "policy_sha256")],
                         [proposed[name] for name in ("n", "m", "table_sha256", "members_sha256", "policy_sha256")])
        self.assertEqual(self.closings(stage), [closing])
        self.assertEqual(self.close(self.una, stage), closing)

    def test_one_evaluator_where_four_eyes_are_off(self):
        self.witnessed()
        self.server.options += ["--four-eyes", "off"]
        self.restart()
        self.two.mode = 500
        stage = self.stage(2)
        time.sleep(2.5)
        self.clocks.go_by(601)
        self.assertFalse(self.close(self.eve, stage)["proposed"])
        self.assertEqual(len(self.closings(stage)), 1)

    def test_confirms_a_step(self):
        """Clocks that were a day slow and are set right, with a stage open: one witness that knows the time is enough."""
        self.witnessed()
        stage = self.stage(30 * DAY)
        self.one.clock = self.two.clock = self.clocks.now  # of before
        self.step(DAY)
        self.clocks.go_by(61)
        until("somebody has to confirm", lambda: self.logged("clock-unconfirmed"))
        asked = len(self.one.asked)
        until("a witness that knows another time is asked", lambda: len(self.one.asked) > asked, 40)
        self.refused()
        self.one.clock = lambda: self.clocks.now() + DAY
        until("writes go on", self.writes_go, 40)
        self.assertTrue(self.logged("clock-believed", by="witness"))
        self.assertEqual(self.closings(stage), [])

    def test_quorum_out_of_reach(self):
        self.begin()
        path = self.policy([self.witness("one")], "none")[1]
        with open(path) as file:
            text = file.read().replace("quorum none", "witness two %s\nquorum two" % Witness("witness.example/two").key)
        with open(path, "w") as file:
            file.write(text)
        self.restart("--witness-policy", path)
        self.assertTrue(self.logged("witness-quorum-unreachable"))


if __name__ == "__main__":
    unittest.main()
