"""Static files over HTTP: jokbod beside nginx, which serves the same folder, with the same client, alternately."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONF = """
%(user)sworker_processes 2;
error_log stderr crit;
pid %(dir)s/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
%(temporary)s
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 15s;
  keepalive_requests 100000000;
  default_type application/octet-stream;
  server {
    listen 127.0.0.1:%(port)d;
    root %(root)s;
    location / {
      add_header Cache-Control "public, max-age=31536000, immutable";
      add_header X-Content-Type-Options nosniff;
    }
  }
}
"""


class Nginx:
    """Serves a folder on a port of its own; two workers, no logs, its defaults otherwise."""

    def __init__(self, root):
        self.dir = tempfile.mkdtemp(prefix="jokbo-bench-nginx-", dir="/tmp")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.address = "127.0.0.1:%d" % self.port
        with open(os.path.join(self.dir, "nginx.conf"), "w") as f:
            f.write(CONF % {"user": "user root;\n" if os.geteuid() == 0 else "", "dir": self.dir, "port": self.port, "root": root,
                            "temporary": "".join("  %s_temp_path %s/%s;\n" % (kind, self.dir, kind) for kind in (
                                "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))})

    def __enter__(self):
        self.process = subprocess.Popen([NGINX, "-c", os.path.join(self.dir, "nginx.conf"), "-p", self.dir, "-g", "daemon off;"],
                                        stderr=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise RuntimeError("nginx did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.dir, ignore_errors=True)


def make_files(public, folder):
    """Files as the log's are, at places that it does not reach: 1,000 full tiles, and 100 bundles of 256 entries."""
    lists = {}
    for name, prefix, count, size in (("tiles", "tile/3/x900", 1000, 8192), ("bundles", "tile/entries/x900", 100, 256 * 500)):
        os.makedirs(os.path.join(public, prefix), exist_ok=True)
        paths = ["%s/%03d" % (prefix, i) for i in range(count)]
        for path in paths:
            with open(os.path.join(public, path), "wb") as f:
                f.write(os.urandom(size))
        lists[name] = os.path.join(folder, name)
        with open(lists[name], "w") as f:
            f.writelines("/%s\n" % path for path in paths)
    return lists


def files(program, server, results, rounds, seconds):
    """Adds what both reach, for tiles and for bundles."""
    def load(name, address, paths):
        done = subprocess.run([program, "target=" + address, "paths=" + paths, "connections=32", "seconds=%g" % seconds],
                              stdout=subprocess.PIPE, text=True, timeout=60, check=True)
        found = json.loads(done.stdout)
        results.add(name, found["rate"], p50_us=found["p50_us"], p99_us=found["p99_us"], failed=found["failed"])

    public = os.path.join(server.data, "public")
    with tempfile.TemporaryDirectory() as folder:
        lists = make_files(public, folder)
        with Nginx(public) as nginx:
            for _ in range(rounds):
                for name, paths in lists.items():
                    load("HTTP %s" % name, server.http, paths)
                    load("nginx %s" % name, nginx.address, paths)
