"""What a test serves itself over gRPC, in place of a registry or before one."""
from concurrent import futures

import grpc


class Served(grpc.GenericRpcHandler):
    """with Served() as server: server.address. What is answered, `service` of the class beneath says."""
    THREADS = 2

    def serve(self):
        self.server = grpc.server(futures.ThreadPoolExecutor(self.THREADS))
        self.server.add_generic_rpc_handlers([self])
        self.address = "127.0.0.1:%d" % self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def end(self):
        self.server.stop(0).wait()

    def __enter__(self):
        self.serve()
        return self

    def __exit__(self, *_):
        self.end()
