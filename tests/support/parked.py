"""Calls that wait for a log size, held by a test: who makes them, how many the server says there are, and how they end."""
import time
import urllib.request

import grpc
from google.protobuf import json_format

from jokbo import Client, Failure

OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]  # else all clients of a process share one, which has 100 streams


class Crowd:
    """A client for each address or account, with a connection of its own, and the calls that it has waiting. The server takes the
    test's word for addresses (--proxies 127.0.0.1) and has metrics."""

    def __init__(self, server):
        self.server, self.clients, self.calls = server, {}, []

    def stranger(self, address):
        return self._client(address, forwarded=address)

    def account(self, token):
        return self._client(token, token=token)

    def _client(self, key, **who):
        if key not in self.clients:
            self.clients[key] = Client(self.server.address, options=OWN_CONNECTION, **who)
        return self.clients[key]

    def park(self, client, size, method="Log.GetCheckpoint", timeout=25, **fields):
        """A call that is on its way, and waits."""
        request, stub = client.stub(method)
        message = json_format.ParseDict(dict(fields, min_log_size=size), request())
        call = stub.future(message, timeout=timeout, metadata=client.metadata())
        self.calls.append(call)
        return call

    def metric(self, name):
        with urllib.request.urlopen("http://%s/metrics" % self.server.metrics, timeout=20) as reply:
            for line in reply.read().decode().splitlines():
                if line.startswith(name + " "):
                    return int(float(line.split()[1]))
        raise KeyError(name)

    def parked(self, count=None, limit=20):
        """How many wait; with a count, as soon as it is so."""
        until = time.monotonic() + limit
        while True:
            found = self.metric("jokbo_calls_parked")
            if count is None or found == count:
                return found
            if time.monotonic() > until:
                raise AssertionError("%d calls wait, not %d" % (found, count))
            time.sleep(0.01)

    @staticmethod
    def end(call, pool):
        """The reply as a dict, or the failure."""
        try:
            return Client.as_dict(call.result(timeout=30))
        except grpc.RpcError as error:
            return Failure(error, pool)

    def close(self):
        for call in self.calls:
            call.cancel()
        for client in self.clients.values():
            client.close()
