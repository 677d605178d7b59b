"""The site's lists: who published most, what came in the last seven days, what there is, and what is suggested while one types; in both
languages, over a demo's clock, each held against what the interface says."""
import csv
import datetime
import html
import http.client
import io
import json
import os
import re
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import ROOT, Case, person  # noqa: E402

SOLAR, AX, EXAONE = "upstage/Solar-Open-100B", "skt/A.X-K1", "LGAI-EXAONE/K-EXAONE-236B-A23B"
KST = datetime.timezone(datetime.timedelta(hours=9))


class Lists(Case):
    """Three publishers. What is "old" was registered ten days before the rest."""
    options = ("--demo",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(os.path.join(ROOT, "registry", "data", "policies", "direct.policy"), encoding="utf-8") as f:
            cls.admin.call("Stages.RecordPolicy", text=f.read())
        cls.makers = {}
        for name in ("many", "few", "late"):
            cls.makers[name] = person(cls.admin, name, scopes=["publishers", "publish", "models"])
            cls.addClassCleanup(cls.makers[name].close)
            cls.makers[name].call("Registry.CreatePublisher", name=name + "-lab")
        for i in range(4):
            cls.made("many", "old-%d" % i, [SOLAR], "FINETUNE" if i < 3 else "QUANTIZED")
        cls.made("few", "old", [AX], "ADAPTER", license="MIT")
        cls.first_day = cls.now()
        cls.admin.call("Demo.SetClock", time=(cls.first_day + datetime.timedelta(days=10)).strftime("%Y-%m-%dT%H:%M:%SZ"))
        cls.made("few", "merged", [SOLAR, AX], "MERGE")
        cls.made("few", "below", ["few-lab/old"], "FINETUNE")
        cls.made("late", "only", ["many-lab/old-0"], "QUANTIZED")
        cls.made("late", "gone", [SOLAR], "FINETUNE")
        cls.makers["late"].call("Registry.YankRelease", name="late-lab/gone@1", reason="wrong")

    @classmethod
    def now(cls):
        return datetime.datetime.fromisoformat(cls.admin.call("Demo.GetClock")["time"][:19]).replace(tzinfo=datetime.timezone.utc)

    @classmethod
    def made(cls, maker, name, parents, relation, license="Apache-2.0"):
        cls.makers[maker].call("Registry.RegisterDerivative", derivative={
            "name": "%s-lab/%s" % (maker, name), "version": "1", "relation": "RELATION_" + relation, "license": license,
            "parents": [{"registered": {"name": parent}} for parent in parents]})

    def answer(self, path, accept="text/html"):
        connection = http.client.HTTPConnection(self.server.http, timeout=30)
        connection.request("GET", path, headers={"Accept": accept})
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, body, response.headers

    def page(self, path, language="en"):
        status, body, _ = self.answer("%s%slang=%s" % (path, "&" if "?" in path else "?", language))
        self.assertEqual(status, 200, body)
        return body

    def refused(self, path, query):
        """400, with a page that names the parameter, in both languages."""
        for language in ("en", "ko"):
            status, body, _ = self.answer("%s?%s&lang=%s" % (path, query, language))
            self.assertEqual(status, 400, query)
            self.assertIn("<dd><code>%s</code></dd>" % query.partition("=")[0], body)

    def json(self, path):
        status, body, _ = self.answer(path, "application/json")
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def count(self, query):
        return int(self.json("/v1/count?" + query)["counted"])

    # ---- who published most ----

    @staticmethod
    def ranked(page):
        """(place, publisher, count) of each row of /publishers."""
        return [(int(place), name, int(count)) for place, name, count in
                re.findall(r'<tr><td class="num"><span class="key">[^<]*</span>(\d+)</td><th scope="row"><a class="name" href="/publishers/([^"?]*)[^>]*>.*?<b>(\d+)</b>', page)]

    def test_who_published_most(self):
        page = self.page("/publishers")
        self.assertEqual(self.ranked(page), [(1, "many-lab", 4), (2, "few-lab", 3), (3, "late-lab", 1)])
        row = page[page.index('href="/publishers/few-lab'):]
        row = row[:row.index("</tr>")]
        for part in ("fine-tune 1<", "adapter 1<", "merge 1<", '%s</a> 3<' % AX, '%s</a> 1<' % SOLAR):
            self.assertIn(part, row)
        self.assertIn("<b>8</b> derivatives that stand", page)
        self.assertEqual(self.count("scope.all=true"), 8)
        korean = self.page("/publishers", "ko")
        self.assertEqual(self.ranked(korean), self.ranked(page))
        self.assertIn("가장 많이 게시한 곳", korean)
        self.assertIn("미세조정 1<", korean)

    def test_the_ranking_under_a_policy_of_a_team_and_of_a_base(self):
        self.assertEqual(self.ranked(self.page("/publishers?policy=direct@1")), [(1, "many-lab", 4), (2, "few-lab", 2)])
        self.assertEqual(self.ranked(self.page("/publishers?team=sk-telecom")), [(1, "few-lab", 3)])
        self.assertEqual(self.ranked(self.page("/publishers?base=" + SOLAR)), [(1, "many-lab", 4), (2, "few-lab", 1), (3, "late-lab", 1)])
        self.assertIn("Nothing here.", self.page("/publishers?team=motif"))
        for query in ("policy=absent", "team=nobody", "base=a/b", "base=few-lab/old", "order=oldest", "days=-1", "days=3661", "since=yesterday", "after=x"):
            self.refused("/publishers", query)

    def test_whose_newest_is_newest_first(self):
        page = self.page("/publishers?order=newest")
        self.assertEqual([name for _, name, _ in self.ranked(page)], ["late-lab", "few-lab", "many-lab"])
        link = html.unescape(re.search(r'href="([^"]*order=most[^"#]*)#h-list"', page).group(1))
        self.assertEqual([name for _, name, _ in self.ranked(self.answer(link)[1])], ["many-lab", "few-lab", "late-lab"])

    def test_the_ranking_is_paged_and_a_table(self):
        first = self.json("/v1/publisher-counts?scope.all=true&page_size=2")
        self.assertEqual([row["publisher"] for row in first["publishers"]], ["many-lab", "few-lab"])
        self.assertEqual((first["totalSize"], first["all"]["counted"], first["all"]["relations"]["finetune"]), (3, "8", "4"))
        rest = self.json("/v1/publisher-counts?scope.all=true&page_size=2&page_token=" + first["nextPageToken"])
        self.assertEqual([(row["place"], row["publisher"]) for row in rest["publishers"]], [(3, "late-lab")])
        self.assertNotIn("nextPageToken", rest)
        link = html.unescape(re.search(r'href="(/v1/publisher-counts\?format=csv[^"]*)"', self.page("/publishers?team=upstage&order=newest")).group(1))
        status, body, headers = self.answer(link, "*/*")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/csv; charset=utf-8"))
        rows = list(csv.DictReader(io.StringIO(body)))
        self.assertEqual([(row["publisher"], row["counted"], row["relations.quantized"]) for row in rows],
                         [("late-lab", "1", "1"), ("few-lab", "1", "0"), ("many-lab", "4", "1"), ("", "6", "2")])

    def test_a_ranking_as_of_a_size_does_not_change(self):
        size = int(self.json("/v1/models/few-lab/old")["logIndex"]) + 1
        rows = self.json("/v1/publisher-counts?scope.all=true&as_of.log_size=%d" % size)["publishers"]
        self.assertEqual([(row["publisher"], row["counted"]) for row in rows], [("many-lab", "4"), ("few-lab", "1")])

    # ---- the last seven days ----

    def week_day(self):
        return (self.now().astimezone(KST) - datetime.timedelta(days=7)).strftime("%Y-%m-%d")

    def week(self, page):
        """What it says came, and where that leads."""
        line = page[page.index('<p class="week">'):]
        line = line[:line.index("</p>")]
        self.assertIn('<span class="moment">%s 00:00 <span class="zone">+09:00</span></span> <span class="zone">(%s 15:00 UTC)</span>' % (
            self.week_day(), (datetime.date.fromisoformat(self.week_day()) - datetime.timedelta(days=1)).strftime("%m-%d")), line)
        link, count = re.search(r'<a href="([^"#]*)#h-list"><b>\+(\d+)</b>', line).groups()
        return int(count), html.unescape(link), line

    def listed(self, path):
        """The number beside the list's heading, and how many rows it has."""
        page = self.answer(path)[1]
        rows = page[page.index('id="h-list"'):]
        return int(re.search(r'<span class="quiet">(\d+)', rows).group(1)), rows.count('class="name" href="/models/')

    def test_what_came_in_the_last_seven_days(self):
        for path, count in (("/", 3), ("/teams/upstage", 2), ("/teams/sk-telecom", 2), ("/bases/" + SOLAR, 2), ("/teams/upstage?policy=direct@1", 1),
                            ("/teams/motif", 0)):
            with self.subTest(path=path):
                said, link, line = self.week(self.page(path))
                self.assertEqual(said, count)
                self.assertEqual(self.listed(link), (count, count))
                self.assertEqual("fine-tune" in line, path in ("/", "/teams/sk-telecom"))
        self.assertIn("최근 7일", self.week(self.page("/", "ko"))[2])
        home = self.page("/")
        self.assertRegex(home, r'<a class="came" href="/teams/upstage\?since=%s&amp;order=newest&amp;lang=en#h-list">\+2 ' % self.week_day())
        self.assertNotIn('href="/teams/motif?since=', home)
        publishers = html.unescape(re.search(r'href="(/publishers\?since=[^"]*)"', home).group(1))
        self.assertEqual(self.ranked(self.answer(publishers)[1]), [(1, "few-lab", 2), (2, "late-lab", 1)])

    def test_lists_since_a_moment(self):
        day = self.week_day()
        for path in ("/bases/%s?days=7" % SOLAR, "/bases/%s?since=%s" % (SOLAR, day), "/bases/%s?since=%sT00:00:00%%2B09:00" % (SOLAR, day)):
            page = self.page(path)
            rows = re.findall(r'class="name" href="/models/([^"?]*)', page[page.index('id="h-list"'):])
            self.assertEqual(rows, ["few-lab/merged", "late-lab/only"], path)
            newest = html.unescape(re.search(r'href="([^"#]*order=newest[^"#]*)#h-list">newest first', page).group(1))
            again = self.answer(newest)[1]
            self.assertEqual(re.findall(r'class="name" href="/models/([^"?]*)', again[again.index('id="h-list"'):]), rows[::-1])
        self.assertEqual(self.listed("/bases/%s?days=20" % SOLAR), (6, 6))
        self.assertEqual(self.listed("/bases/%s?since=2999-01-01" % SOLAR), (0, 0))
        self.assertEqual(self.listed("/bases/%s?days=7&relation=merge" % SOLAR), (1, 1))
        left = self.page("/bases/%s?policy=direct@1&left_out=1&days=7" % SOLAR)
        self.assertEqual(re.findall(r'class="name" href="/models/([^"?]*)', left[left.index('id="h-list"'):]), ["late-lab/only", "late-lab/gone"])
        for query in ("since=x", "days=x", "days=99999999999", "days=1.5"):
            self.assertEqual(self.answer("/teams/upstage?" + query)[0], 400, query)

    def test_a_page_of_days_is_cached_by_the_day(self):
        _, _, headers = self.answer("/teams/upstage")
        days = (self.now().astimezone(KST).date() - datetime.date(1970, 1, 1)).days
        self.assertEqual(headers["ETag"].rstrip('"').split("-")[-1], "%x" % days)

    # ---- what there is ----

    def test_all_models(self):
        def names(path):
            return re.findall(r'<li><a class="name" href="/models/([^"?]*)', self.page(path))
        newest = ["late-lab/only", "few-lab/below", "few-lab/merged", "few-lab/old"] + ["many-lab/old-%d" % i for i in (3, 2, 1, 0)]
        self.assertEqual(names("/models?derivatives=1"), newest)
        self.assertEqual(names("/models?derivatives=1&order=oldest"), newest[::-1])
        self.assertEqual(names("/models")[:8], newest)
        self.assertEqual(set(names("/models")[8:]), {row["name"] for row in self.json("/v1/base-models?page_size=1000")["models"]})
        self.assertEqual(names("/models?days=7&yanked=1")[0], "late-lab/gone")
        for query, found in (("team=sk-telecom", newest[1:4]), ("base=%s&relation=quantized" % SOLAR, ["late-lab/only", "many-lab/old-3"]),
                             ("publisher=few-lab", newest[1:4]), ("license=MIT", ["few-lab/old"]), ("relation=merge", ["few-lab/merged"]),
                             ("class=open&relation=adapter", ["few-lab/old"]), ("days=7&derivatives=1", newest[:3])):
            self.assertEqual(names("/models?" + query), found, query)
        self.assertIn("Nothing here.", self.page("/models?relation=prune"))
        for query in ("relation=foo", "class=foo", "order=most", "team=nobody", "publisher=a%20b", "base=no/body", "license=a%20b", "days=x", "since=soon",
                      "derivatives=yes", "yanked=yes", "after=x"):
            self.refused("/models", query)
        self.assertEqual(self.answer("/models?publisher=nobody")[0], 404)

    def test_all_models_in_pages(self):
        seen, token = [], ""
        while True:
            reply = self.json("/v1/models?newest_first=true&page_size=3&page_token=" + token)
            seen += [model["name"] for model in reply["models"]]
            token = reply.get("nextPageToken", "")
            if not token:
                break
        oldest = [model["name"] for model in self.json("/v1/models?page_size=1000")["models"]]
        self.assertEqual(seen, oldest[::-1])
        self.assertEqual(reply["totalSize"], len(oldest))

    def test_teams_and_bases(self):
        counts = self.json("/v1/counts")
        for language in ("en", "ko"):
            page = self.page("/teams", language)
            for row in counts["teams"]:
                team, counted = row["scope"]["team"], row.get("counted", "0")
                self.assertRegex(page, r'<a href="/teams/%s\?policy=&amp;lang=%s">[^<]+</a>.*<b>%s</b>' % (team, language, counted))
            page = self.page("/bases", language)
            for row in counts["bases"]:
                base, counted = row["scope"]["baseModel"], row.get("counted", "0")
                self.assertRegex(page, r'<a href="/bases/%s\?policy=&amp;lang=%s">.*<b>%s</b>' % (re.escape(base), language, counted))
        self.assertIn("업스테이지", self.page("/teams", "ko"))
        self.assertRegex(self.page("/bases?policy=direct@1"), r'<a href="/bases/%s\?policy=direct@1&amp;lang=en">.*<b>5</b>' % re.escape(SOLAR))
        for path in ("/teams", "/bases"):
            self.refused(path, "policy=absent")
        self.refused("/bases/" + SOLAR, "days=x")
        self.refused("/teams/upstage", "since=x")

    def test_policies(self):
        page = self.page("/policies")
        policies = self.json("/v1/policies")["policies"]
        self.assertIn('<h1>Recorded policies <span class="quiet">%d</span></h1>' % len(policies), page)
        for policy in policies:
            name = "%s@%d" % (policy["name"], policy["version"])
            self.assertIn('<h2><a href="/policies/%s?lang=en">%s</a></h2>' % (name, name), page)
            for line in policy["explanation"].splitlines():
                self.assertIn("<li>%s</li>" % html.escape(line).replace("&#x27;", "&#39;"), page)
        self.assertIn("Stages that count by it: 0", page)

    def test_navigation_leads_to_all(self):
        for path in ("/", "/nowhere", "/models/nobody/nothing"):
            body = self.answer(path)[1]
            for index in ("/teams", "/bases", "/models", "/publishers", "/policies", "/stages", "/log"):
                self.assertIn('<a href="%s">' % index, body, path)
        for path in ("/models/one", "/bases/x", "/policies/x/y", "/publishers/x/y"):
            self.assertEqual(self.answer(path)[0], 404, path)

    def test_the_first_page_has_who_published_most(self):
        page = self.page("/")
        section = page[page.index('id="h-publishers"'):]
        section = section[:section.index("</section>")]
        self.assertEqual(re.findall(r'href="/publishers/([^"?]*)', section), ["many-lab", "few-lab", "late-lab"])
        self.assertIn('href="/publishers?lang=en"', section)

    # ---- suggestions ----

    def suggested(self, text):
        found = self.json("/v1/suggestions?text=" + urllib.parse.quote(text)).get("suggestions", [])
        return [(row["kind"].removeprefix("SUGGESTION_KIND_").lower(), row["name"]) for row in found]

    def test_suggestions(self):
        self.assertEqual(self.suggested("few-lab/OLD"), [("model", "few-lab/old")])
        self.assertEqual(self.suggested("many")[:2], [("publisher", "many-lab"), ("model", "many-lab/old-0")])
        self.assertIn(("team", "upstage"), self.suggested("upst"))
        self.assertIn(("team", "upstage"), self.suggested("업스"))
        self.assertIn(("base_model", SOLAR), self.suggested("solar"))
        self.assertEqual(self.suggested("mit")[0], ("license", "MIT"))
        self.assertEqual(self.suggested("#3"), [("entry", "3")])
        self.assertEqual(self.suggested("7")[0], ("entry", "7"))
        self.assertNotIn("entry", [kind for kind, _ in self.suggested("999999999")])
        self.assertEqual(self.suggested("nobody-has-this"), [])
        self.assertEqual(self.suggested("old few"), [("model", "few-lab/old")])
        self.assertIn(("base_model", SOLAR), self.suggested("SOLAR open"))
        self.assertLessEqual(len(self.suggested("a")), 12)
        licences = self.json("/v1/suggestions?text=Apache-2.0")["suggestions"]
        with_it = self.json("/v1/models?license=Apache-2.0")["totalSize"]
        self.assertEqual([(row["name"], row["models"]) for row in licences], [("Apache-2.0", str(with_it))])
        for text in ("", "%20", "x" * 97):
            self.assertEqual(self.answer("/v1/suggestions?text=" + text, "application/json")[0], 400, text)


if __name__ == "__main__":
    unittest.main()
