"""What pages of the site cost, one after the other from one client, with a log of many derivatives below one base model: CPU of the
server's process, by the scheduler's own account, and bytes plain and as gzip. "first": the log has grown since the page was read
last; "again": it has not, but the URL is another one each time, so that no page that is kept answers; "same": the same URL again."""
import gzip
import http.client
import os
import statistics
import time

SHOWN = ("page", "first ms", "again ms", "same us", "bytes", "gzip")
FIRST, AGAIN, SAME = 5, 10, 200


def cpu_ns(pid):
    """Of all threads that it has now."""
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
            total += int(f.read().split()[0])
    return total


class Reader:
    def __init__(self, server):
        self.pid, self.asked = server.process.pid, 0
        self.connection = http.client.HTTPConnection(*server.http.rsplit(":", 1), timeout=120)

    def get(self, path):
        self.connection.request("GET", path, headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError("%s: %d %s" % (path, answer.status, body[:200]))
        return body, gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body

    def other(self, path):
        """The same page at a URL that nobody asked for before."""
        self.asked += 1
        return "%s%snth=%d" % (path, "&" if "?" in path else "?", self.asked)

    def cost_ns(self, path):
        """Of what the threads do after the answer, too, as far as it is done soon."""
        before = cpu_ns(self.pid)
        self.get(path)
        time.sleep(0.002)
        return cpu_ns(self.pid) - before

    def close(self):
        self.connection.close()


def pages(base, team, half):
    publisher, model = "fill-0", "fill-0/f-1"
    return ["/", "/bases/" + base, "/teams/" + team, "/bases/%s?policy=independent" % base, "/publishers/" + publisher, "/publishers", "/publishers?policy=independent", "/models",
            "/models?relation=merge&order=oldest", "/teams", "/bases?policy=independent", "/policies",
            "/models/" + model, "/models/" + base, "/search?q=f-77", "/search?q=no-such-name", "/teams/compare",
            "/teams/compare?from=%d" % half, "/teams/compare?from=%d" % (2 * half - 10), "/teams/compare?from=%d&from_policy=independent&to_policy=strict" % half, "/stages", "/policies/independent", "/log", "/log/100",
            "/method"]


def measure(server, grow, base, team, half):
    """`grow` adds an entry to the log; `half`: about half its size."""
    reader, rows = Reader(server), []
    for path in pages(base, team, half):
        zipped, plain = reader.get(path)
        first = []
        for _ in range(FIRST):
            grow()
            first.append(reader.cost_ns(reader.other(path)))
        again = [reader.cost_ns(reader.other(path)) for _ in range(AGAIN)]
        reader.get(path)
        before = cpu_ns(server.process.pid)
        for _ in range(SAME):
            reader.get(path)
        same = (cpu_ns(server.process.pid) - before) / SAME
        rows.append((path, statistics.median(first) / 1e6, statistics.median(again) / 1e6, same / 1e3, len(plain), len(zipped)))
    reader.close()
    return rows


def assets(server):
    """Bytes of what "/" loads, as gzip, and without itself."""
    reader = Reader(server)
    _, home = reader.get("/")
    total = 0
    for quoted in home.decode().split('"'):
        if quoted.startswith("/assets/"):
            total += len(reader.get(quoted)[0])
    reader.close()
    return total


def show(rows):
    print("%-58s %9s %9s %9s %8s %7s" % SHOWN)
    for row in rows:
        print("%-58s %9.2f %9.2f %9.0f %8d %7d" % row)
