"""The public folder of a log, for tests: behind a static file server, waited for, made without a server, spoiled on purpose."""
import contextlib
import functools
import http.server
import os
import subprocess
import threading
import time

import jokbo

MAKE_LOG = os.path.join(jokbo.BUILD, "tests", "make_log")


def make_log(*words):
    """tests/support/make_log.c: logs as folders, by the registry's own tile code."""
    subprocess.run([MAKE_LOG] + [str(word) for word in words], check=True, timeout=600)


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def write(data, *path):
    with open(os.path.join(*path), "wb") as file:
        file.write(data)


@contextlib.contextmanager
def spoiled(path, change):
    """The file holds what `change` makes of its bytes, for a while."""
    data = read(path)
    write(change(data), path)
    try:
        yield
    finally:
        write(data, path)


def published(server, size, seconds=10):
    """The public folder of a server, once its checkpoint is of that size."""
    folder, until = os.path.join(server.data, "public"), time.monotonic() + seconds
    while True:
        with contextlib.suppress(FileNotFoundError, IndexError):
            if read(folder, "checkpoint").split(b"\n")[1] == b"%d" % size:
                return folder
        assert time.monotonic() < until, "no checkpoint of %d entries within %d s" % (size, seconds)
        time.sleep(0.02)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder):
    """The folder's URL behind a static file server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield "http://127.0.0.1:%d" % server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
