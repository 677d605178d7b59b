"""Receipts in the replies: what is acknowledged is proved, at once, after a repeat, and when it stood there before."""
import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import auditor  # noqa: E402
from jokbo import Failure, Shared, derivative, new_id  # noqa: E402

BASE = "skt/A.X-K1"


def setUpModule():
    Shared.open()


class Receipts(Shared):
    def check(self, reply, index=None):
        index = int(reply["log_index"] if index is None else index)
        self.assertEqual(self.proved(reply["receipt"])[0], index)
        return index

    def proved(self, text):
        verifier = auditor.Verifier(self.anyone.call("Log.GetCheckpoint")["verifier_key"])
        index = int(text.splitlines()[1].split()[1])
        return auditor.receipt(text, self.anyone.entries(index, index + 1)[0], verifier)

    def test_each_write_of_one_entry_has_one(self):
        first = self.register("alice/receipted", BASE)
        self.check(first)
        self.check(self.release("alice/receipted", version="2"))
        for method, reason in (("YankRelease", "broken"), ("UnyankRelease", "")):
            size = self.size()
            reply = self.alice.call("Registry." + method, name="alice/receipted@1", reason=reason)
            self.check(reply, size)
            self.assertEqual(reply["log_size"], str(size + 1))

    def test_a_repeat_gives_the_same_reply_and_a_receipt(self):
        cases = [("RegisterDerivative", dict(derivative=derivative("alice/again", BASE))),
                 ("PublishRelease", dict(release=dict(name="alice/again", version="2", license="MIT"))),
                 ("YankRelease", dict(name="alice/again@1", reason="no good")),
                 ("UnyankRelease", dict(name="alice/again@1", reason="good"))]
        for method, request in cases:
            with self.subTest(method):
                request["request_id"] = new_id()
                first = self.alice.call("Registry." + method, **request)
                index = self.proved(first["receipt"])[0]
                self.register("alice/between-" + method.lower(), BASE)
                size = self.size()
                second = self.alice.call("Registry." + method, **request)
                self.assertEqual(self.size(), size)
                self.check(second, index)
                self.assertEqual(first, second)

    def test_a_repeat_tells_of_then_and_not_of_now(self):
        request = dict(derivative=derivative("alice/then", BASE), request_id=new_id())
        first = self.alice.call("Registry.RegisterDerivative", **request)
        self.release("alice/then", version="2", license="MIT")
        self.alice.call("Registry.RenameModel", name="alice/then", new_name="alice/now")
        second = self.alice.call("Registry.RegisterDerivative", **request)
        self.assertEqual((second["model"]["name"], second["release"]["version"], second["model"]["release_count"]),
                         ("alice/then", "1", 1))
        self.assertEqual(second["release"]["statement"], first["release"]["statement"])

    def test_the_identical_statement_is_refused_with_its_receipt(self):
        declared = derivative("alice/identical", BASE)
        first = self.alice.call("Registry.RegisterDerivative", derivative=declared)
        for _ in range(2):
            with self.assertRaises(Failure) as caught:
                self.alice.call("Registry.RegisterDerivative", derivative=declared)
            self.assertEqual((caught.exception.code, caught.exception.reason), ("ALREADY_EXISTS", "STATEMENT_EXISTS"))
            self.assertEqual(caught.exception.metadata["log_index"], first["log_index"])
            self.assertEqual(self.proved(caught.exception.metadata["receipt"])[0], int(first["log_index"]))

    def test_a_dry_run_has_none(self):
        reply = self.alice.call("Registry.RegisterDerivative", derivative=derivative("alice/dry-receipt", BASE),
                                validate_only=True)
        self.assertEqual((reply["receipt"], reply["published_size"]), ("", "0"))

    def test_all_of_one_batch_are_proved(self):
        replies, failures = [], []

        def run(n):
            client = self.server.client(self.alice.token)
            try:
                for i in range(10):
                    replies.append(client.call("Registry.RegisterDerivative",
                                               derivative=derivative("alice/many-%d-%d" % (n, i), BASE)))
            except Failure as failure:
                failures.append(failure)
            finally:
                client.close()

        threads = [threading.Thread(target=run, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        verifier = auditor.Verifier(self.anyone.call("Log.GetCheckpoint")["verifier_key"])
        entries = self.anyone.entries(0, self.size())
        notes = set()
        for reply in replies:
            index = int(reply["log_index"])
            note = reply["receipt"].split("\n\n", 1)[1]
            check = verifier if note not in notes else Known(verifier.name)
            self.assertEqual(auditor.receipt(reply["receipt"], entries[index], check)[0], index)
            notes.add(note)
        self.assertEqual(len(replies), 160)


class Known:
    """A note that was verified before."""

    def __init__(self, name):
        self.name = name

    def verify(self, note):
        pass


if __name__ == "__main__":
    unittest.main()
