"""Running it: health, reflection, draining, a database that goes away, full queues, TLS, data directories, an external
PostgreSQL with its key and origin."""
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # refused handshakes are what some tests are about
import grpc  # noqa: E402
from google.protobuf import descriptor_pb2, descriptor_pool, json_format  # noqa: E402

import jokbo  # noqa: E402
from jokbo import (Client, Cluster, Failure, GetMessageClass, Server, alive, allowed, descendants, derivative, eventually,  # noqa: E402
                   new_id)

SERVICES = ["jokbo.v1.Access", "jokbo.v1.Demo", "jokbo.v1.Evaluation", "jokbo.v1.Evidence", "jokbo.v1.Log", "jokbo.v1.Registry", "jokbo.v1.Stages"]
STANDARD = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]
BASE = "lab/base"


def make_base(admin):
    """A base model to register derivatives of, and a publisher of the admin's."""
    admin.call("Registry.ApplyRoster", teams=[{"id": "lab", "name": "Lab", "name_ko": "랩", "publishers": ["lab"],
                                               "join_time": "2025-08-04T00:00:00Z"}],
               models=[{"name": BASE, "license": "Apache-2.0",
                        "facts": {"team": "lab", "from_scratch": "ANSWER_YES", "listed": True}}])
    admin.call("Registry.CreatePublisher", name="acme")


def register(client, name, **options):
    return client.call("Registry.RegisterDerivative", derivative=derivative(name, BASE), **options)


def rss_mib(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) // 1024


class Health:
    """grpc.health.v1 over its wire format: the request is one string, the reply one number."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)

    @staticmethod
    def ask(service):
        return b"\x0a" + bytes([len(service)]) + service.encode() if service else b""

    @staticmethod
    def answer(data):
        return {b"": "UNKNOWN", b"\x08\x01": "SERVING", b"\x08\x02": "NOT_SERVING", b"\x08\x03": "SERVICE_UNKNOWN"}[data]

    def check(self, service=""):
        return self.channel.unary_unary("/grpc.health.v1.Health/Check", self.ask, self.answer)(service, timeout=10)

    def watch(self, service=""):
        """A list that grows with the server's answers."""
        seen = []
        stream = self.channel.unary_stream("/grpc.health.v1.Health/Watch", self.ask, self.answer)(service)

        def follow():
            try:
                for answer in stream:
                    seen.append(answer)
            except grpc.RpcError as error:
                seen.append(error.code().name)
        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        return seen, stream

    def close(self):
        self.channel.close()


class Reflection:
    """A client that starts from nothing: the few messages of the reflection protocol are told by hand, everything else
    is learnt from the server."""

    def __init__(self, address, version):
        self.channel = grpc.insecure_channel(address)
        ask, answer = self.protocol()
        self.request = ask
        self.call = self.channel.stream_stream("/grpc.reflection.%s.ServerReflection/ServerReflectionInfo" % version,
                                               ask.SerializeToString, answer.FromString)
        self.pool, self.files = descriptor_pool.DescriptorPool(), {}

    @staticmethod
    def protocol():
        file = descriptor_pb2.FileDescriptorProto(name="r.proto", package="r", syntax="proto3")

        def message(name, *fields):
            made = file.message_type.add(name=name)
            for number, label, kind, field in fields:
                made.field.add(name=field, number=number, label=label, type=9 if kind == "string" else
                               12 if kind == "bytes" else 5 if kind == "int" else 11,
                               type_name=".r." + kind if kind[0].isupper() else None)
        message("Ask", (3, 1, "string", "file_by_filename"), (4, 1, "string", "file_containing_symbol"),
                (7, 1, "string", "list_services"))
        message("Files", (1, 3, "bytes", "file"))
        message("Service", (1, 1, "string", "name"))
        message("Services", (1, 3, "Service", "service"))
        message("Error", (1, 1, "int", "code"))
        message("Answer", (4, 1, "Files", "files"), (6, 1, "Services", "services"), (7, 1, "Error", "error"))
        pool = descriptor_pool.DescriptorPool()
        pool.Add(file)
        return tuple(GetMessageClass(pool.FindMessageTypeByName("r." + name)) for name in ("Ask", "Answer"))

    def ask(self, *questions):
        return list(self.call(iter([self.request(**question) for question in questions]), timeout=10))

    def services(self):
        return sorted(service.name for service in self.ask({"list_services": "*"})[0].services.service)

    def learn(self, question):
        """Adds the file and, before it, what it imports."""
        for data in self.ask(question)[0].files.file:
            file = descriptor_pb2.FileDescriptorProto.FromString(data)
            if file.name in self.files:
                continue
            self.files[file.name] = file
            for name in file.dependency:
                self.learn({"file_by_filename": name})
            self.pool.Add(file)

    def stub(self, service, method):
        self.learn({"file_containing_symbol": service})
        found = self.pool.FindServiceByName(service).methods_by_name[method]
        request, reply = GetMessageClass(found.input_type), GetMessageClass(found.output_type)
        call = self.channel.unary_unary("/%s/%s" % (service, method), request.SerializeToString, reply.FromString)
        return lambda token=None, **fields: json_format.MessageToDict(
            call(json_format.ParseDict(fields, request()), timeout=10,
                 metadata=(("authorization", "Bearer " + token),) if token else ()), preserving_proto_field_name=True)

    def close(self):
        self.channel.close()


