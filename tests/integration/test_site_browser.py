"""The site in a real browser: every page at a phone's width and a desk's, in both schemes and languages, and "verify here", true, and
false when anything on its way was changed. Needs Chromium, chromedriver and python3-selenium of the distribution; skipped without
(registry/install ci). JK_SHOTS=FOLDER leaves pictures there for people to look at."""
import datetime
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from browser import Browser, Proxy, why_not_driven  # noqa: E402
from jokbo import ROOT, SLOWER, Case, cpu_seconds, derivative, eventually, person  # noqa: E402
from witness import cosignature, public_key, verifier_key  # noqa: E402

BASE = "upstage/Solar-Open-100B"
MODEL = "/models/alice/Solar-one"
PAGES = ("/", MODEL, "/models/alice/" + "A-very.long_name" * 6, "/models/" + BASE, "/bases/" + BASE, "/bases/%s?policy=direct@1&left_out=1" % BASE,
         "/teams/upstage", "/publishers/alice", "/publishers?policy=direct@1", "/teams", "/bases", "/models?days=7", "/policies", "/log", "/log/0", "/log/200", "/search?q=solar", "/stages", "/stages/one", "/policies/direct@1",
         "/method", "/nowhere")
LOOKS = ((360, "light", "ko"), (1280, "dark", "en"))
CPU_S = 85  # of the test with its server and its browser: about a core in the 90 s that the short pass may take, on a busy machine too
WITNESS, SEED = "witness.example/one", b"\7" * 32
WITNESS_KEY = verifier_key(WITNESS, 4, public_key(SEED))


def flipped(at, bit=1):
    """Changes one bit of the byte there."""
    def change(body):
        index = at(body) if callable(at) else at
        return body[:index] + bytes([body[index] ^ bit]) + body[index + 1:]
    return change


def misspelt(at):
    """Puts another letter of base64's for the one there: of any key's signature it stays base64."""
    def change(body):
        index = at(body)
        return body[:index] + (b"B" if body[index:index + 1] == b"A" else b"A") + body[index + 1:]
    return change


def cosigned(body):
    """A checkpoint with a cosignature of our witness."""
    note = body.decode()
    return (note + cosignature(WITNESS, SEED, note[:note.index("\n\n") + 1], 1700000000)).encode()


