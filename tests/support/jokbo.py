"""What process-level tests share: a server in a data directory of its own, the real command line, and a gRPC client without
generated code, whose messages come from the descriptor set that the build makes. Python's standard library, grpcio, protobuf."""
import glob
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import uuid

# Nothing here forks: a fork waits for gRPC's threads, with some versions of Python and gRPC for ever, whatever is said here. Programs
# are started by vfork, which Python does by itself unless another user is asked for; AS_POSTGRES is for that.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
import grpc  # noqa: E402
from google.protobuf import descriptor_pb2, descriptor_pool, json_format  # noqa: E402
import clusters  # noqa: E402
from terminal import Terminal  # noqa: E402

# gRPC ends its threads with the last channel, and begins anew with the next one: where the two meet, version 1.51 aborts the process
# now and then (thread_pool.cc). This channel, which nobody uses, keeps it up to the end.
KEPT = grpc.insecure_channel("127.0.0.1:1")

try:  # protobuf 4 and later
    from google.protobuf.message_factory import GetMessageClass
except ImportError:
    from google.protobuf.message_factory import MessageFactory
    GetMessageClass = MessageFactory().GetPrototype  # one for all, which makes a class, and those of its fields, only once

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("JK_BUILD", os.path.join(ROOT, "build"))
ROSTER = os.path.join(ROOT, "registry", "data", "roster.yaml")
PROGRAMME = os.path.join(ROOT, "registry", "data", "demo", "programme.script")
COMPARES = ("--evidence", "on", "--evidence-pause-ms", "0")  # a server that says at once what weights show
# Words before a program's that run it as PostgreSQL's user, where the test is root, whom PostgreSQL refuses.
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] if os.geteuid() == 0 else []
SLOWER = float(os.environ.get("JK_TIMEOUT_FACTOR", "1"))  # under sanitizers, say: allowances are multiplied by it


def pool_of_build():
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet()
    with open(os.path.join(BUILD, "generated", "reflection.pb"), "rb") as f:
        files.ParseFromString(f.read())
    for file in files.file:
        pool.Add(file)
    return pool


class Failure(Exception):
    """A call that failed: code ("NOT_FOUND"), message, and the details as {type: dict}."""

    def __init__(self, error, pool):
        super().__init__(error.code().name + ": " + (error.details() or ""))
        self.code = error.code().name
        self.message = error.details()
        self.details = {}
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                self._decode(value, pool)

    def _decode(self, value, pool):
        status = GetMessageClass(pool.FindMessageTypeByName("google.rpc.Status"))()
        status.ParseFromString(value)
        for detail in status.details:
            name = detail.type_url.split("/")[-1]
            message = GetMessageClass(pool.FindMessageTypeByName(name))()
            message.ParseFromString(detail.value)
            self.details[name.split(".")[-1]] = json_format.MessageToDict(message, preserving_proto_field_name=True)

    @property
    def reason(self):
        return self.details.get("ErrorInfo", {}).get("reason")

    @property
    def metadata(self):
        return self.details.get("ErrorInfo", {}).get("metadata", {})

    @property
    def fields(self):
        found = self.details.get("BadRequest", {}).get("field_violations", [])
        return {v["field"]: v["description"] for v in found}


