"""The site as readers get it: every page in both languages, what they hold, what stays harmless, caching, headers, sizes."""
import datetime
import gzip
import html
import http.client
import json
import os
import re
import subprocess
import sys
import unittest
import urllib.parse
from xml.dom import minidom

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from examined import Examined, layers, tensor, values  # noqa: E402
from jokbo import Case, Server, confirmed, eventually, external, person  # noqa: E402

PAGES = ["/", "/models/maker/Solar-one", "/models/upstage/Solar-Open-100B", "/bases/upstage/Solar-Open-100B", "/teams/upstage", "/teams/compare",
         "/publishers/maker", "/publishers", "/publishers?team=upstage&policy=direct@1&order=newest", "/teams", "/bases?policy=direct@1", "/models",
         "/models?team=upstage&days=7&yanked=1", "/policies", "/log", "/log/0", "/search", "/search?q=solar", "/stages", "/policies/direct@1", "/method"]
HANGUL = re.compile("[\uac00-\ud7a3]")


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def __getitem__(self, name):
        return self.headers[name]

    @property
    def text(self):
        return self.body.decode()


def get(server, path, method="GET", **headers):
    connection = http.client.HTTPConnection(server.http, timeout=30)
    connection.request(method, path, headers={"Accept": "text/html,*/*;q=0.8", **{k.replace("_", "-"): v for k, v in headers.items()}})
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def visible(text):
    """What a reader sees, without markup and without the names of languages."""
    body = text[text.index("<main"):text.index("</main>")]
    return html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r'<(\w+)[^>]* lang="en"[^>]*>.*?</\1>', " ", body, flags=re.S)))


