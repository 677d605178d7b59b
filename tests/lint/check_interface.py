"""registry/docs/interface.md is what the comments of the interface and the table of permissions say: this makes the page from both, and
holds what is there against it. JK_INTERFACE_UPDATE=1 writes it.
Called as `check_interface.py ROOT GENERATED` or `check_interface.py --self-test`."""
import difflib
import os
import re
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from check_proto import GOOD, compile_text, read_set

PAGE = os.path.join("registry", "docs", "interface.md")
METHODS = os.path.join("registry", "service", "call", "methods.def")
COLUMNS = ("method", "does", "errors", "who may call it", "scopes of the token", "may be repeated", "over HTTP: GET")
CALLERS = {"ANYONE": "anybody", "ACCOUNT": "any account", "MEMBER": "a member of the publisher", "OWNER": "an owner of the publisher",
           "REGISTRAR": "a registrar", "TEAM": "the team", "EVALUATOR": "an evaluator", "ADMIN": "an admin",
           "VERIFIER": "a verifier"}
OPTIONS = descriptor_pb2.MethodOptions
REPEAT = {OPTIONS.NO_SIDE_EFFECTS: "yes, it reads", OPTIONS.IDEMPOTENT: "yes", OPTIONS.IDEMPOTENCY_UNKNOWN: "no"}
SYNTAX = (12,)  # the path of the first statement of a file, whose comment is the file's
HEAD = """# The interface

**For** whoever writes a client, or wants to know what the server can be asked. **Afterwards** you know every method of it, what it does, how it
fails, who may call it, and whether it may be repeated.

The interface is gRPC with protocol buffers, package [`jokbo.v1`](../../proto/jokbo/v1); every field is described there. Reading needs no
account. Errors carry `google.rpc.ErrorInfo` with a reason, and `BadRequest` with every wrong field. Reflection and health (`grpc.health.v1`)
are on. The bytes that outsiders hash are specified in [the formats](../formats/README.md); a checkpoint is a C2SP signed note over an RFC
6962 tree. What anybody may read of the registry has paths over HTTP, too, which [have a page of their own](api.md); in `{braces}` is a field of the request,
and the others are parameters of the query.

This page is made from the comments in `proto/jokbo/v1` and from the permissions in `registry/service/call/methods.def`, so change those;
`JK_INTERFACE_UPDATE=1 ctest --test-dir build -R lint/interface` then writes it. Where several kinds of callers are named, one of them is
enough; where several scopes are named, the token needs all. Which member, team or registrar may do it depends on the object. What may be
repeated changes nothing when it is: a write that has a `request_id` is known again by it.
"""


def permissions(text):
    """(service, method) to the names of who may call it, and of the scopes; in the table's order."""
    rows = re.findall(r"^JK_METHOD\((\w+), (\w+), \w+, \w+, ([\w| ]+), ([\w| ]+),", text, re.M)
    return {(service, method): (re.findall(r"JK_MAY_(\w+)", callers), re.findall(r"JK_SCOPE_(\w+)", scopes))
            for service, method, callers, scopes in rows}


def comments_of(file):
    return {tuple(place.path): place.leading_comments for place in file.source_code_info.location}


def joined(comment):
    return " ".join(comment.split()).replace("|", "\\|")


def conventions(comment):
    """The items of the list in a file's comment."""
    items = re.split(r"\n - ", "\n" + comment.split(":\n", 1)[1])
    return ["- " + " ".join(item.split()) for item in items if item.strip()]


class Paths:
    """The paths over HTTP of methods, as the option google.api.http has them, which these files themselves declare."""

    def __init__(self, files):
        self.option, pool = None, descriptor_pool.DescriptorPool()
        if any(file.name == "google/api/annotations.proto" for file in files.file):
            for file in files.file:
                pool.AddSerializedFile(file.SerializeToString())
            self.option = pool.FindExtensionByName("google.api.http")
            type_ = pool.FindMessageTypeByName("google.protobuf.MethodOptions")
            self.options = message_factory.MessageFactory(pool).GetPrototype(type_)

    def of(self, method):
        if not self.option:
            return []
        options = self.options.FromString(method.options.SerializeToString())
        rule = options.Extensions[self.option]
        bindings = (rule, *rule.additional_bindings)
        return ["POST " + binding.post if binding.post else binding.get for binding in bindings if binding.get or binding.post]


