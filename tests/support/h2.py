"""HTTP/2 as no well-behaved client speaks it: calls whose replies are never read, streams on which nothing is sent, connections that
do nothing. Frames by hand (RFC 9113), headers as literals without indexing (RFC 7541, 6.2.2). Python's standard library."""
import socket
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(name, value):
    name, value = name.encode(), value.encode()
    assert len(name) < 127 and len(value) < 127
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def headers_of(path, **more):
    pairs = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"), ("te", "trailers"),
             ("content-type", "application/grpc")]
    return b"".join(literal(*pair) for pair in pairs + [(name.replace("_", "-"), value) for name, value in more.items()])


def message(data):
    return b"\0" + struct.pack(">I", len(data)) + data


class Connection:
    """A connection that gives the server's streams a window of so many bytes, for ever."""

    def __init__(self, address, window=0, timeout=20):
        if address.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address[len("unix:"):])
        else:
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)), timeout)
        self.next, self.buffer = 1, b""
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, window)))

    def open(self, path, count=1, data=None, **headers):
        """Begins so many calls: with one message and the end of the stream, or with `data` None with their headers alone."""
        block, sent = headers_of(path, **headers), b""
        for _ in range(count):
            sent += frame(HEADERS, END_HEADERS, self.next, block)
            if data is not None:
                sent += frame(DATA, END_STREAM, self.next, message(data))
            self.next += 2
        self.socket.sendall(sent)

    def _fill(self, size, until):
        while len(self.buffer) < size:
            self.socket.settimeout(max(0.01, until - time.monotonic()))
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError("the server closed the connection")
            self.buffer += piece

    def frame(self, timeout=20):
        """The next one: kind, flags, stream, payload. Settings and pings are acknowledged."""
        until = time.monotonic() + timeout
        self._fill(9, until)
        size, kind, flags, stream = struct.unpack(">I", b"\0" + self.buffer[:3]) + struct.unpack(">BBI", self.buffer[3:9])
        self._fill(9 + size, until)
        payload, self.buffer = self.buffer[9:9 + size], self.buffer[9 + size:]
        if kind in (SETTINGS, PING) and not flags & ACK:
            self.socket.sendall(frame(kind, ACK, 0, payload if kind == PING else b""))
        return kind, flags, stream & 0x7FFFFFFF, payload

    def ended(self, count, timeout=30):
        """Waits until so many streams have ended; gives the payloads of the frames that ended them."""
        ends, until = {}, time.monotonic() + timeout
        while len(ends) < count:
            kind, flags, stream, payload = self.frame(max(0.01, until - time.monotonic()))
            if (kind in (DATA, HEADERS) and flags & END_STREAM) or (kind == RST_STREAM and stream not in ends):
                ends[stream] = payload
        return ends

    def is_closed(self):
        """Whether the server has ended the connection; what came before is thrown away."""
        self.socket.settimeout(0)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    def close(self):
        self.socket.close()