class Site(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.addClassCleanup(cls.server.close)
        cls.server.load_roster()
        admin = cls.server.client()
        cls.addClassCleanup(admin.close)
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        evaluator = person(admin, "evaluator", roles=["evaluator"], scopes=["roster"])
        cls.addClassCleanup(evaluator.close)
        with open(os.path.join(root, "registry", "data", "policies", "direct.policy")) as f:
            evaluator.call("Stages.RecordPolicy", text=f.read())
        maker = person(admin, "maker", scopes=["publishers", "publish", "models"])
        cls.addClassCleanup(maker.close)
        maker.call("Registry.CreatePublisher", name="maker")
        for i, name in enumerate(["one", "two", "three"]):
            maker.call("Registry.RegisterDerivative", derivative={
                "name": "maker/Solar-" + name, "version": "1", "relation": "RELATION_FINETUNE", "license": "MIT",
                "parents": [{"registered": {"name": "upstage/Solar-Open-100B" if i == 0 else "maker/Solar-one"}}]})
        maker.call("Registry.YankRelease", name="maker/Solar-three@1", reason="<script>alert(1)</script>")

    def get(self, path, method="GET", **headers):
        return get(self.server, path, method, **headers)

    def test_no_page_waits_for_a_writer(self):
        """Nor a writer for a page: none takes the lock of the log's head, which is held here as a batch holds it."""
        with open(os.path.join(self.server.data, "postgresql", "postmaster.pid")) as f:
            folder = f.read().split("\n")[4]
        with subprocess.Popen(["psql", "-XAtq", "-h", folder, "-U", "jokbo", "-d", "jokbo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as holder:
            try:
                holder.stdin.write("begin;\nselect 'held' from log_head for update;\n")
                holder.stdin.flush()
                self.assertEqual(holder.stdout.readline(), "held\n")
                for path in PAGES:
                    with self.subTest(path):
                        self.assertEqual(self.get(path).status, 200)
                self.assertIsNone(holder.poll())
            finally:
                holder.stdin.close()

    def test_every_page_in_both_languages(self):
        for path in PAGES:
            for language in ("en", "ko"):
                with self.subTest(path=path, language=language):
                    answer = self.get(path, Accept_Language=language)
                    self.assertEqual(answer.status, 200)
                    self.assertEqual(answer["Content-Language"], language)
                    self.assertIn('<html lang="%s">' % language, answer.text)
                    self.assertNotIn("{{", answer.text)
                    if language == "ko":
                        self.assertTrue(HANGUL.search(visible(answer.text)))
                    elif path not in ("/log/0",):
                        self.assertFalse(HANGUL.findall(visible(answer.text)))

    def test_language_by_url_wins_and_stays_in_links(self):
        answer = self.get("/?lang=en", Accept_Language="ko")
        self.assertIn('<html lang="en">', answer.text)
        self.assertIn('href="/teams/upstage?lang=en"', answer.text)
        self.assertIn('href="/teams/upstage?relation=finetune&amp;lang=en"', answer.text)
        self.assertNotIn("?lang", self.get("/log", Accept_Language="en").text.split("<main")[1])
        switch = self.get("/search?q=solar%26x&lang=ko").text
        self.assertIn('href="/search?lang=en&amp;q=solar%26x"', switch)

    def test_links_lead_somewhere(self):
        seen = set()
        for path in PAGES:
            for link in re.findall(r'(?:href|src)="(/[^"#]*)', self.get(path, Accept_Language="en").text):
                seen.add(html.unescape(link))
        for link in sorted(seen):
            with self.subTest(link=link):
                self.assertEqual(self.get(link).status, 200)
        self.assertGreater(len(seen), 60)

    def test_what_pages_hold(self):
        home = self.get("/?lang=en").text
        self.assertIn("<b>2</b> derivatives that stand", home)
        self.assertIn("<span class=\"publisher\">maker/</span><wbr>Solar-two", home)
        model = self.get("/models/MAKER/solar-one?lang=en").text
        self.assertIn('<h1 class="name"><a class="publisher" href="/publishers/maker?lang=en">maker</a>/<wbr>Solar-one', model)
        self.assertRegex(model, r'<b class="tag good">counts</b>.*?<span class="rule-name">direct@1')
        self.assertIn("Solar-two", model)
        release = self.server.client().call("Registry.GetRelease", name="maker/Solar-one")
        self.assertIn('<pre><code id="statement">%s</code></pre>' % html.escape(release["statement"]), model)
        two = self.get("/models/maker/Solar-two?lang=en").text
        self.assertRegex(two, r'<b class="tag bad">does not count</b>.*?<span class="rule-name">direct@1')
        self.assertIn("it is too many steps from the root", two)
        self.assertIn("원 모델에서 너무 여러 단계 떨어짐", self.get("/models/maker/Solar-two?lang=ko").text)
        self.assertIn("yanked", self.get("/models/maker/Solar-three?lang=en").text)
        team = self.get("/teams/upstage?lang=en").text
        self.assertIn("<b>2</b> derivatives that stand", team)
        self.assertIn("<b>1</b> counted under the policy", self.get("/teams/upstage?policy=direct@1&lang=en").text)
        left = self.get("/teams/upstage?policy=direct@1&left_out=1&lang=en").text
        self.assertIn("Solar-two", left)
        self.assertNotIn("Solar-one", left)
        self.assertIn("업스테이지", self.get("/teams/upstage?lang=ko").text)

    def test_filters(self):
        for query, names in (("relation=finetune", 2), ("relation=adapter", 0), ("depth=2", 1), ("publisher=maker", 2), ("license=MIT", 2), ("license=Apache-2.0", 0)):
            page = self.get("/bases/upstage/Solar-Open-100B?lang=en&" + query).text
            rows = page.split('id="h-list"')[1]
            self.assertEqual(rows.count('class="name"'), names, query)
        self.assertIn("Nothing here", self.get("/bases/upstage/Solar-Open-100B?lang=en&month=2001-01").text)

    def test_filters_are_named_in_words(self):
        base = "/bases/upstage/Solar-Open-100B?lang=%s&%s"
        for language, query, label in (("en", "relation=finetune", "fine-tune"), ("ko", "relation=finetune", "미세조정"),
                                       ("ko", "class=non-commercial", "비상업"), ("en", "license=mit", "MIT"), ("ko", "depth=2", "2")):
            heading = re.search(r'<h2 id="h-list">(.*?)</h2>', self.get(base % (language, query)).text).group(1)
            self.assertIn(" · %s <a" % label, heading)
        self.assertIn("Solar-two", self.get(base % ("en", "license=mit")).text.split('id="h-list"')[1])

    def test_those_left_out_with_their_reasons(self):
        for path in ("/bases/upstage/Solar-Open-100B", "/teams/upstage"):
            for policy, number, names, reason in (("", 1, ["Solar-three"], "every release was yanked"),
                                                  ("direct@1", 2, ["Solar-two", "Solar-three"], "it is too many steps from the root")):
                with self.subTest(path=path, policy=policy):
                    page = self.get("%s?policy=%s&lang=en" % (path, policy)).text
                    link = re.search(r'<a href="([^"]*)#h-list"><b>(\d+)</b> left out, and why</a>', page)
                    self.assertEqual(int(link.group(2)), number)
                    rows = self.get(html.unescape(link.group(1))).text.split('id="h-list"')[1]
                    self.assertEqual(re.findall(r"<wbr>(Solar-\w+)</a>", rows), names)
                    self.assertIn('<span class="tag bad">%s</span>' % reason, rows)
            self.assertIn("Solar-three", self.get(path + "?left_out=1").text.split('id="h-list"')[1])
        both = self.get("/teams/upstage?policy=direct@1&left_out=1&lang=ko").text.split("<wbr>Solar-three</a>")[1].split("</tr>")[0]
        self.assertEqual(re.findall(r'"tag bad">([^<]*)<', both), ["모든 릴리스가 철회됨", "원 모델에서 너무 여러 단계 떨어짐"])
        self.assertNotIn("left out, and why", self.get("/teams/naver-cloud?lang=en").text)

    def test_values_that_a_parameter_cannot_have(self):
        size = int(self.server.client().call("Demo.GetClock")["log_size"])
        teams = [team["id"] for team in self.server.client().call("Registry.ListTeams")["teams"]]
        teams += ["%s/%s" % (team, "x" * i) for team in teams for i in range(1, 3)]
        base, tokens = "/bases/upstage/Solar-Open-100B", "what a link of this page says there"
        for path, query, parameter, value, allowed, korean in (
                (base, "order=zzz", "order", "zzz", "newest, oldest", "다음 중 하나"), ("/teams/upstage", "month=2026-13", "month", "2026-13", "2026-08", "2026-08 같은 달"),
                (base, "relation=foo", "relation", "foo", "finetune", "finetune"), (base, "class=free", "class", "free", "non-commercial", "다음 중 하나"),
                (base, "license=a%20b", "license", "a b", "SPDX", "SPDX로 표기한"), (base, "depth=0", "depth", "0", "16+", "1에서 15까지"),
                (base, "publisher=a%20b", "publisher", "a b", "name of a publisher", "게시자 이름"), (base, "left_out=yes", "left_out", "yes", "1, 0", "1, 0"),
                (base, "policy=absent", "policy", "absent", "direct@1", "기록된 정책"), (base, "stage=absent", "stage", "absent", "the id of a stage", "단계의 id"),
                (base, "stage=x&policy=direct", "stage", "x", "not both", "하나만"), (base, "relation=merge&month=2026-01", "month", "2026-01", "one of these at a time", "한 번에 하나"),
                (base, "after=x", "after", "x", tokens, "이 화면의 링크"), (base, "children=x", "children", "x", tokens, "이 화면의 링크"),
                (base, "open=x", "open", "x", "publisher/model", "게시자/모델"), (base, "policy=%ff", "policy", "%ff", "UTF-8", "UTF-8"),
                (base, "order=newest&order=oldest", "order", "oldest", "given as often as this at most", "최대 횟수"),
                (base, "order=" + "n" * 600, "order", "nnn", "at most 512 bytes", "최대 512바이트"),
                ("/models/maker/Solar-one", "releases=x", "releases", "x", tokens, "이 화면의 링크"), ("/models/maker/Solar-one", "challenges=x", "challenges", "x", tokens, "링크"),
                ("/models/maker/Solar-one", "rulings=x", "rulings", "x", tokens, "링크"), ("/publishers/maker", "after=-1", "after", "-1", tokens, "링크"),
                ("/log", "before=0", "before", "0", "number of an entry", "항목 번호"), ("/log", "before=%d" % (size + 1), "before", str(size + 1), "size of the log", "로그 크기"),
                ("/search", "q=solar&after=x", "after", "x", tokens, "링크"), ("/", "lang=fr", "lang", "fr", "en, ko", "en, ko"), ("/method", "lang=fr", "lang", "fr", "en, ko", "en, ko"),
                ("/teams/compare", "from=yesterday", "from", "yesterday", "2026-08-01", "2026-08-01 같은 날짜"), ("/teams/compare", "to=%d" % (size + 1), "to", str(size + 1), "size of the log", "로그 크기 이하"),
                ("/teams/compare", "to=2999-01-01", "to", "2999-01-01", "not in the future", "미래가 아닌"), ("/teams/compare", "from=5&to=4", "from", "5", "not later than the second", "비교 시점보다 늦지"),
                ("/teams/compare", "from=2999-01-01", "from", "2999-01-01", "not in the future", "미래가 아닌"),
                ("/teams/compare", "of=nobody", "of", "nobody", "upstage", "팀 또는"), ("/teams/compare", "of=no/body", "of", "no/body", "base model", "기반 모델"),
                ("/teams/compare", "of=maker/Solar-one", "of", "maker/Solar-one", "base model", "기반 모델"),
                ("/teams/compare", "of=upstage&show=sk-telecom", "show", "sk-telecom", "upstage", "upstage"), ("/teams/compare", "to_policy=absent", "to_policy", "absent", "direct@1", "기록된"),
                ("/teams/compare", "first=x", "first", "x", tokens, "링크"), ("/teams/compare", "second=x", "second", "x", tokens, "링크"),
                ("/teams/compare", "after=x", "after", "x", "0 or more", "0 이상"), ("/teams/compare", "".join("of=%s&" % team for team in teams[:7]), "of", teams[6], "6", "최대 횟수")):
            with self.subTest(path=path, query=query):
                for language, word in (("en", allowed), ("ko", korean)):
                    answer = self.get("%s?%s" % (path, query), Accept_Language=language)
                    self.assertEqual((answer.status, answer["Cache-Control"], answer["ETag"]), (400, "no-store", None))
                    told = re.findall(r"<dd>(.*?)</dd>", answer.text.split("<main")[1])
                    self.assertEqual(told[0], "<code>%s</code>" % parameter)
                    self.assertIn(value, told[1])
                    self.assertIn(word, told[2])
                    self.assertNotIn("as_of", answer.text)
                    self.assertNotIn("page_token", answer.text)
                    self.assertIn('<a href="%s">' % path, answer.text)
                program = self.get("%s?%s" % (path, query), Accept="application/json")
                self.assertEqual(program.status, 400)
                fields = [violation["field"] for detail in json.loads(program.body)["details"] for violation in detail.get("fieldViolations", [])]
                self.assertEqual(fields, [parameter])
        for query in ("page=-1", "policy=&relation=&order=&left_out=&after=", "order=newest&unknown=%ff", "lang=en", "policy=direct", "left_out=0"):
            self.assertEqual(self.get(base + "?" + query).status, 200, query)

    def test_the_newest_first(self):
        def rows(query):
            page = self.get("/bases/upstage/Solar-Open-100B?lang=en" + query).text
            links = re.findall(r'href="([^"]*)#h-list"', page.split('id="h-list"')[1])
            self.assertEqual(len(links), 1)
            return re.findall(r'class="name" href="/models/([^"?]*)', page.split('id="h-list"')[1]), html.unescape(links[0]).split("?")[1]
        oldest, to_newest = rows("&license=MIT")
        newest, to_oldest = rows("&license=MIT&order=newest")
        self.assertEqual((oldest, newest), (["maker/Solar-one", "maker/Solar-two"], ["maker/Solar-two", "maker/Solar-one"]))
        self.assertEqual(rows("&" + to_newest)[0], newest)
        self.assertEqual(rows("&" + to_oldest)[0], oldest)

    def test_how_scopes_divide_and_grow(self):
        for path in ("/bases/upstage/Solar-Open-100B", "/teams/upstage"):
            for policy, count in (("", 2), ("direct@1", 1)):
                with self.subTest(path=path, policy=policy):
                    page = self.get("%s?policy=%s&lang=en" % (path, policy)).text
                    month = re.search(r'<th scope="row"><a href="[^"]*month=(\d{4}-\d\d)&amp;policy=%s&amp;lang=en">' % policy, page).group(1)
                    self.assertIn('role="img" aria-label="%s – %s: 0 → %d"' % (month, month, count), page)
                    self.assertIn('<path class="area" d="M0 100.0L1 0.0V100H0Z"/>', page)
                    self.assertRegex(page, r'license=MIT&amp;policy=%s&amp;lang=en">MIT</a>.*<td class="num">%d</td>' % (policy, count))
                    self.assertRegex(page, r'publisher=maker&amp;policy=%s&amp;lang=en">maker</a>.*<td class="num">%d</td>' % (policy, count))
        self.assertNotIn('class="growth"', self.get("/teams/naver-cloud?lang=en").text)

    def test_times_are_korean_with_utc_beside(self):
        page = self.get("/log?lang=en").text
        times = re.findall(r'<time datetime="([^"]*)"><span class="moment">([^<]*) <span class="zone">\+09:00</span></span> <span class="zone">\(([^)]*)\)</span></time>', page)
        self.assertGreater(len(times), 5)
        self.assertEqual(page.count("<time"), len(times))
        for iso, korean, beside in times:
            utc = datetime.datetime.fromisoformat(iso[:16])
            there = utc + datetime.timedelta(hours=9)
            self.assertEqual(korean, there.strftime("%Y-%m-%d %H:%M"))
            self.assertEqual(beside, utc.strftime("%H:%M UTC" if utc.date() == there.date() else "%m-%d %H:%M UTC"))

    def test_search(self):
        size = self.server.client().call("Demo.GetClock")["log_size"]
        digest = self.server.client().call("Registry.GetModel", name="maker/Solar-one")["release"]["lineage_hash"]
        for text, found in (("solar-T", "/models/maker/Solar-two"), ("maker", "/publishers/maker"), ("upst", "/teams/upstage"),
                            ("1", "/log/1"), (digest, "/models/maker/Solar-one"), ("MIT", "/models/maker/Solar-one"),
                            ("mit", "/models/maker/Solar-one"), ("%231", "/log/1"), ("sha256:" + digest, "/models/maker/Solar-one"),
                            (digest + "++model.safetensors", "/models/maker/Solar-one"), ("maker/Solar-one@1", "/models/maker/Solar-one"),
                            ("https://huggingface.co/maker/Solar-two/tree/main", "/models/maker/Solar-two"), ("hf.co/maker/Solar-two/", "/models/maker/Solar-two"), ("%EC%97%85%EC%8A%A4%ED%85%8C%EC%9D%B4%EC%A7%80", "/teams/upstage")):
            with self.subTest(text=text):
                page = self.get("/search?q=" + text, Accept_Language="en").text
                self.assertIn('href="%s"' % found, page)
                self.assertNotIn("Nothing here.", page)
        self.assertIn('href="/teams/upstage"', self.get("/search?q=Upstage", Accept_Language="ko").text)
        self.assertIn("Nothing here.", self.get("/search?q=nobody-has-this", Accept_Language="en").text)
        self.assertNotIn("/log/%s\"" % size, self.get("/search?q=%s" % size).text)

    def test_search_by_words(self):
        def found(text):
            page = self.get("/search?lang=en&q=" + urllib.parse.quote(text)).text
            return re.findall(r'class="name" href="/models/([^"?]*)', page), int(re.search(r'<h2>Models <span class="quiet">(\d*)<', page).group(1))
        both = ["maker/Solar-one", "maker/Solar-two", "maker/Solar-three"]
        for text, names in (("maker solar", both), ("SOLAR maker", both), ("solar one", both[:1]), ("one_solar", both[:1]), ("solar.one", both[:1]),
                            ("maker/one", both[:1]), ("  solar --  Two ", both[1:2]), ("solar nothing", []), ("solar open 100b", ["upstage/Solar-Open-100B"]),
                            ("open solar", ["upstage/Solar-Open-100B", "upstage/Solar-Open2-250B"]), ("sol thr", both[2:])):
            with self.subTest(text=text):
                self.assertEqual(found(text), (names, len(names)))
        for text, team in (("sk telecom", "sk-telecom"), ("telecom.SK", "sk-telecom"), ("naver cloud", "naver-cloud")):
            self.assertIn('href="/teams/%s?lang=en"' % team, self.get("/search?lang=en&q=" + text.replace(" ", "%20")).text)
        listed = json.loads(self.get("/v1/models?name_contains=ONE%20sol").text)
        self.assertEqual([model["name"] for model in listed["models"]], both[:1])
        self.assertEqual(self.get("/v1/models?name_contains=one-sol", Accept="application/json").text.count('"name"'), 0)

    def test_one_number_of_models(self):
        """Of a publisher whose name alone has the text: that of the publisher and that of the list, yanked ones in both."""
        for language in ("en", "ko"):
            page = self.get("/search?q=maker&lang=" + language).text
            numbers = re.findall(r'<span class="quiet">(?:[^<\d]* )?(\d+)</span>', page.split("<main")[1])
            self.assertEqual(numbers[:2], ["3", "3"])
            self.assertRegex(page, r'Solar-three</a> <span class="tag bad">')

    def test_what_is_too_long_to_search_for(self):
        for text, limit in (("x" * 97, "at most 96 bytes"), ("가" * 33, "at most 96 bytes"), ("y" * 600, "at most 512 bytes")):
            answer = self.get("/search?q=" + urllib.parse.quote(text), Accept_Language="en")
            self.assertEqual(answer.status, 400)
            self.assertIn(limit, answer.text)
            self.assertNotIn("Enter words", answer.text)
        self.assertIn("최대 96바이트", self.get("/search?lang=ko&q=" + "x" * 97).text)
        self.assertEqual(self.get("/search?q=" + "x" * 96).status, 200)
        digest = self.server.client().call("Registry.GetModel", name="maker/Solar-one")["release"]["lineage_hash"]
        self.assertIn("Release with this lineage hash", self.get("/search?lang=en&q=%s%%20%%20%s" % (digest, "d/" * 60)).text)
        self.assertIn("maker/Solar-two", self.get("/search?lang=en&q=https://huggingface.co/maker/Solar-two/tree/main/" + "d/" * 60).text)

    def test_entries(self):
        entry = self.get("/log/0?lang=en").text
        self.assertIn("Log begun", entry)
        self.assertIn("<code>purpose</code>", entry)
        self.assertIn("entry 0", entry)
        raw = self.server.client().entries(0, 1)[0].decode()
        self.assertIn("<pre><code id=\"entry-text\">" + html.escape(raw).replace("&#x27;", "&#39;") + "</code></pre>", entry)
        proof = self.server.client().call("Log.GetInclusionProof", log_index=0)
        self.assertEqual(len(re.findall(r"<li><code class=\"hash\">[0-9a-f]{64}", entry)), len(proof["hashes"]))
        self.assertIn('rel="next" href="/log?before=', self.get("/log").text)
        self.assertIn('href="/log/0"', self.get("/log?before=3").text)

    def test_nothing_breaks_out(self):
        for text in ("<script>alert(1)</script>", "\" onmouseover=\"x", "\u202eabc\u2066", "\x1b[31m", "'><img src=x>"):
            quoted = "".join("%%%02x" % b for b in text.encode())
            for path in ("/search?q=" + quoted, "/models/a/" + quoted.replace("%2f", "-"), "/nowhere?x=" + quoted,
                         "/publishers/" + quoted.replace("%2f", "-"), "/log/" + quoted.replace("%2f", "-"),
                         "/publishers?base=" + quoted, "/publishers?since=" + quoted, "/models?license=" + quoted, "/models?relation=" + quoted,
                         "/models?order=" + quoted, "/teams/upstage?days=" + quoted, "/teams/upstage?relation=" + quoted, "/policies/" + quoted.replace("%2f", "-")):
                with self.subTest(path=path):
                    page = self.get(path).text
                    for part in ("<script>alert", "<img", "\u202e", "\u2066", "\x1b", 'onmouseover="x"', "\" onmouseover"):
                        self.assertNotIn(part, page)
                    self.assertEqual(page.count("<script"), 1)

    def test_not_found_helps(self):
        for path in ("/nope", "/models/maker", "/models/maker/absent", "/teams/nobody", "/log/99999999", "/log/x", "/stages/absent",
                     "/policies/absent", "/bases/maker/Solar-one", "/assets/old/site.css", "/models//x", "/models/a/%ff"):
            with self.subTest(path=path):
                answer = self.get(path + "?lang=en")
                self.assertEqual(answer.status, 404)
                self.assertIn('role="search"', answer.text)
                self.assertIsNone(answer["ETag"])
                self.assertEqual(answer["Cache-Control"], "no-store")
        self.assertIn("maker/Solar-one", self.get("/models/maker/Solar-on").text)
        self.assertIn('name="q" value="Solar-on"', self.get("/models/maker/Solar-on").text)
        program = self.get("/models/maker/absent", Accept="*/*")
        self.assertEqual((program.status, program["Content-Type"]), (404, "application/json"))
        self.assertEqual(json.loads(program.body)["details"][0]["reason"], "MODEL_NOT_FOUND")

    def test_caching(self):
        answer = self.get("/teams/upstage", Accept_Language="en")
        self.assertEqual(answer["Cache-Control"], "no-cache")
        self.assertRegex(answer["ETag"], r'^W/"[0-9a-f]{16}-en-[0-9a-f]+-[0-9a-f]+"$')
        again = self.get("/teams/upstage", Accept_Language="en", If_None_Match=answer["ETag"])
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(self.get("/teams/upstage", Accept_Language="ko", If_None_Match=answer["ETag"]).status, 200)
        self.assertIn("Accept-Language", answer["Vary"])
        css = re.search(r'href="(/assets/[0-9a-f]{16}/site\.css)"', answer.text).group(1)
        self.assertEqual(self.get(css)["Cache-Control"], "public, max-age=31536000, immutable")
        self.assertEqual(self.get(css)["Content-Type"], "text/css; charset=utf-8")

    def test_badges_and_feeds(self):
        badge = self.get("/models/maker/Solar-one/badge.svg?lang=en")
        self.assertEqual((badge.status, badge["Content-Type"]), (200, "image/svg+xml"))
        text = "".join(minidom.parseString(badge.body).getElementsByTagName("title")[0].firstChild.data)
        index = self.server.client().call("Registry.GetModel", name="maker/Solar-one")["log_index"]
        self.assertEqual(text, "derivative of: upstage/Solar-Open-100B · #%s" % index)
        count = self.get("/bases/upstage/Solar-Open-100B/badge.svg?lang=ko")
        self.assertIn("<title>파생 모델: 2</title>", count.text)
        self.assertEqual(self.get("/models/maker/absent/badge.svg").status, 404)
        for path, names in (("/feed.atom", ["maker/Solar-two", "maker/Solar-one"]), ("/teams/sk-telecom/feed.atom", []),
                            ("/teams/upstage/feed.atom", ["maker/Solar-two", "maker/Solar-one"]),
                            ("/bases/upstage/Solar-Open-100B/feed.atom", ["maker/Solar-two", "maker/Solar-one"]),
                            ("/publishers/maker/feed.atom", ["maker/Solar-two", "maker/Solar-one"])):
            with self.subTest(path=path):
                feed = self.get(path)
                self.assertEqual(feed["Content-Type"], "application/atom+xml; charset=utf-8")
                document = minidom.parseString(feed.body)
                entries = document.getElementsByTagName("entry")
                found = [e.getElementsByTagName("title")[0].firstChild.data for e in entries]
                self.assertEqual([name for name in found if name.startswith("maker/")], names)

    def test_the_icon_where_browsers_look_for_it(self):
        named = self.get(re.search(r'<link rel="icon" href="([^"]+)"', self.get("/").text).group(1))
        icon = self.get("/favicon.ico")
        self.assertEqual((icon.status, icon["Content-Type"], icon["Cache-Control"]), (200, "image/svg+xml", "public, max-age=86400"))
        self.assertEqual(icon.body, named.body)

    def sitemap(self, path, tag, **headers):
        """The addresses of a sitemap, or of the index, and their times where there are any."""
        answer = self.get(path, **headers)
        self.assertEqual((answer.status, answer["Content-Type"]), (200, "application/xml; charset=utf-8"), path)
        rows = minidom.parseString(answer.body).getElementsByTagName(tag)
        return {row.getElementsByTagName("loc")[0].firstChild.data: [t.firstChild.data for t in row.getElementsByTagName("lastmod")] for row in rows}

    def test_sitemaps(self):
        address = "http://" + self.server.http
        self.assertIn("\nSitemap: %s/sitemap.xml\n" % address, self.get("/robots.txt").text)
        index = self.sitemap("/sitemap.xml", "sitemap")
        self.assertEqual(list(index), [address + "/sitemaps/site.xml", address + "/sitemaps/models-0.xml"])
        self.assertEqual(len(index[address + "/sitemaps/site.xml"]), 1)
        found = {}
        for part in index:
            found.update(self.sitemap(part.removeprefix(address), "url"))
        for path in ("/", "/teams", "/bases", "/models", "/publishers", "/policies", "/teams/upstage", "/bases/upstage/Solar-Open-100B", "/policies/direct@1", "/models/maker/Solar-one",
                     "/models/upstage/Solar-Open-100B", "/publishers/maker", "/method"):
            self.assertIn(address + path, found)
        self.assertNotIn(address + "/models/maker/Solar-three", found)
        release = self.server.client().call("Registry.GetRelease", name="maker/Solar-one")
        self.assertEqual(found[address + "/models/maker/Solar-one"][0][:19], release["create_time"][:19])
        for url in found:
            self.assertEqual(self.get(url.removeprefix(address)).status, 200, url)
        secure = self.sitemap("/sitemap.xml", "sitemap", Host="jokbo.example", X_Forwarded_Proto="https")
        self.assertIn("https://jokbo.example/sitemaps/site.xml", secure)
        self.assertIn("/sitemaps/site.xml", self.sitemap("/sitemap.xml", "sitemap", Host="<script>"))
        for path in ("models-1.xml", "models-2000000.xml", "models-.xml", "models-0", "x.xml"):
            self.assertEqual(self.get("/sitemaps/" + path).status, 404, path)

    def test_headers(self):
        for path in ("/", "/nope", "/robots.txt"):
            answer = self.get(path)
            self.assertEqual(answer["X-Content-Type-Options"], "nosniff")
            self.assertTrue(answer["Content-Security-Policy"].startswith("default-src 'self'; frame-ancestors 'none'"))
            self.assertIsNone(answer["Set-Cookie"])
        page = self.get("/").text
        self.assertNotIn(" style=", page)
        self.assertNotRegex(page, r"<script(?! type=\"module\" src=)")
        self.assertEqual(re.findall(r'(?:src|href)="(?!/)[^#"]', page), [])
        head = self.get("/", "HEAD")
        self.assertEqual((head.status, head.body), (200, b""))

    def test_sizes(self):
        total = 0
        page = self.get("/", Accept_Encoding="gzip")
        self.assertEqual(page["Content-Encoding"], "gzip")
        total += len(page.body)
        for asset in set(re.findall(r'"(/assets/[^"]*)"', gzip.decompress(page.body).decode())):
            total += len(self.get(asset, Accept_Encoding="gzip").body)
        self.assertLessEqual(total, 60_000)
        for path in PAGES:
            self.assertLessEqual(len(self.get(path).body), 100_000, path)

    def test_a_log_that_is_no_demo_says_nothing_of_one(self):
        self.assertNotIn('class="demo"', self.get("/").text)


class Feeds(Case):
    FEEDS = ("/feed.atom", "/teams/sk-telecom/feed.atom", "/teams/upstage/feed.atom", "/bases/skt/A.X-K1/feed.atom", "/publishers/alice/feed.atom")

    def feed(self, path, **headers):
        """A feed as RFC 4287 wants it: its id and self link, and the id, link and time of each entry by title."""
        document = minidom.parseString(get(self.server, path, **headers).body).documentElement
        self.assertEqual((document.tagName, document.namespaceURI), ("feed", "http://www.w3.org/2005/Atom"))

        def texts(element, name):
            return [e.firstChild.data for e in element.childNodes if e.nodeName == name and not e.firstChild.hasChildNodes()]

        def links(element, relation):
            return [e.getAttribute("href") for e in element.childNodes if e.nodeName == "link" and e.getAttribute("rel") == relation]
        found, times = {}, []
        for entry in document.getElementsByTagName("entry"):
            self.assertEqual([len(texts(entry, name)) for name in ("id", "title", "updated", "published", "summary")], [1] * 5)
            self.assertEqual(len(links(entry, "alternate")), 1)
            found[texts(entry, "title")[0]] = (texts(entry, "id")[0], links(entry, "alternate")[0], texts(entry, "updated")[0])
            times.append(texts(entry, "updated")[0])
            for time in (texts(entry, "updated")[0], texts(entry, "published")[0]):
                self.assertRegex(time, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        self.assertEqual([len(texts(document, name)) for name in ("id", "title", "updated")], [1] * 3)
        self.assertEqual(len(document.getElementsByTagName("author")), 1)
        if times:
            self.assertEqual(texts(document, "updated")[0], max(times))
        self.assertEqual((len(links(document, "self")), len(links(document, "alternate"))), (1, 1))
        return texts(document, "id")[0], links(document, "self")[0], links(document, "alternate")[0], found

    def test_feeds_have_names_of_this_registry_alone(self):
        address = "http://" + self.server.http
        for name in ("alice/fed-one", "alice/fed-two"):
            self.register(name, "skt/A.X-K1")
        origin = self.anyone.call("Log.GetCheckpoint")["note"].split("\n")[0]
        first = re.search(rb"^time (\d{4}-\d\d-\d\d)", self.anyone.entries(0, 1)[0], re.M).group(1).decode()
        tag = "tag:localhost,%s:%s" % (first, origin)
        self.assertRegex(origin, "^localhost/jokbo-[0-9a-f]{8}$")
        seen = {}
        for path in self.FEEDS:
            with self.subTest(path=path):
                name, own, page, entries = self.feed(path)
                self.assertEqual((name, own, page), (tag + path, address + path, address + (path.removesuffix("/feed.atom") or "/")))
                for title, (entry, link, _) in entries.items():
                    self.assertEqual(entry, "%s/log/%s" % (tag, self.model(title)["log_index"]))
                    self.assertEqual(link, address + "/models/" + title)
                    self.assertEqual(seen.setdefault(entry, title), title)
        self.assertGreater(len(seen), 1)
        plain = self.feed("/feed.atom")
        self.assertEqual(self.feed("/teams/%73k-telecom/feed.atom")[0], tag + "/teams/sk-telecom/feed.atom")
        english = self.feed("/feed.atom?lang=en")
        self.assertEqual((english[0], english[1]), (plain[0], address + "/feed.atom?lang=en"))
        self.assertEqual(english[3]["alice/fed-one"][:2], (plain[3]["alice/fed-one"][0], address + "/models/alice/fed-one?lang=en"))
        elsewhere = self.feed("/feed.atom", Host="jokbo.example", X_Forwarded_Proto="https")
        self.assertEqual((elsewhere[0], elsewhere[1]), (plain[0], "https://jokbo.example/feed.atom"))
        nowhere = self.feed("/feed.atom", Host="a b")
        self.assertEqual((nowhere[0], nowhere[1], nowhere[2]), (plain[0], "/feed.atom", "/"))

        before = self.feed("/feed.atom")[3]["alice/fed-one"]
        self.release("alice/fed-one", version="2", relation="RELATION_FINETUNE", license="MIT", parents=[{"registered": {"name": "skt/A.X-K1"}}])
        after = self.feed("/feed.atom")[3]["alice/fed-one"]
        self.assertEqual(after[:2], before[:2])
        self.assertGreater(after[2], before[2])
        self.assertEqual(list(self.feed("/publishers/alice/feed.atom")[3]), ["alice/fed-two", "alice/fed-one"])


class Families(Case):
    """Many models: what comes and goes between two moments, and a tree that opens."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.addClassCleanup(cls.server.close)
        cls.server.load_roster()
        cls.admin = cls.server.client()
        cls.addClassCleanup(cls.admin.close)
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        evaluator = person(cls.admin, "evaluator", roles=["evaluator"], scopes=["roster"])
        cls.addClassCleanup(evaluator.close)
        with open(os.path.join(root, "registry", "data", "policies", "direct.policy")) as f:
            evaluator.call("Stages.RecordPolicy", text=f.read())
        maker = person(cls.admin, "maker", scopes=["publishers", "publish", "models"])
        cls.addClassCleanup(maker.close)
        maker.call("Registry.CreatePublisher", name="maker")
        cls.empty = cls.size()
        for i in range(30):
            cls.register(maker, "Solar-%02d" % i, "upstage/Solar-Open-100B", "MERGE" if i == 29 else "FINETUNE")
        cls.register(maker, "Solar-child", "maker/Solar-03", "QUANTIZED")
        cls.register(maker, "Solar-grandchild", "maker/Solar-child", "FINETUNE")
        cls.full = cls.size()
        maker.call("Registry.YankRelease", name="maker/Solar-07@1", reason="<b>wrong</b>")
        cls.register(maker, "A.X-moved", "skt/A.X-K1", "FINETUNE")
        cls.moved = cls.size()
        maker.call("Registry.PublishRelease", release={
            "name": "maker/A.X-moved", "version": "2", "relation": "RELATION_FINETUNE", "license": "MIT",
            "parents": [{"registered": {"name": "naver-hyperclovax/HyperCLOVAX-SEED-Think-32B"}}]})

    @classmethod
    def size(cls):
        return int(cls.admin.call("Demo.GetClock")["log_size"])

    @classmethod
    def register(cls, maker, name, parent, relation):
        maker.call("Registry.RegisterDerivative", derivative={
            "name": "maker/" + name, "version": "1", "relation": "RELATION_" + relation, "license": "MIT",
            "parents": [{"registered": {"name": parent}}]})

    def compare(self, query, language="en"):
        page = get(self.server, "/teams/compare?lang=%s&%s" % (language, query))
        self.assertEqual(page.status, 200, page.text)
        return page.text

    @staticmethod
    def changes(page):
        """Signs and names of what came (+) and went (−), in order."""
        return [(sign, html.unescape(name)) for sign, name in
                re.findall(r'<li><span class="tag \w+">(.) [^<]*</span> <a class="name" href="/models/([^"?]*)', page)]

    @staticmethod
    def entries(page):
        """The entry that each change names beside its relation."""
        return [int(index) for index in re.findall(r'<li><span class="tag.*?</a> <span class="quiet">[^<]* · <a href="/log/(\d+)', page)]

    def test_counts_side_by_side(self):
        page = self.compare("of=upstage&of=upstage/Solar-Open-100B&of=sk-telecom&from=%d&to=%d" % (self.empty, self.full))
        self.assertEqual(page.count("<table class=\"sides\">"), 3)
        rows = re.findall(r'<th scope="row">([^<]*)</th><td class="num">(\d+)</td><td class="num">(\d+)</td>'
                          r'<td class="num[^"]*">([^<]*)</td>', page)
        self.assertEqual(rows, 2 * [("all", "0", "32", "+32"), ("fine-tune", "0", "30", "+30"), ("quantized", "0", "1", "+1"),
                                    ("merge", "0", "1", "+1")] + [("all", "0", "0", "±0")])
        self.assertIn("after %d entries of the log" % self.full, page)
        self.assertIn("로그 항목 %d개 시점" % self.full, self.compare("of=upstage&to=%d" % self.full, "ko"))

    def test_all_teams_without_being_asked(self):
        page = self.compare("")
        self.assertGreater(page.count("<table class=\"sides\">"), 3)
        self.assertIn('name="of" value="upstage" checked', page)

    def test_what_came_page_by_page(self):
        query, seen = "of=upstage&from=%d&to=%d" % (self.empty, self.full), []
        path = "/teams/compare?lang=en&" + query
        for _ in range(3):
            page = get(self.server, path).text
            self.assertNotIn("Does not count now", page)
            seen += self.changes(page)
            further = re.search(r'<a rel="next" href="([^"#]*)', page)
            if not further:
                break
            path = html.unescape(further.group(1))
        names = ["maker/Solar-%02d" % i for i in range(30)] + ["maker/Solar-child", "maker/Solar-grandchild"]
        self.assertEqual(seen, [("+", name) for name in names])
        self.assertIn("Registered since", page)

    def test_the_first_moment_is_before_the_second(self):
        """Where none is given, 30 days before it, which is before the log began."""
        page = self.compare("of=upstage&to=%d" % self.full)
        self.assertIn("after 0 entries of the log", page)
        self.assertIn("after %d entries of the log" % self.full, page)
        self.assertIn("after 0 entries of the log", self.compare("of=upstage&to=0"))

    def test_what_went_and_why(self):
        page = self.compare("of=upstage&from=%d" % self.full)
        self.assertEqual(self.changes(page), [("−", "maker/Solar-07")])
        self.assertIn("All its releases are yanked.", page)
        self.assertEqual(self.entries(page), [self.full])
        self.assertIn("로그 항목 %d에 따라" % self.full, self.compare("of=upstage&from=%d" % self.full, "ko"))
        page = self.compare("of=upstage&from=%d&to_policy=direct@1" % self.size())
        self.assertEqual(self.changes(page), [("−", "maker/Solar-child"), ("−", "maker/Solar-grandchild")])
        self.assertRegex(page, r"Does not count now: <b>it is too many steps from the root</b>")
        page = self.compare("of=upstage/Solar-Open-100B&from=%d&from_policy=direct@1" % self.size(), "ko")
        self.assertEqual(self.changes(page), [("+", "maker/Solar-child"), ("+", "maker/Solar-grandchild")])
        self.assertIn("원 모델에서 너무 여러 단계 떨어짐", page)
        page = self.compare("of=upstage&from=%d&from_policy=direct@1&to_policy=direct@1" % self.full)
        self.assertEqual(self.changes(page), [("−", "maker/Solar-07")])
        self.assertRegex(page, r'<b>every release was yanked</b>.*?<a href="/log/%d' % self.full)
        self.assertEqual(self.entries(page)[0], self.full)
        self.assertIn("Nothing came and nothing went.", self.compare("of=upstage&from=%d" % self.size()))

    def test_what_leads_elsewhere_went_by_its_release(self):
        for query in ("", "&from_policy=direct@1&to_policy=direct@1"):
            page = self.compare("of=sk-telecom&from=%d%s" % (self.moved, query))
            self.assertEqual(self.changes(page), [("−", "maker/A.X-moved")])
            self.assertEqual(self.entries(page), [self.moved])
            self.assertIn("It led to none of these base models then.", page)

    def test_what_cannot_be_compared(self):
        for query in ("from=yesterday", "to=99999999", "to=2999-01-01", "of=nobody", "from_policy=absent"):
            with self.subTest(query=query):
                self.assertEqual(get(self.server, "/teams/compare?" + query).status, 400)
        page = get(self.server, "/teams/compare?from=%3Cscript%3Ealert(1)&of=%22onclick=1").text
        self.assertNotIn("<script>alert", page)
        self.assertNotIn('"onclick', page)

    def children(self, page):
        """(depth, name) of the tree's rows, from the lists in lists as they are nested."""
        depth, found = 0, []
        tree = page[page.index('<ul class="tree"'):]
        for part in re.findall(r'<ul[ >]|</ul>|<a class="name" href="/models/[^"?]*', tree[:tree.index("<dl hidden")]):
            depth += {"<ul ": 1, "<ul>": 1, "</ul>": -1}.get(part, 0)
            if part.startswith("<a"):
                found.append((depth, part.split("/models/")[1]))
        self.assertEqual(depth, 0)
        return found

    def test_the_tree_opens(self):
        base = "/models/upstage/Solar-Open-100B?lang=en"
        page = get(self.server, base).text
        self.assertEqual(self.children(page), [(1, "maker/Solar-%02d" % i) for i in range(20)])
        self.assertEqual(page.count('<span class="tag bad">yanked</span>'), 1)
        more = html.unescape(re.search(r'<a class="more"[^>]* href="([^"#]*)', page).group(1))
        self.assertEqual(self.children(get(self.server, more).text), [(1, "maker/Solar-%02d" % i) for i in range(20, 30)])
        for _ in range(2):
            opening = re.findall(r'aria-expanded="false" href="([^"#]*)', page)
            self.assertEqual(len(opening), 1)
            page = get(self.server, html.unescape(opening[0])).text
        found = self.children(page)
        self.assertEqual(found[3:7], [(1, "maker/Solar-03"), (2, "maker/Solar-child"), (3, "maker/Solar-grandchild"),
                                      (1, "maker/Solar-04")])
        self.assertEqual(len(found), 22)
        self.assertNotIn("&amp;&amp;", page)
        closing = re.findall(r'aria-expanded="true" href="([^"#]*)', page)
        self.assertNotIn("Solar-child", "".join(str(self.children(get(self.server, html.unescape(closing[0])).text))))

    def test_the_tree_on_the_base_and_upward(self):
        self.assertEqual(len(self.children(get(self.server, "/bases/upstage/Solar-Open-100B?open=MAKER/solar-03").text)), 21)
        page = get(self.server, "/models/maker/Solar-grandchild?lang=en").text
        levels = re.findall(r'<div class="level"><span class="quiet">(\d) up</span> <span class="kin[^"]*"><a href="/models/([^"?]*)', page)
        self.assertEqual(levels, [("3", "upstage/Solar-Open-100B"), ("2", "maker/Solar-03"), ("1", "maker/Solar-child")])
        self.assertIn("Nothing registered was made from it", page)


class Weighed(Examined):
    """What others say of a model: weights, verifiers, adoptions, rulings, disputes."""

    def page(self, model, language="en"):
        answer = get(self.server, "/models/%s?lang=%s" % (model if isinstance(model, str) else model.name, language))
        self.assertEqual(answer.status, 200)
        return answer.text

    def test_what_weights_show(self):
        parent = self.add(layers(1))
        stranger = self.add([tensor("vision.blocks.0.w", values(61))] + layers(6, count=2))
        self.screened(parent)
        self.screened(stranger)
        child = self.add(layers(1, count=3) + [tensor("vision.blocks.0.w", values(61))], parent, client=self.bob)
        self.screened(child)
        page = self.page(child)
        weights = page[page.index('id="h-weights"'):page.index('id="h-releases"')]
        self.assertRegex(weights, r'<a href="/models/%s[^"]*">%s@1</a>: <b>kin in part</b>' % (parent.name, parent.name))
        self.assertIn("equal 75.00%, nearly equal 75.00%, kin 75.00%, comparable 100.00% of its elements", weights)
        self.assertIn('<th scope="row">model.layers</th><td>75.00%</td><td>100.00%</td>', weights)
        self.assertRegex(weights, r'(?s)Not declared, and shares parts with it.*%s@1</a>: <b>kin in part</b>' % stranger.name)
        self.assertIn("Public sketches only find and screen", weights)
        self.assertIn("No verifier has been asked for it.", weights)
        self.assertIn("일부만 관련 있음", self.page(child, "ko"))
        self.assertIn("Nothing has been computed", self.page("skt/A.X-K1"))

    def test_search_by_a_sha256(self):
        model = self.add(layers(21), name="alice/by-file")
        other = self.add(layers(22), client=self.bob)
        self.screened(model)
        release = self.anyone.call("Registry.GetRelease", name=model.name)
        file = re.search(r"\nfile ([0-9a-f]{64}) ", model.manifest).group(1)
        for digest in (file, file.upper(), model.artifact, release["weights_sha256"], model.hash):
            with self.subTest(digest=digest):
                page = get(self.server, "/search?lang=en&q=" + digest).text
                self.assertIn('href="/models/alice/by-file?lang=en"', page)
                self.assertNotIn(other.name, page)
                self.assertIn("Models that have this SHA-256", page)
        self.assertIn("Release with this lineage hash:", page)
        self.assertIn("이 SHA-256을 가진 모델", get(self.server, "/search?lang=ko&q=" + file).text)
        tensor_digest = re.search(r"\ntensor ([0-9a-f]{64}) ", model.manifest).group(1)
        self.assertIn("Nothing here.", get(self.server, "/search?lang=en&q=" + tensor_digest).text)
        found = json.loads(get(self.server, "/v1/models?sha256=" + file).text)["models"]
        self.assertEqual([m["name"] for m in found], [model.name])
        self.assertEqual(get(self.server, "/v1/models?sha256=abc", Accept="application/json").status, 400)
        told = self.server.jokbo("list", "--sha256", file, token=None)
        self.assertEqual((told.returncode, model.name in told.stdout, other.name in told.stdout), (0, True, False))
        self.admin.call("Registry.WithdrawBlob", sha256=model.artifact, reason="over")
        self.assertIn("Nothing here.", get(self.server, "/search?lang=en&q=" + file).text)
        self.assertIn("alice/by-file", get(self.server, "/search?lang=en&q=" + model.artifact).text)

    def test_what_is_found_in_both_languages(self):
        first = self.add(layers(31))
        self.screened(first)
        copy = self.add(layers(31), client=self.bob)
        page, korean = self.page(copy), self.page(copy, "ko")
        self.assertIn("%s goes first with the same weights</span> · <a href=\"/models/%s?lang=en\">the other model" % (first.name, first.name), page)
        self.assertIn("가중치가 같고 앞선 모델이 있습니다: %s</span> · <a href=\"/models/%s?lang=ko\">그 모델" % (first.name, first.name), korean)
        self.assertIn("다른 게시자의 모델이 같은 가중치나 산출물을 주장합니다", korean)
        found = self.anyone.call("Registry.GetModel", name=copy.name)["findings"]
        self.assertTrue(found)
        for finding in found:
            self.assertTrue(HANGUL.search(finding["text_ko"]), finding)
            self.assertFalse(HANGUL.search(finding["text"]), finding)
            self.assertIn(finding["text_ko"], html.unescape(korean))

    def test_what_verifiers_say(self):
        parent = self.add(layers(11))
        child = self.add(layers(11), parent, client=self.bob)
        self.screened(child)
        lab, _ = self.verifiers("first-lab")
        index = self.attest(lab, child, parent)
        page = self.page(child)
        self.assertIn('By a challenge of first-lab <span class="quiet"><a href="/log/%d?lang=en">' % index, page)
        self.assertIn("the same weights", page)
        self.assertIn('<span class="tag good">found as registered</span>', page)
        self.assertIn("등록된 대로 확인함", self.page(child, "ko"))

    def test_rulings_disputes_and_adoptions(self):
        judges = [person(self.admin, "judge", ["evaluator"], scopes=["models", "roster"]) for _ in range(2)]
        for client in judges:
            self.addCleanup(client.close)
        model = self.next("alice/ruled")
        self.register(model, "skt/A.X-K1@initial")
        self.assertNotIn("Rulings and disputes", self.page(model))
        confirmed(*judges, "Stages.Rule", model=model, reason="test-kind", text="<script>alert(2)</script> & why")
        self.alice.call("Stages.OpenDispute", subject="DISPUTE_SUBJECT_STANDING", model=model, text="<b>not so</b>")
        page = self.page(model)
        self.assertRegex(page, r"<b>excluded</b>: test-kind .*<span class=\"tag\">in force</span>"
                               r"<blockquote>&lt;script&gt;alert\(2\)&lt;/script&gt; &amp; why</blockquote>")
        self.assertIn("<blockquote>&lt;b&gt;not so&lt;/b&gt;</blockquote>", page)
        self.assertIn("publisher alice", page)
        self.assertIn("시행 중", self.page(model, "ko"))
        adopter = self.next("alice/adopter")
        self.register(adopter, "skt/A.X-K1@initial")
        self.register(self.next("alice/below"), external("huggingface.co/Some/Ex"), "skt/A.X-K1@initial", relation="merge")
        confirmed(*judges, "Registry.AdoptExternalModel", external="huggingface.co/Some/Ex", model=adopter, reason="its maker's page")
        page = self.page(adopter)
        self.assertRegex(page, r'huggingface.co/Some/Ex — role evaluator, .*models made from it: 1')
        self.assertIn("연결한 외부 모델", self.page(adopter, "ko"))

    def test_more_rulings_than_a_page_shows(self):
        judges = [person(self.admin, "judge", ["evaluator"], scopes=["models", "roster"]) for _ in range(2)]
        for client in judges:
            self.addCleanup(client.close)
        model = self.next("alice/much-ruled")
        self.register(model, "skt/A.X-K1@initial")
        for number in range(52):
            confirmed(*judges, "Stages.Rule", model=model, kind="RULING_KIND_RESTORE" if number % 2 else "RULING_KIND_EXCLUDE", reason="kind-%02d" % number)

        def shown(page):
            return [int(n) for n in re.findall(r": kind-(\d\d) ", page)]
        page = self.page(model)
        seen = shown(page)
        self.assertEqual(len(seen), 50)
        more = html.unescape(re.search(r'<a rel="next" href="([^"#]*)#h-contests">More rulings', page).group(1))
        page = get(self.server, more).text
        self.assertEqual(sorted(seen + shown(page)), list(range(52)))
        self.assertNotIn("More rulings", page)
        self.assertEqual(get(self.server, "/models/%s?rulings=nonsense" % model).status, 400)

    def test_a_stage_with_its_rulings(self):
        begun = datetime.datetime.fromisoformat(self.admin.call("Demo.GetClock")["time"][:19])

        def after(minutes):
            return (begun + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        judges = [person(self.admin, "judge", ["evaluator"], scopes=["models", "roster"]) for _ in range(2)]
        for client in judges:
            self.addCleanup(client.close)
        models = [self.next("alice/before"), self.next("alice/within")]
        for model in models:
            self.register(model, "skt/A.X-K1@initial")
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        with open(os.path.join(root, "registry", "data", "policies", "direct.policy")) as f:
            judges[0].call("Stages.RecordPolicy", text=f.read())
        confirmed(*judges, "Stages.Rule", model=models[0], reason="early", text="before it opened")
        judges[0].call("Stages.PutStage", stage={
            "id": "ruled", "title": "Ruled", "title_ko": "결정", "open_time": after(2), "cutoff_time": after(200),
            "dispute_end_time": after(9 * 24 * 60), "policy": "direct", "teams": ["sk-telecom"], "source": "invented"})
        self.assertIn("No ruling since it opened.", get(self.server, "/stages/ruled?lang=en").text)
        for path in ("/stages", "/stages/ruled"):
            link = re.search(r'href="(/teams/sk-telecom\?[^"]*stage=ruled[^"]*)"', get(self.server, path).text).group(1)
            self.assertEqual(get(self.server, html.unescape(link)).status, 200)
        self.admin.call("Demo.SetClock", time=after(3))
        confirmed(*judges, "Stages.Rule", model=models[1], reason="within", text="<i>while it was open</i>")
        page = get(self.server, "/stages/ruled?lang=en").text
        self.assertIn("<blockquote>&lt;i&gt;while it was open&lt;/i&gt;</blockquote>", page)
        self.assertNotIn("before it opened", page)
        self.assertRegex(page, r"8 days and 23 hours left")
        self.assertRegex(get(self.server, "/stages/ruled?lang=ko").text, r"8일 23시간 남음")
        self.leads_to_its_numbers("/stages/ruled")

    def leads_to_its_numbers(self, path):
        """Each number of a team's bar is that of the page that its link opens, those left out included."""
        page = get(self.server, path + "?lang=en").text
        bars = re.findall(r'<th scope="row">.*?<a href="([^"]*)">.*?<td class="num">([\d,]+)</td><td class="num quiet"><a href="([^"]*)">([\d,]+)<', page)
        self.assertTrue(bars)
        for link, counted, left_link, left in bars:
            team = get(self.server, html.unescape(link)).text
            self.assertIn("<b>%s</b> counted under the policy" % counted, team)
            self.assertIn('<span class="quiet">%s' % counted, team.split('id="h-list"')[1])
            self.assertIn('<span class="quiet">%s' % left, get(self.server, html.unescape(left_link).split("#")[0]).text.split('id="h-list"')[1])
            for base in re.findall(r'<a href="(/bases/[^"]*)">', team.split('id="h-bases"')[1]):
                self.assertEqual(html.unescape(base).split("?")[1], html.unescape(link).split("?")[1])
        return bars


class Closed(Case):
    """The page of a closed stage's report, on the site that serves it."""
    options = ("--demo",)

    def test_its_names_lead_to_the_site(self):
        begun = datetime.datetime.fromisoformat(self.admin.call("Demo.GetClock")["time"][:19])

        def after(minutes):
            return (begun + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        evaluator = person(self.admin, "evaluator", roles=["evaluator"], scopes=["roster"])
        self.addCleanup(evaluator.close)
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        with open(os.path.join(root, "registry", "data", "policies", "direct.policy")) as f:
            evaluator.call("Stages.RecordPolicy", text=f.read())
        evaluator.call("Stages.PutStage", stage={
            "id": "over", "title": "Over", "title_ko": "끝", "open_time": after(2), "cutoff_time": after(10), "policy": "direct",
            "teams": ["sk-telecom"], "source": "invented"})
        self.register("alice/counted", "skt/A.X-K1@initial")
        self.register("alice/left.out", "alice/counted@1")
        self.admin.call("Demo.SetClock", time=after(60))
        at = "/stage/over/1/report.html"
        page = eventually(lambda: get(self.server, at).status == 200 and get(self.server, at).text)
        files = re.findall(r'href="/stage/over/1/([^"]*)"', get(self.server, "/stages/over?lang=en").text)
        self.assertEqual(sorted(files), sorted(["report.html", "report.csv", "report.tsv", "report.json", "members.txt", "counted.csv",
                                                "left-out.tsv", "left-out.csv", "certificate"]))
        for file in files:
            eventually(lambda file=file: get(self.server, "/stage/over/1/" + file).status == 200, message=file)
        links = {urllib.parse.urljoin(at, html.unescape(link)) for link in re.findall(r'href="([^"#]+)"', page)}
        for path in ("/stages/over", "/models/alice/counted", "/models/alice/left.out", "/bases/skt/A.X-K1", "/publishers/alice"):
            self.assertIn(path, links)
        self.assertGreater(sum(bool(re.fullmatch(r"/log/\d+", link)) for link in links), 1)
        for link in sorted(link for link in links if not link.startswith("/stage/")):
            self.assertEqual(get(self.server, link).status, 200, link)
        self.register("alice/after.it", "skt/A.X-K1@initial")
        bars = Weighed.leads_to_its_numbers(self, "/stages/over")
        self.assertEqual([(counted, left) for _, counted, _, left in bars], [("1", "1")])
        page = get(self.server, html.unescape(bars[0][0]).replace("lang=en", "lang=ko")).text
        self.assertIn('<a href="/stages/over?lang=ko">끝</a>', page)
        self.assertIn("<b>2</b> counted under the policy", get(self.server, "/teams/sk-telecom?policy=direct@1&lang=en").text)
        Weighed.leads_to_its_numbers(self, "/policies/direct@1")


class Demo(Case):
    def test_every_page_says_so(self):
        with Server("--demo") as server:
            for path in ("/", "/log", "/log/0", "/stages", "/method", "/search", "/nope"):
                self.assertIn('<p class="demo" role="note">', get(server, path).text, path)


if __name__ == "__main__":
    unittest.main()
