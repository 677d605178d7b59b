"""A file includes only from its own layer or below, and each foreign library is seen by the folders that own it."""
import re

from c_text import blank_comments, blank_literals
from lint import File, Finding, line_of, main

# What each folder may include, besides itself. "proto": the messages that are generated from proto/.
SERVED = {"base", "tlog", "domain", "book", "report", "auth", "store", "closing", "reply", "proto"}
BELOW = {
    "base": set(),
    "tlog": {"base"},
    "domain": {"base"},
    "weights": {"base", "domain"},
    "book": {"base", "domain"},
    "auth": {"base", "domain"},
    "report": {"base", "tlog", "domain", "book"},
    "fetch": {"base"},
    "tiles": {"base", "tlog"},
    "witness": {"base", "tlog", "fetch"},
    "store": {"base", "tlog", "domain", "book", "auth", "tiles"},
    "closing": {"base", "tlog", "tiles", "domain", "book", "report", "store"},
    "reply": {"base", "domain", "book", "proto"},
    "audit": {"base", "tlog", "domain", "book", "report", "fetch"},
    "export": {"base", "tlog", "domain", "book", "audit"},
    "service/call": SERVED,
    "service/records": SERVED | {"service/call"},
    "service/evaluate": SERVED | {"service/call", "service/records"},
    "service": SERVED | {"service/call", "service/records", "service/evaluate"},
    "rpc": {"base", "tlog", "domain", "book", "auth", "store", "reply", "service", "service/call", "proto"},
    "http": {"base", "tlog", "tiles", "auth", "store"},
    "declare": {"base", "domain", "reply", "proto"},
    "cli/console": {"base", "domain", "report", "reply", "proto"},
    "verify": {"base", "tlog", "domain", "book", "report", "fetch", "audit", "reply", "proto", "cli/console"},
    "demo": {"base", "domain", "reply", "proto", "declare", "cli/console"},
    "cli": {"base", "tlog", "domain", "book", "report", "fetch", "audit", "export", "reply", "proto", "declare", "cli/console", "verify", "demo"},
    "daemon": {"base", "tlog", "domain", "book", "auth", "tiles", "fetch", "witness", "store", "closing", "service", "service/call", "service/records", "service/evaluate", "rpc", "http"},
}
# Prefix of a system header: the paths under registry/ that may include it.
OWNERS = {
    "grpc/": r"(rpc|cli/console)/",
    "libpq-fe.h": r"store/",
    "libpq/": r"store/",
    "openssl/": r"(base/digest\.c|tlog/|store/\w*key\w*\.[ch]|rpc/credentials\.c)",
    "microhttpd.h": r"http/",
    "zlib.h": r"http/",
    "curl/": r"fetch/",
    "jansson.h": r"(auth|cli|demo|verify|declare|reply|http|report)/",
    "yaml.h": r"declare/",
    "protobuf-c/": r"(reply|service|rpc|cli)/",
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
LIBPQ_CALL = re.compile(r"\bPQ[a-z]\w*\s*\(")


def check(files):
    for path, file in files.items():
        if path.startswith("registry/") and path.endswith((".c", ".h", ".def")):
            yield from check_file(path, file.text)


def check_file(path, text):
    inner = path[len("registry/"):]
    folder = inner.rpartition("/")[0]
    if folder not in BELOW:
        yield Finding(path, 1, f"the folder \"{folder}\" has no layer: give it one in tests/lint/check_layers.py")
        return
    for match in INCLUDE.finditer(blank_comments(text)):
        wrong = fault_in_house(folder, match[2]) if match[1] == '"' else fault_outside(inner, match[2])
        if wrong:
            yield Finding(path, line_of(text, match.start(1)), wrong)
    if folder != "store":
        for match in LIBPQ_CALL.finditer(blank_literals(text)):
            yield Finding(path, line_of(text, match.start()), "only store/ calls libpq")


def fault_in_house(folder, name):
    first = "proto" if name.endswith(".pb-c.h") else name.rpartition("/")[0]
    if first == "" and name.endswith(".def") and name == "migrations.def":
        first = "store"  # generated for it
    if first == folder or first in BELOW[folder]:
        return None
    if first == "" and folder != "":
        return f"\"{name}\" is included without its folder: write \"{folder}/{name}\""
    return f"{folder or 'registry'}/ must not include \"{name}\": it may include from itself and " \
        + (", ".join(sorted(BELOW[folder])) or "nothing else")


def fault_outside(inner, name):
    for prefix, owners in OWNERS.items():
        if name.startswith(prefix) and not re.match(owners, inner):
            return f"<{name}> belongs to {owners}: go through what stands there"
    return None


main(check, [
    ({"registry/domain/a.c": File('#include "domain/a.h"\n#include "base/span.h"\n#include <stdio.h>\n')}, 0),
    ({"registry/domain/a.c": File('#include "store/store.h"\n')}, 1),
    ({"registry/base/a.c": File('#include "domain/ident.h"\n')}, 1),
    ({"registry/cli/a.c": File('#include "service/call/call.h"\n#include "jokbo/v1/log.pb-c.h"\n')}, 1),
    ({"registry/store/a.c": File('#include "a.h"\n')}, 1),
    ({"registry/store/a.c": File('// #include "rpc/a.h"\n/* #include "rpc/a.h" */\n#include "migrations.def"\n')}, 0),
    ({"registry/service/a.c": File("#include <grpc/grpc.h>\n#include <libpq-fe.h>\n")}, 2),
    ({"registry/service/a.c": File('int f(void) { return PQstatus(x); }\nchar *a = "PQexec(";\n')}, 1),
    ({"registry/store/a.c": File("#include <libpq-fe.h>\nint f(void) { return PQstatus(x); }\n")}, 0),
    ({"registry/store/a.c": File("#include <openssl/evp.h>\n")}, 1),
    ({"registry/store/keyfile.c": File("#include <openssl/evp.h>\n")}, 0),
    ({"registry/extra/a.c": File("")}, 1),
    ({"registry/daemon/main.c": File('#include "daemon/config.h"\n#include "rpc/server.h"\n')}, 0),
    ({"registry/daemon/main.c": File('#include "cli/console/client.h"\n')}, 1),
    ({"registry/rpc/a.c": File('#include "store/store.h"\n#include "jokbo/v1/log.pb-c.h"\n#include <grpc/grpc.h>\n')}, 0),
])