class Client:
    """client.call("Registry.GetModel", name="a/b") gives the reply as a dict, with defaults filled in."""
    _pool = None

    def __init__(self, address, token=None, options=(), credentials=None, forwarded=None):
        """forwarded: where the client is, by the word of a proxy that the server trusts (--proxies)."""
        if Client._pool is None:
            Client._pool = pool_of_build()
        self.pool, self.token, self.address = Client._pool, token, address
        self.forwarded = (("x-forwarded-for", forwarded),) if forwarded else ()
        self.channel = (grpc.secure_channel(address, credentials, options=list(options)) if credentials
                        else grpc.insecure_channel(address, options=list(options)))

    def close(self):
        self.channel.close()

    def method(self, name):
        service, method = name.split(".")
        return self.pool.FindServiceByName("jokbo.v1." + service).methods_by_name[method]

    def stub(self, name):
        method = self.method(name)
        request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
        path = "/%s/%s" % (method.containing_service.full_name, method.name)
        kind = {("UploadBlob"): self.channel.stream_unary, ("ReadEntries"): self.channel.unary_stream,
                ("WatchEntries"): self.channel.unary_stream, ("WatchCounts"): self.channel.unary_stream,
                ("GetReport"): self.channel.unary_stream}.get(
            method.name, self.channel.unary_unary)
        return request, kind(path, request_serializer=lambda m: m if isinstance(m, bytes) else m.SerializeToString(),
                             response_deserializer=response.FromString)

    def metadata(self, token="own"):
        token = self.token if token == "own" else token
        return ((("authorization", "Bearer " + token),) if token else ()) + self.forwarded

    @staticmethod
    def as_dict(message):
        return json_format.MessageToDict(message, preserving_proto_field_name=True, including_default_value_fields=True)

    def call(self, method, /, timeout=20, token="own", **fields):
        request, stub = self.stub(method)
        message = json_format.ParseDict(fields, request())
        try:
            return self.as_dict(stub(message, timeout=timeout, metadata=self.metadata(token)))
        except grpc.RpcError as error:
            raise Failure(error, self.pool) from None

    def raw(self, name, data, timeout=20, token="own"):
        """Sends bytes as they are: for what no well-behaved client would send."""
        _, stub = self.stub(name)
        try:
            return self.as_dict(stub(data, timeout=timeout, metadata=self.metadata(token)))
        except grpc.RpcError as error:
            raise Failure(error, self.pool) from None

    def upload(self, kind, data, sha256, size=None, piece=256 << 10, token="own"):
        request, stub = self.stub("Registry.UploadBlob")

        def messages():
            yield json_format.ParseDict({"header": {"kind": kind, "sha256": sha256,
                                                    "size": len(data) if size is None else size}}, request())
            for at in range(0, len(data), piece):
                yield request(data=data[at:at + piece])
        try:
            return self.as_dict(stub(messages(), timeout=60, metadata=self.metadata(token)))
        except grpc.RpcError as error:
            raise Failure(error, self.pool) from None

    def entries(self, start=0, end=0):
        request, stub = self.stub("Log.ReadEntries")
        found = []
        try:
            for piece in stub(request(start=start, end=end), timeout=60, metadata=self.metadata()):
                assert piece.start == start + len(found)
                found.extend(piece.entries)
        except grpc.RpcError as error:
            raise Failure(error, self.pool) from None
        return found


    def watch(self, start=0, timeout=None):
        """The stream itself, to be read and cancelled; its failures are grpc's."""
        request, stub = self.stub("Log.WatchEntries")
        return stub(request(start=start), timeout=timeout, metadata=self.metadata())

    def watch_begins(self, start=0):
        """A watch up to its first message, which comes at once."""
        return self.first_of(self.watch(start, timeout=20))

    def count_begins(self, **fields):
        """The first message of WatchCounts."""
        request, stub = self.stub("Evaluation.WatchCounts")
        return self.first_of(stub(json_format.ParseDict(fields, request()), timeout=20, metadata=self.metadata()))

    def report(self, stage, file, revision=0):
        """A file of a stage's report, whole: TABLE, JSON, MEMBERS, LEFT_OUT, CERTIFICATE, HTML, CSV."""
        request, stub = self.stub("Stages.GetReport")
        message = json_format.ParseDict({"stage": stage, "revision": revision, "file": "REPORT_FILE_" + file}, request())
        data, size, last = b"", None, False
        try:
            for piece in stub(message, timeout=60, metadata=self.metadata()):
                assert not last and len(piece.data) <= 64 << 10 and piece.size == (size or piece.size)
                data, size, last = data + piece.data, piece.size, piece.last
        except grpc.RpcError as error:
            raise Failure(error, self.pool) from None
        assert last and len(data) == size
        return data

    def first_of(self, stream):
        try:
            return next(stream)
        except grpc.RpcError as error:
            raise Failure(error, self.pool) from None
        finally:
            stream.cancel()


