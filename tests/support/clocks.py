"""Clocks that a test sets for a server, a PostgreSQL, or both: support/clock_shift.c, loaded before their libraries."""
import datetime
import mmap
import os
import shutil
import struct
import tempfile
import time

from jokbo import BUILD


class Clocks:
    """How far they are ahead of the machine's: `passed` is time that went by, `step` what the real-time clock was set besides."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="jokbo-clocks-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        path = os.path.join(self.folder, "shift")
        library = shutil.copy(os.path.join(BUILD, "tests", "clock_shift.so"), self.folder)  # where PostgreSQL's user may read it
        os.chmod(library, 0o755)
        with open(path, "wb") as file:
            file.write(bytes(16))
        os.chmod(path, 0o644)
        with open(path, "r+b") as file:
            self.shift = mmap.mmap(file.fileno(), 16)
        self.passed = self.step = 0
        self.env = {"LD_PRELOAD": library, "JK_CLOCK_SHIFT": path,
                    "ASAN_OPTIONS": ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))}

    @property
    def steady_env(self):
        """For a process on another machine, whose clock nobody sets, while time goes by there as well."""
        return dict(self.env, JK_CLOCK_STEADY="1")

    def close(self):
        self.shift.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def go_by(self, seconds):
        """Time goes by. Each number is written at once, so that no reading falls in between."""
        self.passed += seconds
        struct.pack_into("=q", self.shift, 0, round(self.passed * 1e6))

    def set_ahead(self, seconds):
        """Sets the real-time clock so far ahead of the truth; 0: it is right again."""
        self.step = seconds
        struct.pack_into("=q", self.shift, 8, round(self.step * 1e6))

    def now(self):
        """The truth, as seconds since 1970."""
        return time.time() + self.passed

    def after(self, seconds):
        moment = datetime.datetime.fromtimestamp(self.now() + seconds, datetime.timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
