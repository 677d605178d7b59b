"""Calls that wait for a log size that does not come, in a loop around a cut-off: to keep a stage open while one registers on."""
import datetime
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import READY, SKT, Attack  # noqa: E402
from jokbo import Client, Failure  # noqa: E402

FACTOR = float(os.environ.get("JK_TIMEOUT_FACTOR", "1"))
AHEAD, BEFORE, LATE = 1000, 6, 20  # entries; seconds until the cut-off, and for a stage to close after it
WAIT, AT_ONCE = 10, 5  # seconds that a caller waits, and that nobody else does
CALLERS = 8  # four have as many calls waiting as there are readers, and four more as many again


class WaitingCalls(Attack, unittest.TestCase):
    """A stage for each ready policy. What comes after the cut-off is late however long the stage stays open; and it does not."""
    row = "Waiting calls around a cut-off"
    options = ("--demo",)  # which takes every ready policy for a stage

    def prepare(self):
        self.mallory = self.account()
        self.publishers(self.mallory, "known", 1)
        self.verify("known-0")
        self.models = [("known-0/m-%d" % i, [SKT], self.upload(self.mallory, i)) for i in range(20)]
        eve = self.stranger("evaluator", ["evaluator"], ["roster"])
        shown, self.cutoff = self.admin.call("Demo.GetClock")["time"], time.monotonic() + BEFORE * FACTOR
        now = datetime.datetime.fromisoformat(shown.rstrip("Z")[:19])
        opened, cutoff = (now + datetime.timedelta(seconds=seconds) for seconds in (-60, BEFORE * FACTOR))
        for name in READY:
            eve.call("Stages.PutStage", stage=dict(id="s-" + name, title="Stage", title_ko="단계", open_time=opened.isoformat() + "Z",
                                                   cutoff_time=cutoff.isoformat() + "Z", policy=name, teams=[self.team], source="invented"))

    def rules(self):
        return {name: {"stage": "s-" + name} for name in READY}

    def play(self):
        self.assertLess(time.monotonic(), self.cutoff, "too slow to play it")
        self.stopped, self.reasons = threading.Event(), set()
        callers = [threading.Thread(target=self.wait_in_a_loop) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        try:
            self.others_are_served()
            time.sleep(max(0, self.cutoff - time.monotonic()))  # the cut-off itself is cut to a second, so it was before
            self.register_many(self.mallory, self.models)
            self.others_are_served()
            self.all_closed()
        finally:
            self.stopped.set()
            for caller in callers:
                caller.join()
        self.assertLessEqual(self.reasons, {"BEHIND", None})  # none: the caller's own clock was first, on a busy machine

    def wait_in_a_loop(self):
        client = Client(self.server.address)
        while not self.stopped.is_set():
            try:
                client.call("Registry.ListModels", min_log_size=self.size() + AHEAD, timeout=WAIT)
            except Failure as failure:
                self.reasons.add(failure.reason)
        client.close()

    def others_are_served(self):
        for method, fields in (("Registry.ListModels", {}), ("Evaluation.ListCounts", {}), ("Stages.ListStages", {})):
            started = time.monotonic()
            self.anyone.call(method, **fields)
            self.assertLess(time.monotonic() - started, AT_ONCE * FACTOR, method)

    def all_closed(self):
        while not all(stage["closings"] for stage in self.anyone.call("Stages.ListStages")["stages"]):
            self.assertLess(time.monotonic(), self.cutoff + LATE * FACTOR, "a stage stayed open")
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()