def row(method, comment, permission, paths):
    does, _, errors = joined(comment).partition("Errors: ")
    streams = ["client streams"] * method.client_streaming + ["server streams"] * method.server_streaming
    cells = ["`%s`" % method.name + (" (%s)" % ", ".join(streams) if streams else ""), does.strip(), errors.rstrip("."),
             ", ".join(CALLERS[name] for name in permission[0]), ", ".join("`%s`" % name.lower() for name in permission[1]),
             REPEAT[method.options.idempotency_level], ", ".join("`%s`" % path for path in paths.of(method))]
    return "| %s |" % " | ".join(cells)


def section(file, at, permitted, paths):
    service, comments = file.service[at], comments_of(file)
    lines = ["", "## `%s.%s`" % (file.package, service.name), "", joined(comments.get((6, at), "")), "",
             "| %s |" % " | ".join(COLUMNS), "|%s" % (" --- |" * len(COLUMNS))]
    return lines + [row(method, comments.get((6, at, 2, i), ""), permitted[service.name, method.name], paths)
                    for i, method in enumerate(service.method)]


def page(files, table):
    permitted = permissions(table)
    order = list(dict.fromkeys(service for service, _ in permitted))
    found = [(file, i) for file in files.file if file.package.startswith("jokbo.") for i in range(len(file.service))]
    found.sort(key=lambda place: order.index(place[0].service[place[1]].name))
    paths = Paths(files)
    rules = [line for file, _ in found for line in listed(comments_of(file).get(SYNTAX, ""))]
    lines = HEAD.rstrip("\n").split("\n") + ["", "## Conventions", ""] + rules
    for file, i in found:
        lines += section(file, i, permitted, paths)
    return "\n".join(lines) + "\n"


def listed(comment):
    return conventions(comment) if "\n - " in comment else []


def differences(files, table, text):
    return list(difflib.unified_diff(text.split("\n"), page(files, table).split("\n"), PAGE, "what the interface says", lineterm="", n=0))


def self_test():
    proto = "// F. Rules:\n// - one\n//   rule.\n// - two.\n" + GOOD.replace("// M.", "// Does M. Errors: NOT_FOUND.")
    files, table = compile_text(proto), "JK_METHOD(S, M, U, L, JK_MAY_ADMIN | JK_MAY_TEAM, JK_SCOPE_MODELS, a, a, m)\n"
    text = page(files, table)
    for line in ("- one rule.", "- two.", "| `M` | Does M. | NOT_FOUND | an admin, the team | `models` | yes |  |"):
        assert line in text.split("\n"), (line, text)
    assert not differences(files, table, text)
    assert differences(files, table.replace("JK_MAY_ADMIN | ", ""), text)
    assert differences(compile_text(proto.replace("Does M", "Does more")), table, text)
    served = GOOD.replace("package", "import \"google/api/annotations.proto\"; package", 1).replace(
        "IDEMPOTENT;", "IDEMPOTENT; option (google.api.http) = { get: \"/v1/a\" additional_bindings: { get: \"/v1/a/{f}\" } };")
    served_files = compile_text(served, os.path.join(os.path.dirname(__file__), "..", "..", "proto"))
    text = page(served_files, table)
    assert text.split("\n")[-2].endswith("| yes | `/v1/a`, `/v1/a/{f}` |"), text
    assert differences(compile_text(GOOD), table, text)
    print("the check can fail in 3 ways")
    return 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    root, generated = arguments
    files, path = read_set(os.path.join(generated, "descriptors.pb")), os.path.join(root, PAGE)
    with open(os.path.join(root, METHODS), encoding="utf-8") as f:
        table = f.read()
    if os.environ.get("JK_INTERFACE_UPDATE") == "1":
        with open(path, "w", encoding="utf-8") as f:
            f.write(page(files, table))
    with open(path, encoding="utf-8") as f:
        found = differences(files, table, f.read())
    print("\n".join(found + ["%s: %s" % (PAGE, "JK_INTERFACE_UPDATE=1 writes what the interface says" if found else "as the interface says")]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