class Private(unittest.TestCase):
    """A server with the private PostgreSQL that it starts and stops itself."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--drain-ms", "20000")
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.admin = cls.server.client()
        make_base(cls.admin)

    def restart(self):
        """Each test leaves the server running."""
        self.server.start()
        self.admin.close()
        type(self).admin = self.server.client()

    def size(self, client=None):
        return int((client or self.admin).call("Log.GetCheckpoint")["log_size"])

    def opened(self, thing):
        self.addCleanup(thing.close)
        return thing

    # ---- health

    def test_health(self):
        health = self.opened(Health(self.server.address))
        for service in [""] + SERVICES:
            self.assertEqual(health.check(service), "SERVING", service)
        with self.assertRaises(grpc.RpcError) as caught:
            health.check("nobody.v1.Nothing")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)
        seen, stream = health.watch("nobody.v1.Nothing")
        eventually(lambda: seen == ["SERVICE_UNKNOWN"])
        stream.cancel()

    def test_health_follows_the_database(self):
        """PostgreSQL is killed under the server: health says so, and both come back by themselves."""
        health = self.opened(Health(self.server.address))
        watched = [health.watch(service)[0] for service in ("", SERVICES[3])]
        eventually(lambda: all(seen == ["SERVING"] for seen in watched))
        before, old = self.size(), self.server.postmaster()
        os.kill(old, signal.SIGKILL)
        eventually(lambda: all(seen == ["SERVING", "NOT_SERVING", "SERVING"] for seen in watched), 30, watched)
        self.assertEqual(health.check(), "SERVING")
        self.assertNotEqual(self.server.postmaster(), old)
        eventually(lambda: self.writes("acme/after-the-kill"))
        self.assertEqual(self.size(), before + 1)

    def writes(self, name):
        try:
            return register(self.admin, name)
        except Failure as failure:
            self.assertEqual(failure.code, "UNAVAILABLE", failure.message)
            return None

    # ---- reflection

    def test_reflection(self):
        for version in ("v1", "v1alpha"):
            with self.subTest(version=version):
                client = self.opened(Reflection(self.server.address, version))
                self.assertEqual(client.services(), sorted(SERVICES + STANDARD))
                for service in client.services():
                    client.learn({"file_containing_symbol": service})
                    self.assertTrue(client.pool.FindServiceByName(service).methods)
                for symbol in ("jokbo.v1.Model", "jokbo.v1.Registry.GetModel", "google.rpc.ErrorInfo"):
                    client.learn({"file_containing_symbol": symbol})
                error = client.ask({"file_containing_symbol": "nobody.v1.Nothing"})[0].error
                self.assertEqual(error.code, 5)
                both = client.ask({"list_services": "*"}, {"file_by_filename": "jokbo/v1/log.proto"})
                self.assertEqual((len(both[0].services.service), len(both[1].files.file) > 0),
                                 (len(SERVICES + STANDARD), True))

    def test_a_foreign_client_works(self):
        """From nothing but an address and a token to a registered model and its count."""
        for version in ("v1", "v1alpha"):
            client, token = self.opened(Reflection(self.server.address, version)), self.server.token
            name = "acme/foreign-" + version
            made = client.stub("jokbo.v1.Registry", "RegisterDerivative")(token, derivative={
                "name": name, "version": "1", "relation": "RELATION_ADAPTER", "license": "Apache-2.0",
                "parents": [{"registered": {"name": BASE}}]})
            self.assertEqual(made["model"]["roots"], [{"name": BASE, "team": "lab", "depth": 1}])
            listed = client.stub("jokbo.v1.Evaluation", "ListCounted")(
                scope={"base_model": BASE}, min_log_size=made["log_size"], page_size=1000)
            self.assertIn(name, [one["name"] for one in listed["derivatives"]])
            with self.assertRaises(grpc.RpcError) as caught:
                client.stub("jokbo.v1.Access", "GetCaller")()
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAUTHENTICATED)

    # ---- starting and stopping

    def test_drain_under_load(self):
        """SIGTERM among writes: each call is done or UNAVAILABLE, and what was said to be done is in the log."""
        server, done, failed, stopping = self.server, {}, [], threading.Event()

        def write(worker):
            client = server.client()
            for i in range(100000):
                name = "acme/w%d-%d" % (worker, i)
                try:
                    done[name] = int(register(client, name)["log_index"])
                except Failure as failure:
                    failed.append((failure.code, failure.message, stopping.is_set()))
                    break
            client.close()
        threads = [threading.Thread(target=write, args=(i,)) for i in range(12)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(done) > 100)
        stopping.set()
        ended = server.stop()
        for thread in threads:
            thread.join(30)
        self.restart()
        self.assertEqual(ended, 0)
        self.assertEqual(len(failed), 12)
        for code, message, late in failed:
            self.assertEqual((code, late), ("UNAVAILABLE", True), message)
        client, entries = self.admin, self.admin.entries()
        for name, index in done.items():
            self.assertIn(("\nmodel %s\n" % name).encode(), entries[index])
        self.assertEqual(len(set(done.values())), len(done))
        for name in ("acme/w%d-%d" % (i, n) for i in range(12) for n in range(3)):
            if name in done:
                self.assertEqual(int(client.call("Registry.GetModel", name=name)["log_index"]), done[name])
        self.assertEqual(int(client.call("Evaluation.CountDerivatives", scope={"all": True})["registered"]),
                         sum(b"\nkind register\n" in entry for entry in entries) - 1)

    def test_restart_keeps_everything_and_is_quick(self):
        """Stopping leaves no process; the next start is under 3 s and finds all."""
        server, admin = self.server, self.admin
        register(admin, "acme/kept")
        note, entries = admin.call("Log.GetCheckpoint")["note"], admin.entries()
        token, processes = server.token, [server.process.pid] + descendants(server.process.pid)
        self.assertGreater(len(processes), 4)  # server, supervisor, postmaster, its own, our backends
        self.assertIn(server.postmaster(), processes)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(still_alive(processes), [])
        self.assertEqual(server.left_running(), [])
        begin = time.monotonic()
        self.restart()
        self.assertLess(time.monotonic() - begin, allowed(3))
        self.assertEqual(server.token, token)
        client = self.admin
        self.assertEqual(client.call("Log.GetCheckpoint")["note"], note)
        self.assertEqual(client.entries(), entries)
        self.assertEqual(client.call("Registry.GetModel", name="acme/kept")["name"], "acme/kept")
        register(client, "acme/after")
        processes = [server.process.pid] + descendants(server.process.pid)
        server.kill(signal.SIGINT)  # Ctrl-C is a good end too
        self.assertEqual(server.process.returncode, 0)
        self.assertEqual(still_alive(processes), [])
        self.restart()

    def test_second_server_on_the_data_directory(self):
        code, said = refused("--data", self.server.data, "--listen", "127.0.0.1:0")
        self.assertEqual(code, 1)
        self.assertIn("another server (process %d) uses the data directory %s" % (self.server.process.pid, self.server.data), said)
        self.assertEqual(len(said.splitlines()), 1, said)
        register(self.admin, "acme/undisturbed")


def still_alive(processes, timeout=10):
    """Those that go on running: PostgreSQL's logger ends a moment after its postmaster."""
    until = time.monotonic() + timeout
    while any(alive(pid) for pid in processes) and time.monotonic() < until:
        time.sleep(0.02)
    return [pid for pid in processes if alive(pid)]


