"""The published log as files, checked against the entries: what C2SP tlog-tiles wants of a folder, computed from scratch by hashlib."""
import os
import re
import subprocess
import time
import unittest

import auditor
import jokbo

BASE = "upstage/Solar-Open-100B"

TILE = re.compile(r"tile/(entries|\d+)/((?:x\d{3}/)*\d{3})(?:\.p/(\d+))?\Z")
WIDTH = 256


def number_path(number):
    groups = ["%03d" % (number % 1000)]
    while number >= 1000:
        number //= 1000
        groups.insert(0, "x%03d" % (number % 1000))
    return "/".join(groups)


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Log:
    """The files of a log of these entries: hashes of every level of tiles."""

    def __init__(self, entries):
        self.entries = entries
        self.levels = [[auditor.sha256(b"\0" + entry) for entry in entries]]
        while len(self.levels[-1]) >= WIDTH:
            below = self.levels[-1]
            self.levels.append([self.root(below[at:at + WIDTH]) for at in range(0, len(below) - WIDTH + 1, WIDTH)])

    @staticmethod
    def root(hashes):
        while len(hashes) > 1:
            hashes = [auditor.sha256(b"\1" + hashes[i] + hashes[i + 1]) for i in range(0, len(hashes), 2)]
        return hashes[0]

    def bundle(self, first, count):
        return b"".join(len(entry).to_bytes(2, "big") + entry for entry in self.entries[first:first + count])

    def tile(self, kind, number, width):
        if kind == "entries":
            return self.bundle(number * WIDTH, width)
        return b"".join(self.levels[int(kind)][number * WIDTH:number * WIDTH + width])

    def files(self, size):
        """{path: bytes} of what a log of that size publishes, but for checkpoint and key."""
        found, level = {}, 0
        while (count := size >> 8 * level) > 0:
            for number in range((count + WIDTH - 1) // WIDTH):
                width = min(WIDTH, count - number * WIDTH)
                suffix = "" if width == WIDTH else ".p/%d" % width
                for kind in ("entries", "0") if level == 0 else (str(level),):
                    found["tile/%s/%s%s" % (kind, number_path(number), suffix)] = self.tile(kind, number, width)
            level += 1
        return found


def names(folder):
    """All files below a folder, relative to it."""
    found = set()
    for where, _, files in os.walk(folder):
        found.update(os.path.relpath(os.path.join(where, name), folder) for name in files)
    return found


def published_size(folder):
    try:
        return auditor.checkpoint(read(os.path.join(folder, "checkpoint")).decode())[1]
    except FileNotFoundError:
        return 0


def wait_published(folder, size, seconds=20):
    """Until the folder holds that many entries; how long that took."""
    begin = time.monotonic()
    while published_size(folder) < size:
        auditor.need(time.monotonic() - begin < seconds, "%d entries are published, not %d", published_size(folder), size)
        time.sleep(0.004)
    return time.monotonic() - begin


def check(folder, entries, key, leftovers=False):
    """The folder is what a log of these entries published, up to the size of its checkpoint, and nothing else lies there but
    narrower partial tiles of sizes before (and, with `leftovers`, what a crash may leave). Its size."""
    note = read(os.path.join(folder, "checkpoint")).decode()
    auditor.Verifier(key).verify(note)
    _, size, root = auditor.checkpoint(note)
    auditor.need(size <= len(entries), "%d entries are published, but there are %d", size, len(entries))
    tree = auditor.Tree()
    for entry in entries[:size]:
        tree.append(entry)
    auditor.need(tree.roots[size] == root, "the published root of %d entries is not the log's", size)
    auditor.need(read(os.path.join(folder, "log.vkey")).decode() == key + "\n", "log.vkey is not the verifier key")
    log = Log(entries)
    wanted, there = log.files(size), names(folder) - {"checkpoint", "log.vkey"}
    for path, data in wanted.items():
        auditor.need(path in there, "%s is missing", path)
        auditor.need(read(os.path.join(folder, path)) == data, "%s has other bytes than the log", path)
    for path in there - set(wanted):
        if leftovers and path.startswith(".new-"):
            continue
        check_earlier(folder, path, log, size, leftovers)
    return size


def check_earlier(folder, path, log, size, leftovers):
    found = TILE.match(path)
    auditor.need(found, "%s is no file of a log", path)
    kind, level = found.group(1), 0 if found.group(1) == "entries" else int(found.group(1))
    number, width = int(re.sub("[x/]", "", found.group(2))), int(found.group(3) or WIDTH)
    full = number < (size >> 8 * level) // WIDTH
    end = (number * WIDTH + width) << 8 * level
    auditor.need(leftovers or (not full and width < WIDTH), "%s lies beside a full tile", path)
    auditor.need(leftovers or end <= size, "%s was never published", path)
    if end <= len(log.entries):
        auditor.need(read(os.path.join(folder, path)) == log.tile(kind, number, width), "%s has other bytes than the log", path)


def flip(path, at=0):
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 1]))


class Server(jokbo.Server):
    """A server whose public folder is looked at."""

    @property
    def public(self):
        return os.path.join(self.data, "public")

    @property
    def cluster(self):
        return os.path.join(self.data, "postgresql")

    def ask(self, method, **fields):
        client = self.client()
        try:
            return client.call(method, **fields)
        finally:
            client.close()

    def register(self, name):
        return self.ask("Registry.RegisterDerivative", derivative=jokbo.derivative("someone/" + name, BASE))

    def batch(self, prefix, count):
        return self.ask("Registry.BatchRegisterDerivatives",
                        derivatives=[jokbo.derivative("someone/%s-%d" % (prefix, i), BASE) for i in range(count)])

    def entries(self):
        client = self.client()
        try:
            audit = auditor.Audit(client)
            audit.follow(client)
            return audit.read(client, 0, audit.tree.size), audit.key
        finally:
            client.close()

    def check_public(self, folder=None):
        """Everything that is committed is published, and right; the size."""
        entries, key = self.entries()
        wait_published(folder or self.public, len(entries))
        return check(folder or self.public, entries, key)

    def run(self, *arguments, timeout=120):
        """A command of jokbod on this server's data directory."""
        return subprocess.run([self.binary] + list(arguments) + ["--data", self.data] + self.options, env=self.env,
                              capture_output=True, text=True, timeout=timeout)


class Stopped(unittest.TestCase):
    """Commands of jokbod on the data directory of a server that is stopped."""

    def succeeds(self, *arguments):
        done = self.server.run(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.server.left_running(), [])
        return done.stdout

    def fails(self, *arguments):
        done = self.server.run(*arguments)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(self.server.left_running(), [])
        return done.stdout + done.stderr
