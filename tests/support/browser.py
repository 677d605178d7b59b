"""Chromium of the distribution, headless: found, started, asked for what it made of a page; and a proxy that changes what it gets.

Where it is a snap it may not read our files nor be driven, and counts as absent; tests are then skipped."""
import http.client
import http.server
import json
import os
import shutil
import tempfile
import threading

try:
    from selenium import webdriver
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    webdriver = None

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")

# What may be focused: what one can do something with, what scrolls and is named, and the document itself.
ROLES = ("link", "button", "textbox", "searchbox", "checkbox", "combobox", "listbox", "option", "radio", "DisclosureTriangle", "region", "main", "RootWebArea")

# Functions for pages that measure themselves: texts() counts texts, finds the smallest letters, and those that are faint on what is
# behind them, hints in fields too (WCAG 2, 1.4.3, for letters of any size). Colours are what the browser computed.
MEASURING = """
function colour(text) { const c = text.match(/[\\d.]+/g).map(Number), unit = text.startsWith("color(") ? 255 : 1;
  return [c[0] * unit, c[1] * unit, c[2] * unit, c.length > 3 ? c[3] : 1]; }
function light(c) { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; }
function behind(e) {
  const over = [];
  let below = [255, 255, 255, 1];
  for (; e; e = e.parentElement) {
    const c = colour(getComputedStyle(e).backgroundColor);
    if (c[3] === 1) { below = c; break; }
    if (c[3] > 0) over.unshift(c);
  }
  for (const c of over) below = below.map((v, i) => i < 3 ? c[i] * c[3] + v * (1 - c[3]) : 1);
  return below;
}
function texts() {
  const found = {texts: 0, smallest: 99, faint: [], ground: light(behind(document.body))};
  for (const e of document.body.querySelectorAll("*")) {
    if (e.tagName === "SCRIPT" || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const style = getComputedStyle(e), a = light(colour(e.closest("svg") ? style.fill : style.color)), b = light(behind(e));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.texts++;
    found.smallest = Math.min(found.smallest, parseFloat(style.fontSize));
    if (contrast < 4.5) found.faint.push(e.textContent.slice(0, 40) + " " + contrast.toFixed(2));
  }
  for (const e of document.body.querySelectorAll("[placeholder]")) {
    const hint = getComputedStyle(e, "::placeholder"), ground = behind(e), c = colour(hint.color), part = c[3] * hint.opacity;
    const a = light(c.map((v, i) => v * part + ground[i] * (1 - part))), b = light(ground);
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.faint.push("hint: " + e.placeholder + " " + contrast.toFixed(2));
  }
  return found;
}
"""


# Functions about what can be focused: stops() are the elements that Tab goes to, in the document's order; tour() notes each that is
# focused from then on, with what its ring is like; hidden_scrollers() are areas that scroll sideways and have no name.
TOURING = MEASURING + """
function stops() {
  return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")]
    .filter(e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({visibilityProperty: true}));
}
function ratio(a, b) { return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); }
function label(e) { return e.tagName.toLowerCase() + " " + (e.getAttribute("aria-label") || e.name || e.textContent).trim().slice(0, 40); }
function tour() {
  const all = stops(), seen = window.toured = [];
  document.addEventListener("focusin", event => {
    const e = event.target, style = getComputedStyle(e), drawn = style.outlineStyle !== "none" ? parseFloat(style.outlineWidth) : 0;
    seen.push({at: all.indexOf(e), what: label(e), drawn, ring: ratio(light(colour(style.outlineColor)), light(behind(e.parentElement)))});
  });
  return all.map(label);
}
function hiddenScrollers() {
  return [...document.body.querySelectorAll("*")].filter(e => ["auto", "scroll"].includes(getComputedStyle(e).overflowX) &&
    e.scrollWidth > e.clientWidth + 1 && e.tagName !== "TEXTAREA" && !(e.tabIndex >= 0 && e.getAttribute("role") &&
    (e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")))).map(e => e.tagName + "." + e.className);
}
"""


def _usable(*names):
    path = next(filter(None, map(shutil.which, names)), None)
    if not path or "/snap/" in os.path.realpath(path) or os.path.realpath(path).endswith("/snap"):
        return None
    with open(path, "rb") as f:
        return None if b"/snap/bin/" in f.read(4096) else path  # a script that starts the snap


def chromium():
    """Its path; None where there is none that can read our files."""
    return _usable("chromium", "chromium-browser")


def why_not_driven():
    """What is absent for Browser, in words; "" if nothing is."""
    if not chromium():
        return "no Chromium of the distribution is installed"
    if not webdriver:
        return "python3-selenium is not installed"
    return "" if _usable("chromedriver") else "no chromedriver of the distribution is installed"