class Server:
    """jokbod in a data directory of its own (or a given one). Stop it, kill it, start it again."""

    def __init__(self, *options, data=None, binary=None, env=None):
        self.binary = binary or os.path.join(BUILD, "jokbod")
        self.owned = data is None
        self.data = data or tempfile.mkdtemp(prefix="jokbo-test-")
        os.chmod(self.data, 0o755)
        # An evaluator of a test is needed at once, and the log has what a test wrote. Tests of the rest itself, and of evidence, give the
        # option, or their own environment.
        self.options = list(options)
        self.env = dict(os.environ, JOKBOD_EVALUATOR_REST_HOURS="0", JOKBOD_EVIDENCE="off", **(env or {}))
        self.process, self.is_new = None, self.owned

    def start(self, timeout=90):
        options = list(self.options)
        if self.is_new and "--database" not in options and "JOKBOD_DATABASE" not in self.env:
            self.copy_cluster()
        self.is_new = False
        for name in ("--listen", "--http"):
            if name not in options:
                options = [name, "127.0.0.1:0"] + options
        self.errors = open(os.path.join(self.data, "server.err"), "ab")
        self.process = subprocess.Popen([self.binary, "--data", self.data] + options, stdout=subprocess.PIPE,
                                        stderr=self.errors, env=self.env, text=True)
        timer = threading.Timer(timeout, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        found = re.match(r"jokbod ready grpc=(\S+)(?: http=(\S+))? data=(\S+?)(?: metrics=(\S+))?$", line.strip())
        if not found:
            self.process.wait()
            self.process.stdout.close()
            self.errors.close()
            raise RuntimeError("jokbod did not start: %r\n%s" % (line, self.log()))
        self.address, self.http, self.metrics = found.group(1), found.group(2), found.group(4)
        return self

    def copy_cluster(self):
        """Spares it the initdb and the migrations of its first start, where tests/run has clusters copied."""
        def make(folder):
            shutil.rmtree(folder + ".data", ignore_errors=True)
            subprocess.run([os.path.join(BUILD, "tests", "make_cluster"), folder + ".data"], check=True, timeout=120)
            shutil.rmtree(os.path.join(folder + ".data", "postgresql", "log"))  # a server's log begins with its own start
            os.rename(os.path.join(folder + ".data", "postgresql"), folder)
            shutil.rmtree(folder + ".data")
            forget_wal(folder)
        cluster = os.path.join(self.data, "postgresql")
        if not os.path.exists(cluster):
            clusters.copied("private", make, cluster)

    def log(self):
        with open(os.path.join(self.data, "server.err"), errors="replace") as f:
            return f.read()

    @property
    def token(self):
        with open(os.path.join(self.data, "client.config")) as f:
            return re.search(r"^token = (\S+)$", f.read(), re.M).group(1)

    def client(self, token="admin"):
        return Client(self.address, self.token if token == "admin" else token)

    def jokbo(self, *arguments, token="admin", input=None, env=None, timeout=60, before=()):
        """The command line with no terminal, no configuration of anybody's, and this server. `before`: a command that starts it."""
        return subprocess.run([*before, os.path.join(BUILD, "jokbo"), *arguments], env=self.user_env(token, env), input=input,
                              text=True, stdin=subprocess.DEVNULL if input is None else None, capture_output=True,
                              timeout=timeout)

    def on_terminal(self, *arguments, token="admin", env=None, columns=None):
        """The same with somebody before it."""
        return Terminal([os.path.join(BUILD, "jokbo")] + list(arguments), self.user_env(token, dict({"NO_COLOR": "1"}, **(env or {}))),
                        columns=columns)

    def user_env(self, token="admin", env=None):
        own = {k: v for k, v in os.environ.items() if not k.startswith(("JOKBO", "XDG_"))}
        own.update({"HOME": self.data, "LC_ALL": "C.UTF-8", "JOKBO_SERVER": self.address}, **(env or {}))
        token = self.token if token == "admin" else token
        if token:
            own["JOKBO_TOKEN"] = token
        return own

    def jokbo_json(self, *arguments, **options):
        result = self.jokbo(*arguments, "--json", **options)
        return result.returncode, json.loads(result.stdout)

    def load_demo(self, *options, script=PROGRAMME, env=None, timeout=120):
        """Plays the programme so far; the server needs the options COMPARES."""
        return self.jokbo("demo", "load", script, "--http", "http://" + self.http, *options, env=env, timeout=timeout)

    def load_roster(self):
        result = self.jokbo("roster", "apply", ROSTER)
        assert result.returncode == 0, result.stdout + result.stderr
        return self

    def postmaster(self):
        with open(os.path.join(self.data, "postgresql", "postmaster.pid")) as f:
            return int(f.readline())

    def kill(self, which=signal.SIGKILL):
        self.process.send_signal(which)
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def stop(self, timeout=60):
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout)
        self.process.stdout.close()
        self.errors.close()
        self.process = None
        return code

    def processes(self):
        """What works for this data directory: the server, its supervisor, PostgreSQL."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    words = os.fsdecode(f.read()).split("\0")
                here = os.readlink("/proc/%s/cwd" % pid)
            except OSError:
                continue
            ours = os.path.basename(words[0]) in ("jokbod", "postgres") and any(
                (word + "/").startswith(self.data + "/") for word in words)
            if ours or here.startswith(self.data + "/"):
                found.append(int(pid))
        return found

    def left_running(self, timeout=10):
        """What still runs after a while: PostgreSQL's logger ends a moment after its postmaster."""
        until = time.monotonic() + timeout
        while self.processes() and time.monotonic() < until:
            time.sleep(0.02)
        return self.processes()

    def end_all(self):
        """Waits until nothing of this server runs any more, and at last ends what still does."""
        for which in (signal.SIGTERM, signal.SIGQUIT, signal.SIGKILL):
            for pid in self.left_running():
                try:
                    os.kill(pid, which)
                except ProcessLookupError:
                    pass
        self.left_running()

    def close(self):
        try:
            self.stop()
        finally:
            self.end_all()
            if self.owned:
                shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()


