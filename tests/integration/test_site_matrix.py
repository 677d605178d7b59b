"""The whole site in a real browser, nightly: every kind of page of a demo at three widths, in both languages and both schemes; what a
keyboard alone can do; a watch that counts; pages without scripts; and names and texts that mean harm. The short pass, and "verify here",
are in test_site_browser.py. Needs Chromium, chromedriver and python3-selenium of the distribution (JK_NIGHTLY; skipped without).
JK_SHOTS=FOLDER leaves pictures there for people to look at."""
import csv
import io
import itertools
import json
import os
import sys
import unittest
import urllib.parse
import urllib.request
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from browser import Browser, Keys, why_not_driven  # noqa: E402
from jokbo import COMPARES, Client, Server, confirmed, derivative, eventually, person  # noqa: E402

BASE, TEAM = "upstage/Solar-Open-100B", "upstage"
RULED = "invented-dev-0096/Chat-100B"
PAGES = {  # kind: its path
    "home": "/", "model": "/models/maker/Solar-one", "long": "/models/maker/" + "A-very.long_name" * 6, "ruled": "/models/" + RULED,
    "base model": "/models/" + BASE, "base": "/bases/" + BASE, "left out": "/bases/%s?policy=independent@1&left_out=1" % BASE,
    "month": "/teams/%s?month=2026-01" % TEAM, "team": "/teams/" + TEAM, "compare": "/teams/compare",
    "changes": "/teams/compare?of=%s&of=motif&from=2026-01-01&from_policy=independent@1&show=%s" % (TEAM, TEAM),
    "publisher": "/publishers/invented-dev-0096", "ranking": "/publishers?policy=independent@1",
    "ranking of a week": "/publishers?team=%s&days=7&order=newest" % TEAM, "teams": "/teams", "bases": "/bases?policy=independent@1",
    "models": "/models", "policies": "/policies", "log": "/log", "entry": "/log/200", "first entry": "/log/0", "search": "/search?q=solar",
    "licence": "/search?q=mit", "nothing found": "/search?q=no-such-thing", "stages": "/stages", "closed": "/stages/stage-1", "open": "/stages/stage-3",
    "harm": "/stages/harm", "policy": "/policies/independent@1", "method": "/method", "nowhere": "/nowhere"}
LOOKS = tuple(itertools.product((360, 768, 1280), ("light", "dark"), ("ko", "en")))
MARKUP = "<script>window.harmed=1</script><img src=x onerror=\"window.harmed=1\">'\">"
DIRECTION, CONTROL = "\u202e\u2066gnp.exe", "\x1b[31m\x07"
UNSEEN = "[\x00-\x08\x0b-\x1f\x7f\u2028-\u202e\u2066-\u2069]"  # controls, and what turns the line round
# What ran, elements that are not ours, and handlers in attributes.
HARM = """return [window.harmed ?? null, document.querySelectorAll("script:not([src^='/assets/']), img:not([src*='/badge.svg']), iframe").length,
  [...document.querySelectorAll("*")].filter(e => [...e.attributes].some(a => a.name.startsWith("on"))).length]"""
FORMULA = "=HYPERLINK(\"http://elsewhere.invalid/\",\"x\")"


def with_language(path, language):
    return "%s%slang=%s" % (path, "&" if "?" in path else "?", language)