class Browser:
    """One window, whose width, scheme and language can be changed. Close it."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="jokbo-browser-")
        self.found = None  # by faults()
        options = webdriver.ChromeOptions()
        options.binary_location = chromium()
        for flag in FLAGS + ("--user-data-dir=" + self.profile,):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        try:
            self.driver = webdriver.Chrome(service=Service(_usable("chromedriver")), options=options)
        except Exception:
            shutil.rmtree(self.profile, True)
            raise
        self.driver.set_page_load_timeout(60)
        self.driver.set_script_timeout(60)

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, True)

    def look(self, width, scheme="light"):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def scripts(self, on):
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not on})

    def open(self, url):
        """Loads the page; what was logged before is forgotten."""
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)
        self.driver.get(url)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def measured(self):
        return self.run(MEASURING + "return Object.assign(texts(), {width: document.documentElement.scrollWidth, inner: innerWidth});")

    def complaints(self):
        """What the page wrote on the console as a warning or worse."""
        return [line["message"] for line in self.driver.get_log("browser") if line["level"] in ("WARNING", "SEVERE")]

    def requests(self):
        """The URLs that were asked for since the page was opened."""
        events = [json.loads(line["message"])["message"] for line in self.driver.get_log("performance")]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]

    def focusable(self):
        """(role, name) of everything that can be focused, as assistive programs get them; the document itself first."""
        nodes = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes
                if any(p["name"] == "focusable" and p["value"]["value"] for p in node.get("properties", []))]


    def press(self, *keys):
        """As a keyboard does, for whatever has the focus. Keys of selenium.webdriver.Keys, or text."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def select_all(self):
        """All that stands in the field that has the focus, by the keyboard."""
        ActionChains(self.driver).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).perform()

    def verify_here(self, url, keys=""):
        """Opens a page and presses "verify here" as a keyboard does, with these keys in the field: whether the verdict is good, and the steps
        as (kind, text). Where the field holds what is no key, whatever is told of that is the only step, of the kind "field"."""
        self.open(url)
        form = self.driver.find_element("css selector", ".verify form")
        wait = WebDriverWait(self.driver, 20, poll_frequency=0.05)
        wait.until(lambda _: form.is_displayed(), "the form is not shown")
        form.find_element("css selector", "textarea").send_keys(keys)
        form.find_element("css selector", "button").send_keys(Keys.ENTER)
        verdict = form.find_element("css selector", ".verdict")
        told = form.find_element("css selector", ".no-key")
        wait.until(lambda _: verdict.get_attribute("class") != "verdict" or told.text, "there is no verdict")
        if told.text:
            assert not verdict.text and not form.find_elements("css selector", ".steps li"), "a check ran"
            return False, [("field", told.text)]
        steps = self.run("return [...document.querySelectorAll('.verify .steps li')].map(li => [li.className, li.textContent])")
        return verdict.get_attribute("class") == "verdict yes", [tuple(step) for step in steps]

    def toured(self, most=80):
        """What can be focused by Tab from the page's beginning on, as it stands in the document, and what was focused, each with `at` (its
        place in that list; -1: in none), `what`, `drawn` (its ring's width) and `ring` (the ring's contrast)."""
        expected = self.run(TOURING + "return tour();")
        self.press(Keys.TAB * min(len(expected), most))
        return expected[:most], self.run("return toured;")

    def faults(self, own, width, smallest=12):
        """All that is wrong with the page that was opened, in words: it overflows; letters are too small, or faint; it wrote on the console;
        it asked anybody but the server at `own`; something can be focused and has no name, or no role. What was measured is then in `found`."""
        found = self.found = self.measured()
        told = ["it is %d px wide" % found["width"]] * (found["inner"] != width or found["width"] > width)
        told += ["letters of %.1f px" % found["smallest"]] * (found["smallest"] < smallest)
        told += ["faint: " + text for text in found["faint"]]
        told += ["on the console: " + line for line in self.complaints()]
        told += ["asked elsewhere: " + r for r in self.requests() if not r.startswith((own + "/", "data:"))]
        found["focusable"] = self.focusable()
        for role, name in found["focusable"]:
            if role not in ROLES or (not name and role != "main"):  # which only the skip link enters
                told.append("can be focused: role \"%s\", name \"%s\"" % (role, name))
        return told + ["scrolls sideways without a name: " + e for e in self.run(TOURING + "return hiddenScrollers();")]


class Proxy:
    """A server on a loopback port before another one, whose answers it may change: `changes` has functions from bytes to bytes by path,
    that of a full tile for a partial one, too. `asked`: the paths that were asked for."""

    def __init__(self, behind):
        proxy, self.changes, self.asked = self, {}, []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                connection = http.client.HTTPConnection(behind, timeout=30)
                wanted = {name: self.headers[name] for name in ("Accept", "Accept-Language") if self.headers[name]}
                proxy.asked.append(self.path.partition("?")[0])
                connection.request("GET", self.path, headers=wanted)
                answer = connection.getresponse()
                body = answer.read()
                change = proxy.changes.get(self.path.partition("?")[0].partition(".p/")[0])
                if change:
                    body = change(body)
                self.send_response(answer.status)
                for name in ("Content-Type", "Content-Security-Policy"):
                    if answer.headers[name]:
                        self.send_header(name, answer.headers[name])
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)
                connection.close()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
