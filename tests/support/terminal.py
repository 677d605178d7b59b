"""A program on a terminal of its own: what a person sees, and types."""
import errno
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

SLOWER = float(os.environ.get("JK_TIMEOUT_FACTOR", "1"))


class Terminal:
    """Starts it. `expect` waits for a text after what was seen before; `type` sends a line; `finish` gives all that came,
    and leaves the exit code in `code`. Not by a fork of our own: gRPC's threads do not live through one."""

    def __init__(self, command, env=None, cwd=None, columns=None):
        self.seen, self.at, self.code = "", 0, None
        self.end, inner = pty.openpty()
        if columns:
            fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=env, cwd=cwd,
                                        start_new_session=True)
        os.close(inner)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.code is None:
            self.process.kill()
            self.process.wait()
        os.close(self.end)

    def _read(self, until):
        left = until - time.monotonic()
        if left <= 0 or not select.select([self.end], [], [], left)[0]:
            raise AssertionError("nothing more came after:\n" + self.seen)
        try:
            data = os.read(self.end, 65536)
        except OSError as error:  # how Linux says that the other side is gone
            if error.errno != errno.EIO:
                raise
            data = b""
        self.seen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)

    def expect(self, text, timeout=30):
        until = time.monotonic() + timeout * SLOWER
        while text not in self.seen[self.at:]:
            if not self._read(until):
                raise AssertionError("%r did not come; it ended after:\n%s" % (text, self.seen))
        self.at = self.seen.index(text, self.at) + len(text)

    def type(self, line=""):
        os.write(self.end, (line + "\n").encode())

    def finish(self, timeout=30):
        until = time.monotonic() + timeout * SLOWER
        while self._read(until):
            pass
        self.code = self.process.wait(max(0.1, until - time.monotonic()))
        return self.seen