@unittest.skipUnless(os.environ.get("JK_NIGHTLY"), "a matrix of some 300 pages: nightly alone (JK_NIGHTLY)")
@unittest.skipIf(why_not_driven(), why_not_driven())
class Matrix(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--demo", *COMPARES)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        loaded = cls.server.load_demo(timeout=600)
        assert loaded.returncode == 0, loaded.stderr
        cls.admin = cls.server.client()
        cls.anyone = Client(cls.server.address)
        cls.maker = person(cls.admin, "maker")
        cls.judges = [person(cls.admin, "judge-%d" % i, ["evaluator"], scopes=["models", "roster"]) for i in range(2)]
        for client in (cls.admin, cls.anyone, cls.maker, *cls.judges):
            cls.addClassCleanup(client.close)
        cls.maker.call("Registry.CreatePublisher", name="maker")
        above = BASE
        for name in ("Solar-one", "Solar-two", "Solar-three", "Solar-four"):
            cls.register("maker/" + name, above)
            above = "maker/" + name
        cls.register("maker/" + "A-very.long_name" * 6, BASE)
        cls.harm()
        cls.url = "http://" + cls.server.http
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def register(cls, name, parent):
        cls.maker.call("Registry.RegisterDerivative", derivative=derivative(name, parent))

    @classmethod
    def harm(cls):
        """Texts that mean harm, wherever somebody may write one."""
        stage = dict(cls.anyone.call("Stages.GetStage", id="stage-3"), id="harm", title=MARKUP[:200], title_ko=MARKUP[:200], source=FORMULA)
        cls.judges[0].call("Stages.PutStage", stage={name: stage[name] for name in (
            "id", "title", "title_ko", "source", "open_time", "cutoff_time", "dispute_end_time", "policy", "teams")})
        confirmed(*cls.judges, "Stages.Rule", model="maker/Solar-four", reason="test-kind", text=MARKUP + DIRECTION)
        cls.maker.call("Stages.OpenDispute", subject="DISPUTE_SUBJECT_STANDING", model="maker/Solar-four", text=FORMULA + DIRECTION)
        cls.maker.call("Registry.YankRelease", name="maker/Solar-four@1", reason=MARKUP)

    def open(self, path, language="en", width=1280, scheme="light"):
        self.browser.look(width, scheme)
        self.browser.open(self.url + with_language(path, language))

    def shot(self, name):
        if os.environ.get("JK_SHOTS"):
            self.browser.driver.save_screenshot(os.path.join(os.environ["JK_SHOTS"], "matrix-%s.png" % name.replace(" ", "-")))

    def focused(self):
        return self.browser.run("const e = document.activeElement; return [e.tagName.toLowerCase(), e.id, e.textContent.trim()]")

    def focus(self, selector):
        """As if somebody had gone there by Tab; which is checked of every page below."""
        self.browser.run("document.querySelector(arguments[0]).focus({focusVisible: true})", selector)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return answer.read().decode()

    # ---- the matrix ----

    def test_every_page_in_every_look(self):
        for (width, scheme, language), (kind, path) in itertools.product(LOOKS, PAGES.items()):
            with self.subTest(kind=kind, width=width, scheme=scheme, language=language):
                self.open(path, language, width, scheme)
                faults = self.browser.faults(self.url, width)
                self.assertEqual([fault for fault in faults if "/nowhere" not in fault], [])
                self.assertEqual(self.browser.run("return document.documentElement.lang"), language)
                self.shot("%s-%d-%s-%s" % (kind, width, scheme, language))

    def test_a_report_in_every_width(self):
        for width, scheme in itertools.product((360, 768, 1280), ("light", "dark")):
            with self.subTest(width=width, scheme=scheme):
                self.browser.look(width, scheme)
                self.browser.open(self.url + "/stage/stage-2/1/report.html")
                self.assertEqual(self.browser.faults(self.url, width), [])
                self.shot("report-%d-%s" % (width, scheme))

    def test_tab_goes_in_order_and_shows_where_it_is(self):
        for (width, scheme), (kind, path) in itertools.product(((360, "dark"), (1280, "light")), PAGES.items()):
            with self.subTest(kind=kind, width=width):
                self.open(path, width=width, scheme=scheme)
                expected, seen = self.browser.toured()
                self.assertIn("Skip", expected[0])
                stops = [stop for stop in seen if stop["at"] >= 0]  # the browser itself stops at what scrolls, too
                self.assertEqual([stop["at"] for stop in stops], list(range(len(stops))))
                self.assertGreaterEqual(len(stops), len(expected) - sum(stop["at"] < 0 for stop in seen))
                self.assertEqual([stop for stop in seen if stop["drawn"] < 2 or stop["ring"] < 3], [])

    def test_every_fault_is_told(self):
        """Of a page to which each was added."""
        for fault, script in (("px wide", "document.querySelector('main').style.minWidth = '2000px'"),
                              ("letters of 9.0 px", "document.querySelector('main p').style.fontSize = '9px'"),
                              ("faint: ", "document.querySelector('main p').style.color = '#ddd'"),
                              ("on the console: ", "console.error('this')"), ("asked elsewhere: ", "new Image().src = 'http://elsewhere.invalid/'"),
                              ('name ""', "document.querySelector('main').append(document.createElement('button'))"),
                              ('role "paragraph"', "document.querySelector('main p').tabIndex = 0"),
                              ("scrolls sideways", "const e = document.querySelector('main p'); e.style.cssText = 'overflow-x: auto; white-space: nowrap; width: 9rem'")):
            with self.subTest(fault=fault):
                self.open("/method")
                self.assertEqual(self.browser.faults(self.url, 1280), [])
                self.browser.run(script)
                eventually(lambda: any(fault in told for told in self.browser.faults(self.url, 1280)), message=fault)  # noqa: B023

    # ---- by the keyboard alone ----

    def test_past_the_head_to_what_the_page_says(self):
        self.open("/log")
        self.browser.press(Keys.TAB)
        self.assertEqual(self.focused()[0], "a")
        self.browser.press(Keys.ENTER)
        self.assertEqual(self.focused()[:2], ["main", "main"])
        self.browser.press(Keys.TAB)
        self.assertTrue(self.browser.run("return document.activeElement.closest('main') !== null"))

    def test_from_page_to_page(self):
        self.open("/")
        for selector, path in (("nav.sections a[href^='/stages']", "/stages"), ("nav.sections a[href^='/log']", "/log"), ("a.brand", "/")):
            self.focus(selector)
            self.browser.press(Keys.ENTER)
            eventually(lambda: urllib.parse.urlsplit(self.browser.driver.current_url).path == path, message=path)  # noqa: B023

    def test_the_language_is_switched_on_the_same_page(self):
        self.open("/teams/%s?policy=independent@1" % TEAM)
        self.focus("nav.languages a[lang=ko]")
        self.browser.press(Keys.ENTER)
        eventually(lambda: self.browser.run("return document.documentElement.lang") == "ko", message="it is not in Korean")
        parts = urllib.parse.urlsplit(self.browser.driver.current_url)
        self.assertEqual((parts.path, urllib.parse.parse_qs(parts.query)), ("/teams/" + TEAM, {"policy": ["independent@1"], "lang": ["ko"]}))
        self.assertEqual(self.browser.run("return document.querySelector('nav.languages [aria-current]').lang"), "ko")

    def test_search(self):
        self.open("/")
        self.focus("#q")
        self.browser.press("Solar-t")
        self.browser.press(Keys.ESCAPE)  # what is suggested goes, or what was typed; the page stays
        self.assertEqual((self.focused()[1], urllib.parse.urlsplit(self.browser.driver.current_url).path), ("q", "/"))
        self.browser.select_all()
        self.browser.press("maker/Solar-two")
        self.browser.press(Keys.ENTER)
        eventually(lambda: "/search?q=maker%2FSolar-two" in self.browser.driver.current_url, message="nothing was asked")
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('main ol.models a.name')].map(a => a.textContent)"), ["maker/Solar-two"])

    def test_the_tree_opens_to_depth_three(self):
        """In place: each is asked for as it is opened, and closed again without being lost."""
        self.open("/models/maker/Solar-one")
        for name, child in (("maker/Solar-two", "maker/Solar-three"), ("maker/Solar-three", "maker/Solar-four")):
            selector = ".tree a.open[data-model='%s']" % name
            self.focus(selector)
            self.browser.press(Keys.ENTER)
            eventually(lambda: self.browser.run("return [...document.querySelectorAll('.tree a.name')].some(a => a.textContent === arguments[0])",
                                                child), message=child)  # noqa: B023
            self.assertEqual(self.browser.run("return document.querySelector(arguments[0]).getAttribute('aria-expanded')", selector), "true")
        depths = self.browser.run("""return [...document.querySelectorAll('.tree a.name')].map(a => {
            let depth = 0; for (let e = a; (e = e.parentElement.closest('ul')); ) depth++; return [a.textContent, depth]; })""")
        self.assertEqual(depths, [["maker/Solar-two", 1], ["maker/Solar-three", 2], ["maker/Solar-four", 3]])
        self.assertEqual(self.browser.faults(self.url, 1280), [])
        names = [name for role, name in self.browser.focusable() if name.startswith("made from it")]
        self.assertEqual(len(names), 2)
        for name, model in zip(names, ("maker/Solar-two", "maker/Solar-three")):  # none is only a number to those who hear it
            self.assertTrue(name.endswith(model), name)
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('.tree a.name .publisher')].map(e => e.textContent)"), ["maker/"] * 3)
        self.shot("tree-open")
        self.focus(".tree a.open")
        self.browser.press(Keys.ENTER)
        self.assertTrue(self.browser.run("return document.querySelector('.tree ul').hidden"))
        self.assertFalse(self.browser.run("return [...document.querySelectorAll('.tree a.name')].some(a => a.textContent === 'maker/Solar-four' && a.checkVisibility())"))

    def test_compare(self):
        """A form, filled in and sent; its numbers are those of the interface."""
        self.open("/teams/compare")
        self.browser.run("document.querySelectorAll('input[name=of]').forEach(e => { e.checked = false; })")
        self.focus("input[name=of][value=%s]" % TEAM)
        self.browser.press(Keys.SPACE)
        self.focus("input[name=from]")
        self.browser.press("20000")
        self.browser.press(Keys.ENTER)
        eventually(lambda: "from=20000" in self.browser.driver.current_url, message="the form was not sent")
        sums = self.browser.run("return [...document.querySelectorAll('table.sides tr.sum td')].map(e => e.textContent.trim())")
        counted = int(json.loads(self.get("/v1/teams/%s/count?as_of.log_size=20000" % TEAM))["counted"])
        now = int(json.loads(self.get("/v1/teams/%s/count" % TEAM))["counted"])
        self.assertEqual([int(text.replace(",", "").replace("−", "-").replace("+", "")) for text in sums], [counted, now, now - counted])

    def test_tables_say_what_their_cells_are(self):
        for path in (PAGES["changes"], PAGES["closed"], PAGES["base"], "/stage/stage-2/1/report.html"):
            with self.subTest(path=path):
                self.open(path)
                self.assertEqual(self.browser.run("""return [...document.querySelectorAll("table")].filter(table =>
                    [...table.querySelectorAll("th")].some(th => !["col", "row", "colgroup", "rowgroup"].includes(th.scope)) || !table.querySelector("th"))
                    .map(table => table.outerHTML.slice(0, 200))"""), [])

    # ---- as it happens ----

    def test_a_watch_counts_up_as_a_registration_comes_in(self):
        self.open("/bases/" + BASE)
        self.browser.run("""window.told = []; window.source = new EventSource(arguments[0]);
            source.onmessage = event => told.push(+JSON.parse(event.data).registered);""", "/v1/models/%s/count:watch" % BASE)
        self.addCleanup(self.browser.run, "source.close()")
        eventually(lambda: self.browser.run("return told.length") > 0, message="nothing was told")
        before = self.browser.run("return told.at(-1)")
        self.register("maker/Solar-watched", BASE)
        eventually(lambda: self.browser.run("return told.at(-1)") == before + 1, message="it does not count up")
        self.assertEqual(self.browser.complaints(), [])

    # ---- without scripts ----

    def facts(self, path):
        self.open(path)
        return self.browser.run("""const main = document.querySelector("main").cloneNode(true);
            for (const e of main.querySelectorAll(".verify, button.copy, script")) e.remove();
            return main.textContent.replace(/\\s+/g, "")""")

    def test_pages_without_scripts_hold_all_their_facts(self):
        with_scripts = {kind: self.facts(path) for kind, path in PAGES.items()}
        self.browser.scripts(False)
        try:
            for kind, path in PAGES.items():
                with self.subTest(kind=kind):
                    self.assertEqual(self.facts(path), with_scripts[kind])
                    self.assertGreater(len(with_scripts[kind]), 40)
        finally:
            self.browser.scripts(True)

    # ---- what means harm ----

    def unharmed(self, path):
        """Nothing ran, nothing was made of a text but text, and nothing turns the line or the terminal round."""
        self.open(path)
        self.assertEqual(self.browser.faults(self.url, 1280), [], path)
        self.assertEqual(self.browser.run(HARM), [None, 0, 0], path)
        self.assertNotRegex(self.browser.run("return document.documentElement.outerHTML"), UNSEEN)
        return self.browser.run("return document.querySelector('main').textContent")

    def test_stored_texts_stay_texts(self):
        self.assertIn(MARKUP[:40], self.unharmed("/stages/harm"))
        self.assertIn("=HYPERLINK(", self.unharmed("/stages/harm"))
        text = self.unharmed("/models/maker/Solar-four")
        self.assertIn(MARKUP, text)
        self.assertIn("=HYPERLINK(", text)
        for path in ("/stages", "/", "/log", "/publishers/maker", "/search?q=Solar-four"):
            self.unharmed(path)
        size = int(self.anyone.call("Log.GetCheckpoint")["log_size"])
        for index in range(size - 8, size):
            self.unharmed("/log/%d" % index)

    def test_texts_in_addresses_stay_texts(self):
        for text in (MARKUP, DIRECTION, CONTROL, "javascript:alert(1)", "\"><svg onload=window.harmed=1>"):
            quoted = urllib.parse.quote(text, safe="")
            for path in ("/search?q=" + quoted, "/teams/compare?from=%s&of=%s" % (quoted, quoted), "/teams/%s?relation=%s" % (TEAM, quoted),
                         "/?lang=" + quoted, "/models/maker/Solar-one?open=%s&children=%s" % (quoted, quoted)):
                with self.subTest(path=path):
                    self.browser.look(1280)
                    self.browser.open(self.url + path)
                    self.assertEqual(self.browser.run(HARM), [None, 0, 0])
                    self.assertNotRegex(self.browser.run("return document.documentElement.outerHTML"), UNSEEN)

    def test_names_that_could_not_be_stored(self):
        for name in ("maker/<script>", "maker/" + DIRECTION, "maker/" + CONTROL, "maker/=1+1"):
            with self.subTest(name=name), self.assertRaises(Exception) as caught:
                self.register(name, BASE)
            self.assertEqual(caught.exception.reason, "INVALID_FIELD")

    def test_badges_and_feeds_are_xml_and_no_more(self):
        svg = "{http://www.w3.org/2000/svg}"
        for path in ("/models/maker/Solar-four/badge.svg", "/models/maker/%s/badge.svg" % ("A-very.long_name" * 6), "/bases/%s/badge.svg" % BASE,
                     "/feed.atom", "/publishers/maker/feed.atom", "/teams/%s/feed.atom" % TEAM):
            text = self.get(path)
            tree = xml.etree.ElementTree.fromstring(text)
            self.assertNotRegex(text, UNSEEN)
            self.assertEqual([e.tag for e in tree.iter() if e.tag in (svg + "script", svg + "image", svg + "foreignObject")], [])
            self.assertEqual([name for e in tree.iter() for name in e.attrib if name.startswith("on")], [])

    def test_no_cell_is_a_formula(self):
        found = 0
        for path in ("/v1/disputes?format=csv", "/v1/stages?format=csv", "/v1/rulings?format=csv&excel=1", "/v1/models?publisher=maker&format=csv"):
            rows = list(csv.reader(io.StringIO(self.get(path).lstrip("\ufeff"), newline="")))
            self.assertGreater(len(rows), 1, path)
            cells = [cell for row in rows for cell in row]
            self.assertEqual([cell for cell in cells if cell[:1] in tuple("=+@\t\r") or (cell[:1] == "-" and not cell[1:].isdigit())], [], path)
            found += sum(cell.startswith("'=HYPERLINK(") for cell in cells)
        self.assertEqual(found, 2)


if __name__ == "__main__":
    unittest.main()
