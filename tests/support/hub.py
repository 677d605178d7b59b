"""A model hub for tests: the part of the Hugging Face Hub's API that the census reads, over HTTP, with its habits and its faults.

GET /api/models?filter=base_model:ORG/NAME&full=true   a page of the models that name it, the next one by the Link header; also with
                                                       limit=N, and with expand[]=… instead of full=true
GET /ORG/NAME/resolve/COMMIT/FILE                       a file, in whole or by Range; or where it lies, by 302
GET /api/models/ORG/NAME[?blobs=true][&expand[]=…]     one model; 307 where it was renamed, 401 or 404 where there is none for the caller

What it has is a dict that a test changes between two runs. As a program: python3 tests/support/hub.py FILE.jsonl [--port N]."""
import argparse
import collections
import contextlib
import copy
import http.server
import json
import re
import threading
import time
import urllib.parse

RELATIONS = ("adapter", "finetune", "merge", "quantized")
NEVER_LISTED = ("cardData", "config", "gguf", "safetensors", "baseModels", "childrenModelCount")  # full=true is not all of it
PADDING = 1 << 16  # bytes at a time
ONLY_EXPANDED = ("baseModels", "childrenModelCount")


def base_tags(model):
    """{parent: relation or ""} by the tags, as the Hub's own lists go."""
    found = {}
    for tag in model.get("tags") or ():
        match = re.match(r"base_model:(?:(%s):)?(.+)$" % "|".join(RELATIONS), tag) if isinstance(tag, str) else None
        if match:
            found[match.group(2)] = match.group(1) or found.get(match.group(2), "")
    return found


