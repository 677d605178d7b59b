"""Registrations while clients fetch pages of the site, and while they do not: in one run, by turns of a second, so that what else the
machine does lies on both. The clients run at the lowest priority, in one process, since on a machine of few cores they would be
measured as well: they stand for readers who have machines of their own."""
import json
import signal
import statistics
import subprocess
import tempfile
import time

READERS, CALLERS = 8, 64
PAGES = ["/", "/models/skt/A.X-K1", "/bases/skt/A.X-K1", "/bases/upstage/Solar-Open-100B", "/teams/upstage", "/log", "/log/3", "/search?q=run",
         "/stages", "/method"]
SETTLE, COUNTED = 0.25, 1.0  # seconds after a turn, and counted


def rate_of(client):
    """Registrations a second from now on."""
    time.sleep(SETTLE)
    before, began = int(client.call("Log.GetCheckpoint")["log_size"]), time.monotonic()
    time.sleep(COUNTED)
    after, ended = int(client.call("Log.GetCheckpoint")["log_size"]), time.monotonic()
    return (after - before) / (ended - began)


def measure(program, load, bench, turns):
    """Rates, alone and with pages, of so many turns each; what the clients got."""
    seconds = (turns * 2 + 1) * (SETTLE + COUNTED) * 1.5 + 2
    with tempfile.NamedTemporaryFile("w", suffix=".paths") as paths:
        paths.writelines(path + "\n" for path in PAGES)
        paths.flush()
        writer = subprocess.Popen(load("register", seconds=seconds, warmup=0.1, callers=CALLERS, prefix="site"), stdout=subprocess.DEVNULL)
        reader = subprocess.Popen(["nice", "-n", "19", program, "target=" + bench.server.http, "paths=" + paths.name,
                                   "connections=%d" % READERS, "seconds=%g" % seconds], stdout=subprocess.PIPE, text=True)
        client = bench.server.client()
        alone, beside = [], []
        try:
            for turn in range(2 * turns):
                # In pairs whose order changes, since the log grows meanwhile.
                quiet = turn % 4 in (0, 3)
                reader.send_signal(signal.SIGSTOP if quiet else signal.SIGCONT)
                (alone if quiet else beside).append(rate_of(client))
            if writer.poll() is not None:
                raise RuntimeError("the registrations ended before they were counted")
            reader.send_signal(signal.SIGCONT)
            reader.send_signal(signal.SIGINT)
            found = json.loads(reader.communicate(timeout=120)[0])
        finally:
            client.close()
            for process in (writer, reader):
                process.kill()
                process.wait()
            reader.stdout.close()
    return alone, beside, found


def show(alone, beside, found):
    ratios = sorted(b / a for a, b in zip(alone, beside))
    ratio = statistics.mean(beside) / statistics.mean(alone)
    print("registrations of %d callers: %.0f a second alone, %.0f while %d clients read pages; mean of %d turns each"
          % (CALLERS, statistics.mean(alone), statistics.mean(beside), READERS, len(alone)))
    print("register while pages are read / alone: %.2f (pairs %s)   wanted 0.9: %s"
          % (ratio, " ".join("%.2f" % r for r in ratios), "reached" if ratio >= 0.9 else "MISSED"))
    print("pages: p50 %.0f ms, p99 %.0f ms, failed %d" % (found["p50_us"] / 1000, found["p99_us"] / 1000, found["failed"]))