def refused(*options):
    """Exit code and standard error of a jokbod that shall not start."""
    result = subprocess.run([os.path.join(jokbo.BUILD, "jokbod")] + list(options), capture_output=True, text=True,
                            timeout=120, stdin=subprocess.DEVNULL)
    assert "ready" not in result.stdout
    return result.returncode, "".join(line + "\n" for line in result.stderr.splitlines() if line.startswith("jokbod: "))


def make_certificate(cert, key):
    """A new self-signed certificate for localhost, moved into place as operators do; its PEM."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key + ".new",
                    "-out", cert + ".new"], check=True, capture_output=True, timeout=60)
    os.rename(key + ".new", key)
    os.rename(cert + ".new", cert)
    with open(cert, "rb") as f:
        return f.read()


class External(unittest.TestCase):
    """--database: a PostgreSQL that is not the server's own."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start().create_database()
        cls.options = ("--database", cls.cluster.url)
        cls.server = Server(*cls.options, "--origin", "registry.test/log")
        cls.addClassCleanup(cls.server.close)
        cls.server.options += ["--client-config", os.path.join(cls.server.data, "client.config")]
        cls.unmigrated = refused("--data", cls.server.data, "--listen", "127.0.0.1:0", *cls.options)
        cls.migrated = refused("migrate", *cls.options), refused("migrate", *cls.options)
        cls.cluster.sql("create database empty template jokbo", "postgres")
        cls.server.start()
        cls.admin = cls.server.client()
        cls.addClassCleanup(cls.admin.close)
        make_base(cls.admin)

    def size(self):
        return int(self.admin.call("Log.GetCheckpoint")["log_size"])

    def opened(self, thing):
        self.addCleanup(thing.close)
        return thing

    def new_database(self):
        """The options for an empty database with the schema."""
        name = "d" + new_id().replace("-", "")
        self.cluster.sql("create database %s template empty" % name, "postgres")
        return "--database", self.cluster.url.replace("dbname=jokbo", "dbname=" + name)

    def new_server(self, *options, data=None):
        """A server of its own on a database of its own."""
        server = Server(*self.new_database(), *options, data=data)
        server.options += ["--client-config", os.path.join(server.data, "client.config")]
        self.addCleanup(server.close)
        return server.start()

    def folder(self, key_mode=None):
        """A data directory; with a mode, also the server's key file in it."""
        folder = tempfile.mkdtemp(prefix="jokbo-test-", dir="/tmp")
        self.addCleanup(shutil.rmtree, folder)
        if key_mode is not None:
            shutil.copyfile(os.path.join(self.server.data, "log.key"), os.path.join(folder, "log.key"))
            os.chmod(os.path.join(folder, "log.key"), key_mode)
        return folder

    def refuses(self, sentence, folder, *options):
        size = self.size()
        code, said = refused("--data", folder, "--listen", "127.0.0.1:0", *self.options, *options)
        self.assertEqual(code, 1, said)
        self.assertIn(sentence, said)
        self.assertEqual(self.size(), size)
        return said

    def test_migration_is_a_step_of_its_own(self):
        code, said = self.unmigrated
        self.assertEqual(code, 1)
        self.assertIn("jokbod migrate", said)
        self.assertEqual([code for code, _ in self.migrated], [0, 0])
        self.assertEqual(refused("migrate")[0], 2)
        self.assertFalse(os.path.exists(os.path.join(self.server.data, "postgresql")))

    def test_wrong_origin(self):
        self.refuses('the origin "registry.test/log", not "other.test/log"', self.folder(0o600), "--origin", "other.test/log")

    def test_missing_key(self):
        folder = self.folder()
        said = self.refuses("the log has entries, and there is no signing key %s/log.key" % folder, folder)
        self.assertIn("copy the key file from the first server", said)
        self.assertFalse(os.path.exists(os.path.join(folder, "log.key")), "a key was made for a log that has entries")

    def test_open_key_file(self):
        for mode in (0o644, 0o640, 0o604):
            folder = self.folder(mode)
            self.refuses("can be read by others: chmod it to 0600", folder)
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, "log.key")).st_mode), mode)

    def test_key_file_of_another_mode_or_owner(self):
        self.refuses("has another mode than 0600: chmod it to 0600", self.folder(0o700))
        if os.geteuid() == 0:
            folder = self.folder(0o600)
            os.chown(os.path.join(folder, "log.key"), 12345, 12345)
            self.refuses("belongs to another user: chown it to the server's user", folder)

    def test_wrong_key(self):
        """A key of the same name, made for another log."""
        folder = self.folder()
        self.new_server("--origin", "registry.test/log", data=folder).stop()
        os.unlink(os.path.join(folder, "checkpoint.guard"))
        said = self.refuses("key", folder)
        self.assertIn("registry.test/log+", said)
        with open(os.path.join(folder, "log.key")) as f:
            self.assertNotIn(f.read().strip().split("+", 4)[4], said, "the private key was told")

    def test_guard_of_another_log(self):
        folder = self.folder()
        self.new_server("--origin", "registry.test/old", data=folder).stop()
        os.unlink(os.path.join(folder, "log.key"))
        shutil.copy2(os.path.join(self.server.data, "log.key"), folder)
        self.refuses("wrong data directory", folder)

    def test_second_server_on_the_data_directory(self):
        self.refuses("another server (process %d) uses the data directory" % self.server.process.pid, self.server.data)

    def test_database_down(self):
        """Writes are UNAVAILABLE with a hint, reads go on from memory, and it all comes back by itself."""
        health = Health(self.server.address)
        self.addCleanup(health.close)
        register(self.admin, "acme/before")
        size = self.size()
        self.cluster.stop()
        eventually(lambda: health.check() == "NOT_SERVING")
        with self.assertRaises(Failure) as caught:
            register(self.admin, "acme/meanwhile", timeout=30)
        failure = caught.exception
        self.assertEqual(failure.code, "UNAVAILABLE", failure.message)
        self.assertIn("RetryInfo", failure.details)
        self.assertNotIn("password", failure.message)
        self.assertEqual(self.admin.call("Registry.GetModel", name="acme/before")["name"], "acme/before")
        self.assertEqual(self.size(), size)
        with self.assertRaises(Failure) as caught:
            self.admin.entries()
        self.assertEqual(caught.exception.code, "UNAVAILABLE")
        with self.assertRaises(Failure) as caught:
            self.admin.call("Registry.GetModel", name="acme/before", min_log_size=size + 1, timeout=1)
        self.assertIn(caught.exception.code, ("UNAVAILABLE", "DEADLINE_EXCEEDED"))
        self.cluster.start()
        eventually(lambda: health.check() == "SERVING")
        self.assertEqual(int(register(self.admin, "acme/afterwards")["log_index"]), size)
        self.assertEqual(len(self.admin.entries()), size + 1)

    def test_full_queue(self):
        """PostgreSQL stands still among thousands of writes: those beyond the queue are refused at once, the others end
        at their deadline, memory stays bounded, and nothing of what was refused is written afterwards."""
        size, pid = self.size(), self.server.process.pid
        register(self.admin, "acme/warm")
        before, outcomes = rss_mib(pid), {}
        clients = [Client(self.server.address, self.admin.token, options=(("grpc.use_local_subchannel_pool", 1),))
                   for _ in range(52)]  # 100 streams a connection
        request, _ = self.admin.stub("Registry.RegisterDerivative")
        self.cluster.freeze()
        self.addCleanup(self.cluster.thaw)
        calls = []
        for n, client in enumerate(clients):
            _, stub = client.stub("Registry.RegisterDerivative")
            for i in range(100):
                name = "acme/full-%d-%d" % (n, i)
                message = json_format.ParseDict({"derivative": derivative(name, BASE), "request_id": new_id()}, request())
                calls.append((name, stub.future(message, timeout=6, metadata=client.metadata())))
        hints = 0
        for name, call in calls:
            try:
                call.result()
                code = "OK"
            except grpc.RpcError as error:
                failure = Failure(error, self.admin.pool)
                code = failure.code
                if code == "RESOURCE_EXHAUSTED":
                    self.assertEqual(failure.reason, "QUEUE_FULL", failure.message)
                    self.assertIn("RetryInfo", failure.details)
                    hints += 1
            outcomes.setdefault(code, set()).add(name)
        grown = rss_mib(pid) - before
        self.cluster.thaw()
        self.assertLessEqual(set(outcomes), {"RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "UNAVAILABLE"},
                             {code: len(names) for code, names in outcomes.items()})
        self.assertGreater(hints, 100, {code: len(names) for code, names in outcomes.items()})
        self.assertLess(grown, 400)  # 80 as built for use, 320 with sanitizers
        for client in clients:
            client.close()
        eventually(lambda: self.writes("acme/flows-again"), 60)
        names = {entry.split(b"\nmodel ")[1].split(b"\n")[0].decode() for entry in self.admin.entries(size)
                 if b"\nmodel acme/" in entry}
        self.assertFalse(names & outcomes["RESOURCE_EXHAUSTED"], "what was refused was written")
        self.assertLessEqual({"acme/warm", "acme/flows-again"}, names)

    def writes(self, name):
        try:
            return register(self.admin, name, timeout=5)
        except Failure as failure:
            self.assertIn(failure.code, ("UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"), failure.message)
            return None


    # ---- where it listens

    def test_port_in_use(self):
        """Two servers never share a port silently; the log that the second made is left in order."""
        code, said = refused("--data", self.folder(), "--listen", self.server.address, *self.new_database())
        self.assertEqual(code, 1)
        self.assertIn("cannot listen on " + self.server.address, said)

    def test_unix_socket(self):
        folder = tempfile.mkdtemp(prefix="jokbo-test-", dir="/tmp")
        self.addCleanup(shutil.rmtree, folder)
        address = "unix:" + os.path.join(folder, "grpc")
        server = self.new_server("--listen", address)
        self.assertEqual(server.address, address)
        client = server.client()
        self.assertEqual(client.call("Access.GetCaller")["account"]["id"], "1")
        client.close()
        result = server.jokbo("whoami")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(server.stop(), 0)
        server.start()  # a socket that an earlier server left is no hindrance
        other = self.opened(server.client())
        self.assertEqual(other.call("Access.GetCaller")["account"]["id"], "1")

    # ---- off loopback

    def test_plain_text_off_loopback(self):
        folder, options = self.folder(), self.new_database()
        for listen in ("0.0.0.0:0", "[::]:0"):
            code, said = refused("--data", folder, "--listen", listen, *options)
            self.assertEqual(code, 2)
            self.assertIn("--origin is needed unless listening on loopback", said)
            self.assertEqual(os.listdir(folder), [])
        for listen in ("0.0.0.0:0", "[::]:0"):
            code, said = refused("--data", folder, "--listen", listen, "--origin", "registry.test/jokbo", *options)
            self.assertEqual(code, 1)
            self.assertIn("without TLS would send tokens in plain text", said)

    def test_tls_and_its_reload(self):
        folder = tempfile.mkdtemp(prefix="jokbo-test-", dir="/tmp")
        self.addCleanup(shutil.rmtree, folder)
        cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
        first = make_certificate(cert, key)
        server = self.new_server("--listen", "0.0.0.0:0", "--origin", "registry.test/jokbo", "--tls-cert", cert,
                                 "--tls-key", key)
        self.address = "localhost:" + server.address.rsplit(":", 1)[1]
        self.assertEqual(self.origin_over_tls(first), "registry.test/jokbo")
        with self.assertRaises(Failure) as caught:
            self.opened(Client(self.address)).call("Log.GetCheckpoint", timeout=5)
        self.assertEqual(caught.exception.code, "UNAVAILABLE")  # plain text to a TLS port
        held = self.opened(Client(self.address, credentials=grpc.ssl_channel_credentials(first)))
        held.call("Log.GetCheckpoint")
        with open(cert, "w") as f:
            f.write("half of a file")
        time.sleep(1.2)
        self.assertEqual(self.origin_over_tls(first), "registry.test/jokbo")  # the old one stays
        second = make_certificate(cert, key)
        eventually(lambda: self.origin_over_tls(second))
        self.assertIsNone(self.origin_over_tls(first))
        held.call("Log.GetCheckpoint")  # a connection made before goes on
        self.assertIn("certificate-not-loaded", server.log())
        self.assertIn("certificate-reloaded", server.log())

    def origin_over_tls(self, root):
        client = Client(self.address, credentials=grpc.ssl_channel_credentials(root))
        try:
            return client.call("Log.GetCheckpoint", timeout=5)["origin"]
        except Failure as failure:
            self.assertEqual(failure.code, "UNAVAILABLE")
            return None
        finally:
            client.close()


if __name__ == "__main__":
    unittest.main()
