"""A server that lies: a proxy before a real one."""
import grpc
from jokbo import Client, GetMessageClass
from served import Served


class Liar(Served):
    """A server in front of the real one, that changes what `lies` says: {"Log.GetReceipt": function of the reply}."""
    THREADS = 4

    def __init__(self, server):
        self.lies, self.client = {}, Client(server.address)
        self.channel = grpc.insecure_channel(server.address)
        self.serve()

    def close(self):
        self.end()
        self.channel.close()
        self.client.close()

    def service(self, details):
        name = details.method.rsplit(".", 1)[1].replace("/", ".")
        metadata = [(k, v) for k, v in details.invocation_metadata if k == "authorization"]
        method = self.client.method(name)
        if method.name == "ReadEntries":
            call = self.channel.unary_stream(details.method)
            return grpc.unary_stream_rpc_method_handler(lambda request, context: self.passed(name, call(request, metadata=metadata)))
        if method.name == "UploadBlob":
            call = self.channel.stream_unary(details.method)
            return grpc.stream_unary_rpc_method_handler(lambda requests, context: call(requests, metadata=metadata))
        call = self.channel.unary_unary(details.method)
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self.answer(name, call, request, metadata, context))

    def answer(self, name, call, request, metadata, context):
        try:
            return next(self.passed(name, [call(request, metadata=metadata, timeout=20)]))
        except grpc.RpcError as error:
            context.set_trailing_metadata([(k, v) for k, v in error.trailing_metadata() if k == "grpc-status-details-bin"])
            context.abort(error.code(), error.details())

    def passed(self, name, replies):
        for data in replies:
            if name in self.lies:
                message = self.message(name)
                message.ParseFromString(data)
                self.lies[name](message)
                data = message.SerializeToString()
            yield data

    def message(self, name):
        return GetMessageClass(self.client.method(name).output_type)()
