"""A file includes only what the row of its folder in registry/layers.txt names: folders from below, and the headers of its
libraries. The build links by the same table, so every row is one that holds."""
import re
from typing import NamedTuple

from c_text import blank_comments, blank_literals
from lint import File, Finding, line_of, main

TABLE = "registry/layers.txt"
ROW = re.compile(r"([a-z/]+) *\|([a-z/ ]*)\|([a-z0-9 -]*)")
# Prefix of a system header: the library in the table.
LIBRARIES = {"grpc/": "grpc", "libpq-fe.h": "pq", "libpq/": "pq", "openssl/": "crypto", "microhttpd.h": "microhttpd", "zlib.h": "zlib",
             "curl/": "curl", "jansson.h": "jansson", "yaml.h": "yaml", "protobuf-c/": "protobuf-c", "math.h": "m"}
WITHOUT_HEADERS = {"threads"}
# Where a row says too little: the only files of a folder that may use the library.
WITHIN = {("base", "crypto"): "base/digest.c", ("rpc", "crypto"): "rpc/credentials.c"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
LIBPQ_CALL = re.compile(r"\bPQ[a-z]\w*\s*\(")


class Layer(NamedTuple):
    seen: set
    libraries: set
    line: int


def check(files):
    layers = {}
    yield from read_table(files.get(TABLE, File("")).text, layers)
    used = {folder: set() for folder in layers}
    for path, file in files.items():
        if path.startswith("registry/") and path.endswith((".c", ".h", ".def")):
            yield from check_file(path, file.text, layers, used)
    for folder, layer in layers.items():
        for library in sorted(layer.libraries - used[folder] - WITHOUT_HEADERS):
            if folder != "proto":  # whose files are generated
                yield Finding(TABLE, layer.line, f"no file of {folder}/ includes a header of {library}: take it out of the row")


def read_table(text, layers):
    for number, line in enumerate(text.splitlines(), 1):
        row = ROW.fullmatch(line)
        if line.startswith("#") or not line:
            continue
        if not row:
            yield Finding(TABLE, number, "a row is \"folder | what it sees | libraries\"")
            continue
        seen, libraries = set(row[2].split()), set(row[3].split())
        for name in sorted(seen - layers.keys()):
            yield Finding(TABLE, number, f"{row[1]}/ sees {name}, which no row above names")
        for name in sorted(libraries - set(LIBRARIES.values()) - WITHOUT_HEADERS):
            yield Finding(TABLE, number, f"the library {name} is not known here")
        layers[row[1]] = Layer(seen, libraries, number)


def check_file(path, text, layers, used):
    inner = path[len("registry/"):]
    folder = inner.rpartition("/")[0]
    if folder not in layers:
        yield Finding(path, 1, f"the folder \"{folder}\" has no layer: give it a row in {TABLE}")
        return
    for match in INCLUDE.finditer(blank_comments(text)):
        if match[1] == '"' or match[2].endswith(".pb-c.h"):
            wrong = fault_in_house(folder, match[2], layers[folder].seen)
        else:
            wrong = fault_outside(inner, folder, match[2], layers[folder].libraries, used)
        if wrong:
            yield Finding(path, line_of(text, match.start(1)), wrong)
    if folder != "store":
        for match in LIBPQ_CALL.finditer(blank_literals(text)):
            yield Finding(path, line_of(text, match.start()), "only store/ calls libpq")


# Tables that the build makes, and the folder that each is made for.
GENERATED = {"migrations.def": "store", "site.def": "web/pages"}


def fault_in_house(folder, name, seen):
    first = "proto" if name.endswith(".pb-c.h") else name.rpartition("/")[0]
    if first == "":
        first = GENERATED.get(name, "")
    if first == folder or first in seen:
        return None
    if first == "" and folder != "":
        return f"\"{name}\" is included without its folder: write \"{folder}/{name}\""
    return f"{folder or 'registry'}/ must not include \"{name}\": it may include from itself and " \
        + (", ".join(sorted(seen)) or "nothing else")


def fault_outside(inner, folder, name, libraries, used):
    library = next((library for prefix, library in LIBRARIES.items() if name.startswith(prefix)), None)
    if library is None:
        return None
    used[folder].add(library)
    if library not in libraries:
        return f"<{name}> is of {library}, which {folder}/ does not use: go through a folder that does"
    only = WITHIN.get((folder, library), inner)
    return None if inner == only else f"<{name}> belongs to {only} alone: go through what stands there"


LAYERS = """# The rows.
base | | crypto threads
domain | base |
store | base domain | pq
proto | | protobuf-c
service | base store proto |
rpc | base store proto service | crypto grpc
daemon | base rpc |
"""
USES = {"registry/base/digest.c": File("#include <openssl/evp.h>\n"), "registry/store/u.c": File("#include <libpq-fe.h>\n"),
        "registry/rpc/credentials.c": File("#include <openssl/x509.h>\n#include <grpc/grpc.h>\n")}


def tree(table=LAYERS, **sources):
    """USES, and sources by their path with `__` for slashes and the suffix .c left out."""
    return {TABLE: File(table), **USES, **{f"registry/{name.replace('__', '/')}.c": File(text) for name, text in sources.items()}}


main(check, [
    (tree(domain__a='#include "domain/a.h"\n#include "base/span.h"\n#include <stdio.h>\n'), 0),
    (tree(domain__a='#include "store/store.h"\n'), 1),
    (tree(base__a='#include "domain/ident.h"\n'), 1),
    (tree(domain__a='#include "service/call.h"\n#include <jokbo/v1/log.pb-c.h>\n'), 2),
    (tree(service__a='#include <jokbo/v1/log.pb-c.h>\n#include "jokbo/v1/log.pb-c.h"\n'), 0),
    (tree(store__a='#include "a.h"\n'), 1),
    (tree(store__a='// #include "rpc/a.h"\n/* #include "rpc/a.h" */\n#include "migrations.def"\n'), 0),
    (tree(service__a="#include <grpc/grpc.h>\n#include <libpq-fe.h>\n"), 2),
    (tree(service__a='int f(void) { return PQstatus(x); }\nchar *a = "PQexec(";\n'), 1),
    (tree(store__a="int f(void) { return PQstatus(x); }\n"), 0),
    (tree(store__a="#include <openssl/evp.h>\n"), 1),
    (tree(rpc__a="#include <openssl/evp.h>\n"), 1),
    (tree(extra__a=""), 1),
    (tree(daemon__main='#include "daemon/config.h"\n#include "rpc/server.h"\n'), 0),
    (tree(daemon__main='#include "store/store.h"\n'), 1),
    (tree(LAYERS.replace("domain | base |", "domain | base store |")), 1),
    (tree(LAYERS.replace("domain | base |", "domain | base | zlib")), 1),
    (tree(LAYERS.replace("domain | base |", "domain | base | motif")), 2),
    (tree(LAYERS.replace("domain | base |", "domain: base")), 2),
])