def allowed(seconds):
    """How long by the clock something may take that takes `seconds` at most where nothing else runs: on a machine that has more to do
    than it has cores, all take longer."""
    return seconds * SLOWER * max(1, os.getloadavg()[0] / os.cpu_count())


def new_id():
    return str(uuid.uuid4())


def eventually(condition, timeout=20, message="it did not come to that"):
    until = time.monotonic() + timeout * SLOWER
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(message)
        time.sleep(0.02)


def person(admin, label, roles=(), team="", scopes=(), verifier=""):
    """A client with a token of a new account: roles and scopes without their prefix, in lower case."""
    account = admin.call("Access.CreateAccount", label=label, roles=["ROLE_" + r.upper() for r in roles], team=team,
                         verifier=verifier)
    token = admin.call("Access.CreateToken", account=account["id"], label=label,
                       scopes=["TOKEN_SCOPE_" + s.upper() for s in scopes])
    client = Client(admin.address, token["secret"])
    client.account = int(account["id"])
    return client


def accepted(admin, publisher, account):
    """The account accepts its invitation, whatever its own tokens may."""
    token = admin.call("Access.CreateToken", account=account, lifetime_seconds=60, scopes=["TOKEN_SCOPE_PUBLISHERS"])
    client = Client(admin.address, token["secret"])
    try:
        return client.call("Access.AcceptMembership", publisher=publisher)
    finally:
        client.close()


def joined(admin, publisher, account, role="MEMBER_ROLE_WRITER", by=None):
    """The account becomes a member by the word of both sides, or changes its role: the reply to what made it so."""
    reply = (by or admin).call("Access.SetMember", publisher=publisher, account=account, role=role)
    return accepted(admin, publisher, account) if reply["invited"] != "MEMBER_ROLE_UNSPECIFIED" else reply


def confirmed(first, second, method, /, **fields):
    """What an evaluator rules and another one confirms: the confirmed ruling."""
    made = first.call(method, **fields)
    return second.call("Stages.DecideRuling", ruling=made.get("ruling") or made["log_index"], confirm=True)