@unittest.skipIf(why_not_driven(), why_not_driven())
class InBrowser(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(os.path.join(ROOT, "registry", "data", "policies", "direct.policy"), encoding="utf-8") as f:
            cls.admin.call("Stages.RecordPolicy", text=f.read())
        now = datetime.datetime.now(datetime.timezone.utc)
        evaluator = person(cls.admin, "evaluator", roles=["evaluator"], scopes=["roster"])
        cls.addClassCleanup(evaluator.close)
        evaluator.call("Stages.PutStage", stage={
            "id": "one", "title": "Stage one", "title_ko": "1단계", "open_time": (now - datetime.timedelta(minutes=1)).isoformat(),
            "cutoff_time": (now + datetime.timedelta(days=30)).isoformat(), "policy": "direct", "teams": ["sk-telecom", "upstage"],
            "source": "invented"})
        names = ["Solar-one", "A-very.long_name" * 6] + ["Solar-%03d" % i for i in range(200)]
        cls.alice.call("Registry.BatchRegisterDerivatives", derivatives=[derivative("alice/" + name, BASE) for name in names])
        cls.entry = int(cls.anyone.call("Registry.GetModel", name="alice/Solar-one")["log_index"])
        cls.proxy = Proxy(cls.server.http)
        cls.addClassCleanup(cls.proxy.close)
        cls.key = cls.anyone.call("Log.GetCheckpoint")["verifier_key"]
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.browser.look(1280)

    @classmethod
    def tearDownClass(cls):
        """How long it took is the machine's; what it cost is its own."""
        seconds = cpu_seconds(os.getpid())
        assert seconds <= CPU_S * SLOWER, "the short pass cost %.1f s of CPU, %d are allowed: move what is long to test_site_matrix.py" % (seconds, CPU_S)
        super().tearDownClass()

    def tearDown(self):
        self.proxy.changes.clear()

    def shot(self, name):
        if os.environ.get("JK_SHOTS"):
            self.browser.driver.save_screenshot(os.path.join(os.environ["JK_SHOTS"], "site-%s.png" % name))

    def check_page(self, url, width):
        """Nothing is wrong, and there is something that could be."""
        self.browser.open(url)
        self.assertEqual([fault for fault in self.browser.faults(self.proxy.url, width) if "/nowhere" not in fault], [])
        self.assertGreater(len(self.browser.found["focusable"]), 8)
        self.assertGreater(self.browser.found["texts"], 20)
        return self.browser.found

    def test_every_page(self):
        for width, scheme, language in LOOKS:
            self.browser.look(width, scheme)
            for i, path in enumerate(PAGES):
                with self.subTest(path=path, width=width):
                    url = "%s%s%slang=%s" % (self.proxy.url, path, "&" if "?" in path else "?", language)
                    found = self.check_page(url, width)
                    self.assertEqual(found["ground"] < 0.1, scheme == "dark")
                    self.shot("%02d-%d-%s" % (i, width, scheme))

    # ---- search as one types ----

    def combobox(self):
        """The search field as it is told to assistive programs, its options, and which of them is moved to."""
        return self.browser.run("""
            const input = document.querySelector("#q"), list = document.getElementById(input.getAttribute("aria-controls"));
            const active = document.getElementById(input.getAttribute("aria-activedescendant"));
            return {role: input.getAttribute("role"), expanded: input.getAttribute("aria-expanded"), shown: !list.hidden,
                options: [...list.querySelectorAll("[role=option]")].map((o) => o.textContent), active: active && active.textContent,
                selected: [...list.querySelectorAll("[aria-selected]")].map((o) => o.textContent), told: document.querySelector(".search [role=status]").textContent,
                focused: document.activeElement === input, value: input.value};""")

    def typed(self, *keys):
        from selenium.webdriver.common.by import By
        self.browser.driver.find_element(By.CSS_SELECTOR, "#q").send_keys(*keys)
        return self.combobox()

    def test_search_suggests_while_one_types(self):
        from selenium.webdriver.common.keys import Keys
        names = ["alice/Solar-%03d" % i for i in range(10, 20)]
        self.browser.look(360)
        self.browser.open(self.proxy.url + "/log?lang=en")
        self.assertEqual(self.typed("s")["shown"], False)
        self.typed("olar-01")
        found = eventually(lambda: self.combobox()["shown"] and self.combobox())
        self.assertEqual((found["role"], found["expanded"], found["options"], found["active"]), ("combobox", "true", names, None))
        self.assertEqual(found["told"], "10 suggestions; move to them with the arrow keys.")
        self.shot("suggest-360")
        asked = [r for r in self.browser.requests() if "/v1/" in r]
        self.assertEqual(asked[-1].split("/v1/")[1].split("&")[0], "suggestions?text=solar-01")
        self.assertLess(len(asked), len("solar-01"))
        self.assertEqual(self.typed(Keys.ARROW_UP)["active"], names[-1])
        self.assertEqual(self.typed(Keys.ARROW_DOWN)["active"], names[0])
        moved = self.typed(Keys.ARROW_DOWN)
        self.assertEqual((moved["active"], moved["selected"], moved["focused"]), (names[1], [names[1]], True))
        closed = self.typed(Keys.ESCAPE)
        self.assertEqual((closed["shown"], closed["expanded"], closed["active"], closed["value"]), (False, "false", None, "solar-01"))
        self.typed("1")
        eventually(lambda: self.combobox()["options"] == ["alice/Solar-011"] and self.combobox()["shown"])
        self.typed(Keys.ARROW_DOWN, Keys.ENTER)
        eventually(lambda: self.browser.driver.current_url.endswith("/models/alice/Solar-011?lang=en"))
        eventually(lambda: self.browser.run("return document.readyState === 'complete' && document.querySelector('#q[role=combobox]') !== null"))
        self.typed("nobody-has-it")
        eventually(lambda: self.combobox()["told"] == "Nothing is suggested.")
        self.typed(Keys.ENTER)
        eventually(lambda: "/search?q=nobody-has-it" in self.browser.driver.current_url)
        self.assertEqual(self.browser.complaints(), [])

    def test_suggestions_of_every_kind(self):
        """Each with its word beside it; the one that is chosen leads to its own page."""
        from selenium.webdriver.common.keys import Keys
        self.browser.look(360)
        self.browser.open(self.proxy.url + "/log?lang=ko")
        eventually(lambda: self.browser.run("return document.querySelector('#q[role=combobox]') !== null"))
        for text, options in (("alic", ["게시자 202 alice"]), ("apach", ["라이선스 206 Apache-2.0"]), ("#2", ["로그 항목 2"]),
                              ("solar-open-100", ["기반 모델 " + BASE]), ("upst", ["팀 업스테이지", "게시자 4 upstage"])):
            with self.subTest(text=text):
                self.browser.run("document.querySelector('#q').value = ''")
                self.typed(text)
                eventually(lambda: self.combobox()["shown"] and self.combobox()["options"][:len(options)] == options)
        self.typed(Keys.ARROW_DOWN, Keys.ENTER)
        eventually(lambda: self.browser.driver.current_url.endswith("/teams/upstage?lang=ko"))
        self.assertEqual(self.browser.complaints(), [])

    # ---- "verify here" ----

    def verified(self, path, keys="", language="en"):
        """Presses the button as a keyboard does: whether the verdict is good, and the steps as (kind, text)."""
        right, steps = self.browser.verify_here("%s%s?lang=%s" % (self.proxy.url, path, language), keys)
        found = self.browser.measured()
        self.assertEqual((found["faint"], found["width"] <= found["inner"]), ([], True))
        if os.environ.get("JK_SHOTS"):
            shot = os.path.join(os.environ["JK_SHOTS"], "site-verify-%s.png" % self.id().rpartition(".")[2])
            self.browser.driver.find_element("css selector", ".verify").screenshot(shot)
        return right, steps

    def verdict(self):
        return self.browser.driver.find_element("css selector", ".verify .verdict").text

    def refused(self, word, path=MODEL, keys=""):
        """It fails, and in its last step alone, which says this."""
        right, steps = self.verified(path, keys)
        self.assertFalse(right, steps)
        self.assertEqual([kind for kind, _ in steps if kind == "no"], ["no"], steps)
        self.assertEqual(steps[-1][0], "no")
        self.assertIn(word, steps[-1][1])

    def test_a_model_is_true(self):
        right, steps = self.verified(MODEL)
        self.assertTrue(right, steps)
        self.assertEqual([kind for kind, _ in steps], ["ok"] * 5 + ["note"] * 2)
        self.assertIn("by the server's own key", self.verdict())
        model = self.model("alice/Solar-one")
        proof = self.anyone.call("Log.GetInclusionProof", log_index=self.entry)
        for step, part in zip(steps, (model["release"]["lineage_hash"], "Entry %d " % self.entry, "Leaf hash",
                                      "%d hashes" % len(proof["hashes"]), self.key, "No witness", "very server that is being checked")):
            self.assertIn(part, step[1])

    def test_entries_are_true_in_korean_at_both_ends_of_tiles(self):
        for index in (0, 1, 255, 256, self.size() - 1):
            with self.subTest(index=index):
                right, steps = self.verified("/log/%d" % index, language="ko")
                self.assertTrue(right, steps)
                self.assertEqual(len(steps), 6)
                self.assertIn("검증 대상인 이 서버", steps[-1][1])

    def test_a_key_of_the_readers(self):
        right, steps = self.verified(MODEL, self.key)
        self.assertTrue(right, steps)
        self.assertIn("key that you gave", steps[-1][1])
        self.assertIn("by the key that you gave", self.verdict())
        origin = self.key.partition("+")[0]
        self.refused("No key given is one of " + origin, keys=verifier_key(origin, 1, public_key(SEED)))

    def test_witnesses(self):
        self.refused("has not cosigned", keys=self.key + "\n" + WITNESS_KEY)
        self.proxy.changes["/checkpoint"] = cosigned
        right, steps = self.verified(MODEL)
        self.assertTrue(right, steps)
        self.assertIn("unchecked as you gave no keys of witnesses: 1", steps[-2][1])
        right, steps = self.verified(MODEL, self.key + "\n" + WITNESS_KEY)
        self.assertTrue(right, steps)
        self.assertIn("Cosigned by the witness " + WITNESS, steps[-2][1])
        self.proxy.changes["/checkpoint"] = lambda body: misspelt(lambda b: len(b) - 12)(cosigned(body))
        self.refused("cosignature by " + WITNESS, keys=self.key + "\n" + WITNESS_KEY)

    def test_one_flipped_bit(self):
        self.browser.look(360)
        self.addCleanup(self.browser.look, 1280)
        bundle, tile = "/tile/entries/%03d" % (self.entry // 256), "/tile/0/%03d" % (self.entry // 256)
        other = (self.entry + 1) % 256 * 32
        for path, change, word in (
                (bundle, flipped(lambda b: b.index(b"\nmodel alice/Solar-one\n") + 7), "is not what this page shows"),
                (bundle, flipped(lambda b: b.index(b"\nmodel alice/Solar-one\n") - 45), "is not the one that is published"),  # its time
                (tile, flipped(self.entry % 256 * 32), "is not the one that is published"),
                (tile, flipped(other), "is not that of the signed log"),
                ("/checkpoint", misspelt(lambda b: b.index(b"\n", b.index(b"\n") + 1) + 1), "is not that of the signed log"),
                ("/checkpoint", misspelt(lambda b: len(b) - 12), "is wrong by the key"),
                (MODEL, flipped(lambda b: b.index(b"license ", b.index(b'id="statement"')) + 8), "not the lineage hash"),
                (MODEL, flipped(lambda b: b.index(b'data-hash="') + 12), "not the lineage hash")):
            with self.subTest(path=path, word=word):
                self.proxy.changes = {path: change}
                self.refused(word)

    def test_an_entry_as_shown_is_compared_with_that_in_the_log(self):
        page = "/log/%d" % self.entry
        for mark, after, word in ((b'id="entry-text"', 20, "is not what this page shows"), (b'data-leaf="', 12, "is not the one that is published")):
            self.proxy.changes = {page: flipped(lambda b, mark=mark, after=after: b.index(mark) + after)}
            self.refused(word, page)

    def test_browsers_that_cannot_say_so(self):
        for missing, word in (("Object.defineProperty(window, 'isSecureContext', {value: false});", "only on pages that came over HTTPS"),
                              ("const real = SubtleCrypto.prototype.importKey; SubtleCrypto.prototype.importKey = function (f, k, a, ...r) {"
                               " return a.name === 'Ed25519' ? Promise.reject(new DOMException('no', 'NotSupportedError'))"
                               " : real.call(this, f, k, a, ...r); };", "no Ed25519 in WebCrypto")):
            script = self.browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": missing})
            try:
                self.browser.open(self.proxy.url + MODEL + "?lang=en")
                shown = self.browser.driver.find_element("css selector", ".verify")
                eventually(lambda: word in shown.text, message=word)  # noqa: B023
                self.assertFalse(shown.find_element("css selector", "form").is_displayed())
                self.assertIn("jokbo verify alice/Solar-one", shown.text)
            finally:
                self.browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)

    def test_without_scripts_the_command_is_shown(self):
        self.browser.scripts(False)
        try:
            for path, command in ((MODEL, "jokbo verify alice/Solar-one"), ("/log/%d" % self.entry, "jokbo verify alice/Solar-one@1"),
                                  ("/log/0", "jokbo audit URL --key KEY")):
                self.browser.open(self.proxy.url + path + "?lang=en")
                shown = self.browser.driver.find_element("css selector", ".verify")
                self.assertIn(command, shown.text)
                self.assertIn("proves little by itself", shown.text)
                self.assertFalse(shown.find_element("css selector", "form").is_displayed())
        finally:
            self.browser.scripts(True)


if __name__ == "__main__":
    unittest.main()
