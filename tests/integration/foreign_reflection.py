"""A client that knows nothing of this project: python3-grpcio and the reflection protocol.

usage: foreign_reflection.py HOST:PORT [SERVICE ...]

Learns the interface of a running server over reflection v1alpha (only that protocol's own messages are built here, by
hand), rebuilds every message from the descriptors it got, asks health through them, and checks that each SERVICE named
is listed, that every method of every listed service has known types, and that an unknown method is UNIMPLEMENTED.
Exit code 0 when all holds; otherwise 1 and a line that says what did not.
"""

import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
TYPE = descriptor_pb2.FieldDescriptorProto


def field(message, name, number, kind, type_name=None, repeated=False, oneof=False):
    """Adds a field to a DescriptorProto."""
    added = message.field.add(name=name, number=number, type=kind)
    added.label = TYPE.LABEL_REPEATED if repeated else TYPE.LABEL_OPTIONAL
    if type_name:
        added.type_name = ".reflection." + type_name
    if oneof:
        added.oneof_index = 0


def reflection_messages():
    """The few messages of the protocol that are needed to learn all others."""
    file = descriptor_pb2.FileDescriptorProto(name="reflection.proto", package="reflection", syntax="proto3")
    request = file.message_type.add(name="Request")
    request.oneof_decl.add(name="ask")
    field(request, "file_by_filename", 3, TYPE.TYPE_STRING, oneof=True)
    field(request, "file_containing_symbol", 4, TYPE.TYPE_STRING, oneof=True)
    field(request, "list_services", 7, TYPE.TYPE_STRING, oneof=True)
    field(file.message_type.add(name="Files"), "file", 1, TYPE.TYPE_BYTES, repeated=True)
    field(file.message_type.add(name="Service"), "name", 1, TYPE.TYPE_STRING)
    field(file.message_type.add(name="Services"), "service", 1, TYPE.TYPE_MESSAGE, "Service", repeated=True)
    error = file.message_type.add(name="Error")
    field(error, "code", 1, TYPE.TYPE_INT32)
    field(error, "message", 2, TYPE.TYPE_STRING)
    response = file.message_type.add(name="Response")
    response.oneof_decl.add(name="answer")
    field(response, "files", 4, TYPE.TYPE_MESSAGE, "Files", oneof=True)
    field(response, "services", 6, TYPE.TYPE_MESSAGE, "Services", oneof=True)
    field(response, "error", 7, TYPE.TYPE_MESSAGE, "Error", oneof=True)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return class_of(pool, "reflection.Request"), class_of(pool, "reflection.Response")


def class_of(pool, name):
    """The class of a message in a pool."""
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(name))


def expect(condition, what):
    """Ends the program unless the condition holds."""
    if not condition:
        sys.exit("foreign_reflection: " + what)


class Reflection:
    """Questions to the server, one stream each."""

    def __init__(self, channel):
        self.request, response = reflection_messages()
        self.call = channel.stream_stream(
            REFLECTION, request_serializer=self.request.SerializeToString, response_deserializer=response.FromString
        )

    def ask(self, **question):
        """The one answer to one question."""
        answers = list(self.call(iter([self.request(**question)]), timeout=20))
        expect(len(answers) == 1, f"{len(answers)} answers to one question")
        return answers[0]

    def services(self):
        """Full names of all services."""
        return [service.name for service in self.ask(list_services="*").services.service]

    def learn(self, symbol, files):
        """Adds the file that declares the symbol, and what it imports, to files by name."""
        answer = self.ask(file_containing_symbol=symbol)
        expect(answer.WhichOneof("answer") == "files", f"no file for {symbol}: {answer.error.message}")
        for raw in answer.files.file:
            file = descriptor_pb2.FileDescriptorProto.FromString(raw)
            files[file.name] = file
        for name in [name for file in list(files.values()) for name in file.dependency if name not in files]:
            for raw in self.ask(file_by_filename=name).files.file:
                file = descriptor_pb2.FileDescriptorProto.FromString(raw)
                files[file.name] = file


def pool_of(files):
    """A pool that knows nothing but these files."""
    pool = descriptor_pool.DescriptorPool()
    done = set()

    def add(name):
        if name in done:
            return
        done.add(name)
        expect(name in files, f"{name} is imported and was not told")
        for dependency in files[name].dependency:
            add(dependency)
        pool.Add(files[name])

    for name in files:
        add(name)
    return pool


def check_unknown(channel, reflection):
    """What is not there is said not to be."""
    answer = reflection.ask(file_containing_symbol="nobody.v1.Nothing")
    expect(answer.WhichOneof("answer") == "error" and answer.error.code == 5, "an unknown symbol was not NOT_FOUND")
    call = channel.unary_unary("/nobody.v1.Nothing/Do", request_serializer=bytes, response_deserializer=bytes)
    try:
        call(b"", timeout=20)
        expect(False, "an unknown method was answered")
    except grpc.RpcError as error:
        expect(error.code() == grpc.StatusCode.UNIMPLEMENTED, f"an unknown method was {error.code()}")


def check_health(channel, pool):
    """Health through the messages that reflection told."""
    request = class_of(pool, "grpc.health.v1.HealthCheckRequest")
    response = class_of(pool, "grpc.health.v1.HealthCheckResponse")
    kinds = {"request_serializer": request.SerializeToString, "response_deserializer": response.FromString}
    answer = channel.unary_unary("/grpc.health.v1.Health/Check", **kinds)(request(service=""), timeout=20)
    expect(answer.status == 1, f"health is {answer.status}, not SERVING")
    stream = channel.unary_stream("/grpc.health.v1.Health/Watch", **kinds)(request(service=""), timeout=20)
    expect(next(stream).status == 1, "the watched health is not SERVING")
    stream.cancel()


def main():
    """The whole conversation."""
    expect(len(sys.argv) >= 2, "usage: foreign_reflection.py HOST:PORT [SERVICE ...]")
    with grpc.insecure_channel(sys.argv[1]) as channel:
        reflection = Reflection(channel)
        services = reflection.services()
        for service in ["grpc.health.v1.Health"] + sys.argv[2:]:
            expect(service in services, f"{service} is not listed; there are {services}")
        files = {}
        for service in services:
            reflection.learn(service, files)
        pool = pool_of(files)
        methods = 0
        for service in services:
            for method in pool.FindServiceByName(service).methods:
                class_of(pool, method.input_type.full_name)
                class_of(pool, method.output_type.full_name)
                methods += 1
        check_health(channel, pool)
        check_unknown(channel, reflection)
        print(f"{len(services)} services, {methods} methods, {len(files)} files")


main()