class Manifest:
    """A manifest of files, each with a digest of its own made from a word; and the digests that follow from it, by
    registry/formats/manifest.md. `tensors` names the same weights whatever the files are."""

    def __init__(self, files, tensors=()):
        rows = sorted((name, hashlib.sha256(word.encode()).hexdigest()) for name, word in files.items())
        shards = [name for name, _ in rows if name.endswith(".safetensors")]
        lines = ["file %s 5 %s" % (digest, name) for name, digest in rows]
        tensor = ["tensor %s BF16 4x4 %s" % (hashlib.sha256(word.encode()).hexdigest(), word) for word in tensors]
        lines += sorted("%s %s" % (line, shards[0]) for line in tensor)
        self.bytes = "".join(line + "\n" for line in ["jokbo/manifest/v1"] + lines).encode()
        self.digest = hashlib.sha256(self.bytes).hexdigest()
        weights = sorted(digest for name, digest in rows if name.rpartition(".")[2] in ("safetensors", "gguf", "bin"))
        self.files = self.over(sorted(set(weights)))
        self.weights = self.over(sorted(tensor)) if tensor else self.over(weights)

    @staticmethod
    def over(lines):
        """None for no lines, as for a manifest without weights."""
        return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest() if lines else None

    @property
    def named(self):
        """The fields of a declared release that name it."""
        return {"artifact_sha256": self.digest, "weights_sha256": self.weights or ""}

    def upload(self, client):
        return client.upload("BLOB_KIND_MANIFEST", self.bytes, self.digest)


def registered(name, lineage_hash=""):
    return {"registered": {"name": name, "lineage_hash": lineage_hash}}


def external(name, revision=""):
    return {"external": {"name": name, "revision": revision}}


def derivative(name, *parents, version="1", relation="finetune", license="Apache-2.0", **fields):
    """A declared release; a parent given as text is a registered one."""
    declared = dict(name=name, version=version, license=license,
                    parents=[registered(p) if isinstance(p, str) else p for p in parents], **fields)
    if relation:
        declared["relation"] = "RELATION_" + relation.upper()
    return declared


class Case(unittest.TestCase):
    """Tests that share a server with the roster loaded, an admin, and two developers with a publisher each."""
    maxDiff = 2000
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.options)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.admin = cls.server.client()
        cls.server.load_roster()
        cls.anyone = Client(cls.server.address)
        cls.alice, cls.bob = person(cls.admin, "alice"), person(cls.admin, "bob")
        cls.alice.call("Registry.CreatePublisher", name="alice")
        cls.bob.call("Registry.CreatePublisher", name="bob")

    def size(self):
        return int(self.anyone.call("Log.GetCheckpoint")["log_size"])

    def register(self, name, *parents, client=None, **fields):
        return (client or self.alice).call("Registry.RegisterDerivative", derivative=derivative(name, *parents, **fields))

    def model(self, name):
        return self.anyone.call("Registry.GetModel", name=name)

    def refused(self, code, reason, method, client=None, fields=None, /, **request):
        """The call fails with this code and reason, and exactly these fields where given, and writes nothing."""
        before, client = self.size(), client or self.alice
        with self.assertRaises(Failure) as caught:
            client.call(method, **request)
        failure = caught.exception
        self.assertEqual((failure.code, failure.reason), (code, reason), failure.message)
        if fields is not None:
            self.assertEqual(sorted(failure.fields), sorted(fields), failure.fields)
        written = self.anyone.entries(before, self.size()) if self.size() > before else []
        # a stage whose cut-off has come is closed by the server itself, whenever that is
        own = [entry for entry in written if b"\nkind close\n" not in entry or b"\nactor server\n" not in entry]
        self.assertEqual(own, [], "a refused call wrote to the log")
        return failure

    def wrong(self, fields, method, client=None, /, **request):
        return self.refused("INVALID_ARGUMENT", "INVALID_FIELD", method, client, fields, **request)

    def release(self, name, client=None, **fields):
        return (client or self.alice).call("Registry.PublishRelease", release=dict(name=name, **fields))

    def kinds(self, name):
        """A model's findings: kind without its prefix, in lower case, and root."""
        return {(f["kind"][len("FINDING_KIND_"):].lower(), f["root"]) for f in self.model(name)["findings"]}

    def roots(self, name):
        return {r["name"]: r["depth"] for r in self.model(name)["roots"]}


class Shared(Case):
    """Tests of several classes of a file on one server, which its setUpModule starts by Shared.open()."""

    @classmethod
    def setUpClass(cls):
        pass

    @staticmethod
    def open():
        unittest.addModuleCleanup(Case.doClassCleanups)  # first: it runs, too, where the rest fails
        Case.setUpClass()