class Hub:
    """with Hub(objects) as hub: hub.url. Objects are the Hub's full ones; add, edit, rename and remove change them at any time.

    renamed    {old id: new id}, answered with 307
    hidden     ids that are private: 401, or 404 for a caller with a token, as for what never was
    uncounted  what the hub counts more of children than it lists
    circle     pages after which a list leads to its first again; 0: it ends as it should
    listed_once  ids that leave the lists once one has shown them
    files      {"ORG/NAME/FILE": pieces as of Handler.answer}
    cdn        the hub that has the files, if not this one: `resolve` leads there
    ranges     False: Range is not known, and the whole file is sent
    sent       bytes of files so far
    bulk       {id: (bytes, bytes)} that pad its object in lists with full=true, and with expand[]
    tokens     None: everybody may read; else only with one of these, and anything else is 401 throughout
    page       models a page
    quota      (requests, seconds) of the rate limit, told in every answer; None for none
    faults     see fail()
    requests   [Request] so far
    """
    Request = collections.namedtuple("Request", "at method path query status token")

    def __init__(self, models=(), page=1000, quota=None):
        self.models = {model["id"]: model for model in models}
        self.renamed, self.hidden, self.tokens, self.listed_once = {}, set(), None, set()
        self.uncounted = self.circle = 0
        self.bulk, self.files, self.cdn, self.ranges, self.sent = {}, {}, None, True, 0
        self.page, self.quota, self.faults, self.requests = page, quota, [], []
        self.lock, self.window = threading.Lock(), (0.0, 0)
        self.indexed = None

    # -- its content --

    def add(self, *models):
        self.models.update((model["id"], model) for model in models)
        self.indexed = None

    def rename(self, old, new):
        """The same repository under another name: it keeps its _id."""
        self.models[new] = dict(self.models.pop(old), id=new, modelId=new)
        self.renamed[old] = new
        self.indexed = None

    def remove(self, name):
        del self.models[name]
        self.indexed = None

    def edit(self, name, sha=None, **fields):
        """A commit: other fields, another sha."""
        before = self.models[name]
        fields["sha"] = sha or "%040x" % (int(before["sha"], 16) + 1)
        self.models[name] = dict(copy.deepcopy(before), **fields)
        self.indexed = None

    def children(self, parent):
        """Whoever names it, in the order of their names; made anew after add, rename, remove, edit."""
        with self.lock:
            if self.indexed is None:
                self.indexed = collections.defaultdict(list)
                for name in sorted(self.models):
                    for base, relation in base_tags(self.models[name]).items():
                        self.indexed[base].append((name, relation))
            return [(n, r) for n, r in self.indexed.get(parent, ()) if n in self.models and n not in self.hidden]

    def child_counts(self, parent):
        counts = collections.Counter(relation or "finetune" for _, relation in self.children(parent))
        counts["finetune"] += self.uncounted
        return {relation: counts[relation] for relation in RELATIONS if counts[relation]}

    # -- its faults --

    def fail(self, part, what, times=1, after=0):
        """The next `times` requests whose path and query hold `part`, past the first `after`, go wrong: a status; (429, seconds) with
        the RateLimit header, or (429, seconds, "Retry-After"), or any status with any header; "drop" closes without an answer, "cut" in its middle; b"…" is an
        answer of these bytes, ("bulk", N) one of more than N."""
        with self.lock:
            self.faults.append([part, what, times, after])

    def fault_for(self, target):
        with self.lock:
            for fault in self.faults:
                if fault[0] in target and fault[2] > 0:
                    if fault[3] > 0:
                        fault[3] -= 1
                        continue
                    fault[2] -= 1
                    return fault[1]
        return None

    def take(self):
        """One request off the quota: (left, seconds until the window ends); left is -1 where it is over."""
        if not self.quota:
            return None
        most, seconds = self.quota
        with self.lock:
            begun, used = self.window
            now = time.monotonic()
            if now >= begun + seconds:
                begun, used = now, 0
            self.window = (begun, used + 1)
            return most - used - 1 if used < most else -1, max(1, int(begun + seconds - now + 0.999))

    # -- running --

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self, port=0):
        handler = type("Handler", (Handler,), {"hub": self})
        self.server = Listener(("127.0.0.1", port), handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def asked(self, part="", since=0):
        """The requests that hold `part`, beginning with the one of that number."""
        with self.lock:
            return [r for r in self.requests[since:] if part in r.path + "?" + r.query]


class Pieces(list):
    pass


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # clients that are killed in the middle are what tests do


class Handler(http.server.BaseHTTPRequestHandler):
    hub = None
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        path, _, query = self.path.partition("?")
        self.limit = self.hub.take()
        fault = self.hub.fault_for(urllib.parse.unquote(self.path))
        if fault is not None:
            self.answer_fault(path, query, fault)
        elif self.limit and self.limit[0] < 0:
            self.answer(429, {"error": "Too Many Requests"})
        elif self.hub.tokens is not None and self.token() not in self.hub.tokens:
            self.answer(401, {"error": "Invalid username or password."})
        elif path == "/api/models":
            self.answer_list(urllib.parse.parse_qs(query))
        elif path.startswith("/api/models/"):
            self.answer_model(urllib.parse.unquote(path[len("/api/models/"):]), query)
        elif "/resolve/" in path or path.startswith("/blob/"):
            self.answer_file(urllib.parse.unquote(path))
        else:
            self.answer(404, {"error": "Not Found"})

    def token(self):
        word = self.headers.get("Authorization", "")
        return word[len("Bearer "):] if word.startswith("Bearer ") else None

    def note(self, status):
        path, _, query = self.path.partition("?")
        with self.hub.lock:
            self.hub.requests.append(Hub.Request(time.monotonic(), self.command, urllib.parse.unquote(path),
                                                 urllib.parse.unquote(query), status, self.token()))

    def answer(self, status, body, **headers):
        """The body as bytes, as what JSON is made of, or as a list of bytes and of numbers: so much padding, which is never held whole."""
        pieces = body if isinstance(body, Pieces) else [body if isinstance(body, bytes) else json.dumps(body).encode()]
        self.note(status)
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(sum(piece if isinstance(piece, int) else len(piece) for piece in pieces)))
        if self.limit:
            self.send_header("RateLimit", '"api";r=%d;t=%d' % (max(0, self.limit[0]), self.limit[1]))
            self.send_header("RateLimit-Policy", '"fixed window";"api";q=%d;w=%d' % (self.hub.quota[0], max(1, round(self.hub.quota[1]))))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        for piece in pieces:
            if isinstance(piece, bytes):
                self.wfile.write(piece)
                continue
            for begun in range(0, piece, PADDING):
                self.wfile.write(b"x" * min(PADDING, piece - begun))
                self.hub.sent += PADDING

    def answer_fault(self, path, query, fault):
        if fault == "drop":
            self.note(0)
            self.close_connection = True
        elif fault == "cut":
            self.note(0)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b'[{"id": "half/of')
            self.close_connection = True
        elif isinstance(fault, bytes):
            self.answer(200, fault)
        elif isinstance(fault, tuple) and fault[0] == "bulk":
            self.answer(200, Pieces([b'{"padding":"', fault[1], b'"}']))
        elif isinstance(fault, tuple) and len(fault) == 3:
            self.answer(fault[0], {"error": "status %d" % fault[0]}, **{fault[2]: str(fault[1])})
        elif isinstance(fault, tuple):
            self.limit = (0, fault[1])
            self.hub.quota = self.hub.quota or (500, 300)
            self.answer(fault[0], {"error": "Too Many Requests"})
        else:
            self.answer(fault, {"error": "status %d" % fault})

    # -- the API --

    def answer_list(self, query):
        hub, base = self.hub, query.get("filter", [""])[0]
        if not base.startswith("base_model:"):
            self.answer(400, {"error": "this hub lists by filter=base_model: alone"})
            return
        start, wanted = int(query.get("cursor", ["0"])[0]), min(hub.page, int(query.get("limit", ["1000"])[0]))
        names = [name for name, _ in hub.children(base[len("base_model:"):])]
        for name in hub.listed_once & set(names):
            hub.listed_once.remove(name)
            hub.hidden.add(name)
        page = names[start:start + wanted]
        full = query.get("full", ["false"])[0] == "true"
        expand = query.get("expand[]", []) + query.get("expand", [])
        if expand and {"full", "cardData", "config"} & set(query):
            self.answer(400, {"error": "expand is not combined with full, cardData or config"})
            return
        headers = {}
        after = start + wanted
        if hub.circle and names:
            after %= hub.circle * wanted
        if after < len(names) or hub.circle and names:
            kept = [(k, v) for k, several in query.items() if k != "cursor" for v in several]
            more = urllib.parse.urlencode(kept + [("cursor", after)])
            headers["Link"] = '<%s/api/models?%s>; rel="next"' % (hub.url, more)
        listed = [json.dumps(self.listed(hub.models[name], full, expand)).encode() for name in page]
        pieces = Pieces([b"["])
        for name, made in zip(page, listed):
            padding = hub.bulk.get(name, (0, 0))[bool(expand)]
            pieces += [made[:-1] + b',"padding":"', padding, b'"}'] if padding else [made]
            pieces.append(b"," if name != page[-1] else b"")
        self.answer(200, Pieces(pieces + [b"]"]), **headers)

    @staticmethod
    def listed(model, full, expand=()):
        if expand:
            return {key: model[key] for key in ["_id", "id"] + list(expand) if key in model}
        if not full:
            return {key: model[key] for key in ("_id", "id", "modelId", "private", "tags", "createdAt") if key in model}
        found = {key: value for key, value in model.items() if key not in NEVER_LISTED}
        if isinstance(found.get("siblings"), list):
            found["siblings"] = Handler.names_alone(found["siblings"])
        return found

    @staticmethod
    def names_alone(siblings):
        return [{"rfilename": s["rfilename"]} if isinstance(s, dict) and "rfilename" in s else s for s in siblings]

    def answer_file(self, path):
        """/ORG/NAME/resolve/COMMIT/FILE; /blob/ORG/NAME/FILE where a redirect has led. Weights are stored elsewhere, as on the Hub."""
        hub = self.hub
        found = re.match(r"/([^/]+/[^/]+)/resolve/([0-9a-f]{40})/(.+)$", path)
        key = "%s/%s" % (found.group(1), found.group(3)) if found else path[len("/blob/"):]
        if found and hub.models.get(found.group(1), {}).get("sha") != found.group(2):
            self.answer(404, {"error": "Revision Not Found"})
        elif found and hub.cdn:
            self.answer(302, b"Found", Location="%s/blob/%s?Signature=x~y" % (hub.cdn.url, urllib.parse.quote(key)))
        elif key not in hub.files:
            self.answer(404, {"error": "Entry not found"})
        else:
            self.answer_range(hub.files[key])

    def answer_range(self, pieces):
        size = sum(piece if isinstance(piece, int) else len(piece) for piece in pieces)
        asked = re.match(r"bytes=(\d+)-(\d+)$", self.headers.get("Range", ""))
        if not asked or not self.hub.ranges:
            self.answer(200, Pieces(pieces))
        elif int(asked.group(1)) >= size:
            self.answer(416, b"", Content_Range="bytes */%d" % size)
        else:
            begin, end = int(asked.group(1)), min(int(asked.group(2)), size - 1)
            head = b"".join(piece for piece in pieces if isinstance(piece, bytes))  # the padding comes last
            part = (head + b"x" * max(0, end + 1 - len(head)))[begin:end + 1]
            self.answer(206, part, Content_Range="bytes %d-%d/%d" % (begin, end, size))

    def answer_model(self, name, query):
        hub, asked = self.hub, urllib.parse.parse_qs(query)
        if name in hub.renamed and name not in hub.models:
            to = "/api/models/%s%s" % (hub.renamed[name], "?" + query if query else "")
            self.answer(307, b"Temporary Redirect. Redirecting to " + to.encode(), Location=to)
        elif name not in hub.models or name in hub.hidden:
            if self.token():
                self.answer(404, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")
            else:
                self.answer(401, {"error": "Invalid username or password."}, X_Error_Message="Invalid username or password.")
        elif "expand[]" in asked or "expand" in asked:
            if "blobs" in asked:
                self.answer(400, {"error": "expand is not combined with blobs"})
                return
            fields = asked.get("expand[]", []) + asked.get("expand", [])
            known = dict(hub.models[name])
            known["childrenModelCount"] = hub.child_counts(name)
            self.answer(200, {key: known[key] for key in ["_id", "id"] + fields if key in known})
        else:
            found = {key: value for key, value in hub.models[name].items() if key not in ONLY_EXPANDED}
            if asked.get("blobs", ["false"])[0] != "true" and isinstance(found.get("siblings"), list):
                found["siblings"] = self.names_alone(found["siblings"])
            self.answer(200, found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="JSON lines of a hub's full model objects")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--page", type=int, default=1000)
    given = parser.parse_args()
    with open(given.file, encoding="utf-8") as f:
        hub = Hub((json.loads(line) for line in f), given.page)
    hub.start(given.port)
    print(hub.url, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        hub.thread.join()


if __name__ == "__main__":
    main()
