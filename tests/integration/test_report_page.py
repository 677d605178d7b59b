"""A report's page of many thousand derivatives, as a browser shows and prints it: nothing is cut off on a phone, no text is too small
or too faint, and it fits on 15 sheets of A4. Needs Chromium from the distribution; without it (or with a snap, which may not read
our files) those tests are skipped. JK_SHOTS=FOLDER leaves pictures there for people to look at."""
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from browser import FLAGS, MEASURING, chromium  # noqa: E402
from jokbo import BUILD  # noqa: E402

REGISTRATIONS = 12000  # of which 8,000 count
FILES = {"report.tsv", "report.json", "members.txt", "left-out.tsv", "certificate", "report.csv", "counted.csv", "left-out.csv"}
WIDTHS = (360, 768, 1280)
SHEETS = 15
LIGHT, DARK = "1", "0"  # of preferredColorScheme
SLOWER = float(os.environ.get("JK_TIMEOUT_FACTOR", "1"))

# What a browser made of the page: how wide and high it is, and of its texts.
MEASURE = "<script>" + MEASURING + """
const root = document.documentElement;
parent.postMessage(JSON.stringify(Object.assign(texts(), {width: root.scrollWidth, inner: innerWidth, height: root.scrollHeight})), "*");
</script>"""
FRAME = """<!DOCTYPE html><body style="margin:0"><pre id="out"></pre><script>
onmessage = e => { out.textContent = "FOUND" + e.data + "END"; };
</script><iframe src="measured.html" style="border:0;width:%dpx;height:900px"></iframe></body>"""


class Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag

    def of(self, *names):
        return [attrs for tag, attrs in self.tags if tag in names]


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp(prefix="jokbo-report-page-")
        cls.addClassCleanup(shutil.rmtree, cls.home, True)
        cls.path = os.path.join(cls.home, "report.html")
        subprocess.run([os.path.join(BUILD, "tests", "bench_report"), str(REGISTRATIONS), cls.path], stdout=subprocess.DEVNULL, check=True)
        with open(cls.path, encoding="utf-8") as f:
            cls.text = f.read()


class Structure(Page):
    def test_links_lead_within_the_page_or_to_files_beside_it(self):
        tags = Tags(self.text)
        ids = {attrs["id"] for _, attrs in tags.tags if "id" in attrs}
        links = [attrs["href"] for attrs in tags.of("a")]
        self.assertEqual([link for link in links if link.startswith("#") and link[1:] not in ids], [])
        site = [link for link in links if link.startswith("../../../")]  # what serves the page at /stage/STAGE/REVISION/
        self.assertEqual({link for link in links if not link.startswith("#")} - set(site), FILES)
        self.assertEqual({link.split("/")[3] for link in site}, {"stages", "bases", "models", "publishers", "log"})
        self.assertEqual([link for link in site if not re.fullmatch(r"(\.\./){3}[a-z]+/[A-Za-z0-9][A-Za-z0-9./_-]*", link)], [])
        self.assertEqual([link for link in links if link.startswith("#")],
                         ["#" + attrs["id"] for attrs in tags.of("h2")])  # the contents, in order

    def test_headings_of_tables_say_of_what(self):
        tags = Tags(self.text)
        self.assertEqual(len(tags.of("main")), 1)
        self.assertEqual({attrs.get("scope") for attrs in tags.of("th")}, {"row", "col"})
        self.assertEqual(len(tags.of("script", "link", "img", "iframe", "form")), 0)
        labels = [attrs["aria-label"] for attrs in tags.of("svg") if attrs.get("role") == "img"]
        self.assertGreater(len(labels), 8)
        self.assertEqual([label for label in labels if not re.search(r"\d", label)], [])


@unittest.skipUnless(chromium(), "no Chromium of the distribution is installed")
class Shown(Page):
    def run_chromium(self, *arguments):
        """Its standard output. A profile of its own: another may be in use."""
        words = [chromium(), *FLAGS, "--allow-file-access-from-files", "--user-data-dir=" + os.path.join(self.home, "profile"), *arguments]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=90 * SLOWER, check=True)
        return done.stdout

    def measured(self, width, scheme):
        """The page may run no script, so a copy without that rule is measured, in a frame as wide as asked for."""
        text, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", self.text)
        self.assertEqual(count, 1)
        for name, content in (("measured.html", text.replace("</body>", MEASURE + "</body>")), ("frame.html", FRAME % width)):
            with open(os.path.join(self.home, name), "w", encoding="utf-8") as f:
                f.write(content)
        frame = "file://" + os.path.join(self.home, "frame.html")
        settings = ["--window-size=1400,1000", "--blink-settings=preferredColorScheme=" + scheme]
        if os.environ.get("JK_SHOTS"):
            shot = os.path.join(os.environ["JK_SHOTS"], "report-%d-%s.png" % (width, "light" if scheme == LIGHT else "dark"))
            self.run_chromium(*settings, "--screenshot=" + shot, frame)
        dom = self.run_chromium(*settings, "--virtual-time-budget=10000", "--dump-dom", frame)
        found = re.search("FOUND(.*?)END</pre>", dom, re.S)
        self.assertTrue(found, dom[:500])
        return json.loads(html.unescape(found.group(1)))

    def test_every_width_and_scheme(self):
        for width in WIDTHS:
            for scheme in (LIGHT, DARK):
                with self.subTest(width=width, scheme=scheme):
                    found = self.measured(width, scheme)
                    self.assertEqual(found["inner"], width)
                    self.assertLessEqual(found["width"], width)
                    self.assertGreater(found["texts"], 500)
                    self.assertGreaterEqual(found["smallest"], 12)
                    self.assertEqual(found["faint"], [])
                    self.assertLess(found["height"], 40000)
                    self.assertEqual(found["ground"] < 0.1, scheme == DARK)

    def test_it_prints_on_few_sheets(self):
        path = os.path.join(self.home, "report.pdf")
        self.run_chromium("--no-pdf-header-footer", "--print-to-pdf=" + path, "file://" + self.path)
        with open(path, "rb") as f:
            sheets = len(re.findall(rb"/Type\s*/Page\b", f.read()))
        self.assertGreater(sheets, 3)
        self.assertLessEqual(sheets, SHEETS)


if __name__ == "__main__":
    unittest.main()