def forget_wal(cluster):
    """Leaves a stopped cluster an empty write-ahead log, with a hole for its zeros: a third less to copy."""
    subprocess.run([*AS_POSTGRES, os.path.join(Cluster.programs(), "pg_resetwal"), cluster], check=True, cwd="/",
                   stdout=subprocess.DEVNULL, timeout=60)
    for segment in glob.glob(os.path.join(glob.escape(cluster), "pg_wal", "0*")):
        subprocess.run(["fallocate", "--dig-holes", segment], check=True, timeout=60)


class Cluster:
    """A PostgreSQL of the test's own, for servers with --database: start, stop, kill, freeze and thaw it. Where its shared memory
    lies is initdb's choice: not in /dev/shm where that is closed to the user postgres."""

    def __init__(self, env=None):
        self.bin = self.programs()
        self.env = dict(os.environ, **(env or {}))
        self.folder = tempfile.mkdtemp(prefix="jokbo-pg-")
        self.url = "host=%s dbname=jokbo user=postgres" % self.folder
        self.process = None
        if AS_POSTGRES:
            shutil.chown(self.folder, "postgres", "postgres")
        if not clusters.copied("plain", self._make_for_copies, self.folder + "/data"):
            self._make(self.folder + "/data")

    def _make_for_copies(self, folder):
        self._make(folder)
        forget_wal(folder)

    def _make(self, folder):
        os.mkdir(folder, 0o700)  # by whoever runs the test: PostgreSQL's user may not write beside it
        if AS_POSTGRES:
            shutil.chown(folder, "postgres", "postgres")
        self._run("initdb", "-D", folder, "-U", "postgres", "--auth=trust", "--no-sync")

    @staticmethod
    def programs():
        """The folder of the newest PostgreSQL's programs."""
        return max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))

    def _run(self, program, *arguments):
        subprocess.run([*AS_POSTGRES, os.path.join(self.bin, program), *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL,
                       timeout=60)

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [*AS_POSTGRES, os.path.join(self.bin, "postgres"), "-D", self.folder + "/data", "-k", self.folder, "-c",
                 "listen_addresses="], cwd="/", env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        ready = [os.path.join(self.bin, "pg_isready"), "-q", "-h", self.folder]
        until = time.monotonic() + 60
        while subprocess.run(ready).returncode != 0:
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError("PostgreSQL did not start; its log ends with\n" + self.log()[-4000:])
            time.sleep(0.02)
        return self

    def log(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as f:
            return f.read()

    def create_database(self):
        self._run("createdb", "-h", self.folder, "-U", "postgres", "jokbo")
        return self

    def sql(self, text, database="jokbo", timeout=60):
        url = self.url.replace("dbname=jokbo", "dbname=" + database)
        return subprocess.run([os.path.join(self.bin, "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", text],
                              check=True, capture_output=True, text=True, timeout=timeout).stdout

    def freeze(self):
        self._signal_all(signal.SIGSTOP)

    def thaw(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, which):
        """Each backend is a group of its own, so the postmaster's children are signalled one by one."""
        for pid in children(self.process.pid) + [self.process.pid]:
            try:
                os.kill(pid, which)
            except ProcessLookupError:
                pass

    def stop(self, which=signal.SIGINT):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(which)
        self.thaw()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self._signal_all(signal.SIGKILL)
            self.process.wait()
        self.process = None

    def close(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def children(pid):
    """The processes that a process started and has not buried."""
    found = []
    for path in glob.glob("/proc/%d/task/*/children" % pid):  # of each thread
        try:
            with open(path) as f:
                found += map(int, f.read().split())
        except OSError:  # the thread has ended
            pass
    return found


def descendants(pid):
    """All processes under a process."""
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


def cpu_seconds(pid):
    """CPU time of a process and of all under it, with what ended there and was waited for."""
    ticks = 0
    for process in [pid] + descendants(pid):
        try:
            with open("/proc/%d/stat" % process) as f:
                ticks += sum(map(int, f.read().rpartition(")")[2].split()[11:15]))
        except OSError:  # it has ended
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


def alive(pid):
    """Whether a process runs; a zombie does not."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
