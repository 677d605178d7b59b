"""Keys in "verify here": of a log that changed, who knows an old one is led to the new one by the log's own entries, and nobody else is;
what is pasted and is no key is told as that.
Needs Chromium, chromedriver and python3-selenium of the distribution; skipped without. One change, nightly three (JK_NIGHTLY), for
each starts PostgreSQL three times."""
import base64
import hashlib
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from browser import Browser, Proxy, why_not_driven  # noqa: E402
from jokbo import Server, derivative, eventually, person  # noqa: E402
from witness import public_key, verifier_key  # noqa: E402

CHANGES = 3 if os.environ.get("JK_NIGHTLY") else 1
BASE, MODEL = "skt/A.X-3.1-Light", "/models/alice/one"


@unittest.skipIf(why_not_driven(), why_not_driven())
class ChangedKeys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start().load_roster()
        alice = person(cls.server.client(), "alice")
        alice.call("Registry.CreatePublisher", name="alice")
        alice.call("Registry.RegisterDerivative", derivative=derivative("alice/one", BASE))
        cls.indexes, cls.keys = [], [cls.newest()]
        for _ in range(CHANGES):
            cls.change()
        cls.server.start()
        cls.proxy = Proxy(cls.server.http)
        cls.addClassCleanup(cls.proxy.close)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.browser.look(1280)

    @classmethod
    def newest(cls):
        with open(os.path.join(cls.server.data, "public", "log.vkey"), encoding="utf-8") as f:
            return f.read().split()[0]

    @classmethod
    def key(cls, word):
        subprocess.run([cls.server.binary, "key", word, "--data", cls.server.data], capture_output=True, check=True, timeout=120)

    @classmethod
    def change(cls):
        """A new key is made, a file and nothing else; it comes into use; the old one goes."""
        cls.key("rotate")
        cls.server.stop()
        with open(os.path.join(cls.server.data, "public", "checkpoint"), encoding="utf-8") as f:
            cls.indexes.append(int(f.read().split("\n")[1]))
        cls.key("rotate")
        cls.key("retire")
        cls.keys.append(cls.newest())

    def verified(self, keys):
        return self.browser.verify_here("%s%s?lang=en" % (self.proxy.url, MODEL), keys)

    def tearDown(self):
        self.proxy.changes.clear()

    def refused(self, word, keys):
        right, steps = self.verified(keys)
        self.assertFalse(right, steps)
        self.assertIn(word, steps[-1][1])
        return steps

    def text(self, selector):
        return self.browser.driver.find_element("css selector", ".verify " + selector).text

    def test_a_key_that_is_pasted_wrongly_is_told_before_anything_runs(self):
        name, digits, value = self.keys[-1].split("+", 2)
        raw = base64.b64decode(value)

        def with_bytes(body):
            return "%s+%s+%s" % (name, hashlib.sha256(name.encode() + b"\n" + body).hexdigest()[:8], base64.b64encode(body).decode())
        paste = "document.querySelector('#verify-keys').value = arguments[0]; document.querySelector('.verify form button').click()"
        misspelt_key = "%s+%s+%s%s%s" % (name, digits, value[:20], "B" if value[20] == "A" else "A", value[21:])
        right, steps = self.browser.verify_here("%s%s?lang=ko" % (self.proxy.url, MODEL), "hello")
        self.assertEqual((right, steps), (False, [("field", steps[0][1])]))
        self.assertIn("1번째 줄은 검증 키가 아닙니다", steps[0][1])
        self.assertEqual(self.browser.measured()["faint"], [])
        self.browser.open("%s%s?lang=en" % (self.proxy.url, MODEL))
        eventually(lambda: self.browser.driver.find_element("css selector", ".verify form").is_displayed())
        self.proxy.asked.clear()
        for keys, word in (("hello", "Line 1 is no verifier key"), (self.keys[-1] + "\n\n" + name, "Line 3 is no verifier key"),
                           ("%s+%s+%s" % (name, digits, "_" + value[1:]), "is not base64"), (with_bytes(raw[:20]), "the key has 20 bytes; one of Ed25519 has 33"),
                           (with_bytes(b"\2" + raw[1:]), "the key is of type 2."), ("%s+%s+%s" % (name, "00000000", value), "but 00000000 are given"),
                           (misspelt_key, "A letter of it must be wrong")):
            with self.subTest(keys=keys):
                self.browser.run(paste, keys)
                eventually(lambda word=word: word in self.text(".no-key"))
                self.assertEqual((self.text(".verdict"), self.proxy.asked), ("", []))
                self.assertEqual(self.browser.run("return [document.activeElement.id, document.activeElement.getAttribute('aria-invalid')]"), ["verify-keys", "true"])
        self.browser.run(paste, self.keys[-1])
        eventually(lambda: "by the key that you gave" in self.text(".verdict"))
        self.assertEqual(self.browser.run("return document.querySelector('.no-key').textContent + document.querySelector('#verify-keys').ariaInvalid"), "null")

    def test_from_each_key_to_the_last(self):
        for i, known in enumerate(self.keys):
            right, steps = self.verified(known)
            self.assertTrue(right, steps)
            followed = [text for _, text in steps if "changed its key" in text]
            self.assertEqual(len(followed), CHANGES - i)
            for text, index, key in zip(followed, self.indexes[i:], self.keys[i + 1:]):
                self.assertIn("entry %d," % index, text)
                self.assertIn(key, text)
            self.assertTrue(any("is signed by the key " + self.keys[-1] in text for _, text in steps))
            self.assertEqual(self.browser.complaints(), [])

    def test_another_key_leads_nowhere(self):
        origin = self.keys[0].partition("+")[0]
        other = verifier_key(origin, 1, public_key(b"\5" * 32))
        steps = self.refused("nor leads to one", other)
        self.assertFalse(any("changed its key" in text for _, text in steps))

    def test_what_the_page_says_of_entries_is_not_believed(self):
        there = b'data-keys="%s"' % " ".join(map(str, self.indexes)).encode()
        for said, word in ((b'data-keys="0"', "Entry 0 does not name a key"), (b'data-keys=""', "nor leads to one")):
            def change(body, said=said):
                self.assertIn(there, body)
                return body.replace(there, said)
            self.proxy.changes[MODEL] = change
            self.refused(word, self.keys[0])

    def test_an_entry_that_was_changed_on_its_way(self):
        """One bit of the signature by which the old key names the new one."""
        def change(body):
            at = body.index(b"\nkind key\n")
            at = body.index(b"\nsignature ", at) + 20
            return body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
        self.proxy.changes["/tile/entries/000"] = change
        self.refused("Entry %d does not name a key" % self.indexes[0], self.keys[0])


if __name__ == "__main__":
    unittest.main()
