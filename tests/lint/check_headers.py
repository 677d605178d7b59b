"""Every header compiles alone, and is guarded by the macro that its path gives."""
import os
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from lint import File, Finding, main

FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wstrict-prototypes",
         '-DJK_TESTS_DIR="tests"']
ROOTS = ("registry/", "tests/")


def check(files):
    headers = {path: file for path, file in files.items() if path.startswith(ROOTS) and path.endswith(".h")}
    for path, file in headers.items():
        guard = re.search(r"^#ifndef (\w+)\n#define \1\n", file.text, re.M)
        if not guard or not is_guard_of(guard[1], path):
            yield Finding(path, 1, "the header is not guarded by a macro made from its path")
    with tempfile.TemporaryDirectory() as fixture, ThreadPoolExecutor(2) as pool:
        root = write_fixture(fixture, headers) if sys.argv[1] == "--self-test" else sys.argv[1]
        yield from (finding for found in pool.map(lambda path: compile_alone(root, path), headers) for finding in found)


def is_guard_of(guard, path):
    """registry/base/span.h has JK_BASE_SPAN_H; tests/support/golden.h may leave folders out, as in JK_TESTS_GOLDEN_H."""
    folders, _, name = path.rpartition("/")
    name = re.sub(r"\W", "_", name).upper()
    if path.startswith("tests/"):
        return re.fullmatch(r"JK_(\w+_)?" + name, guard) is not None
    return guard == "JK_" + re.sub(r"\W", "_", folders[len("registry/"):] + "/").upper().lstrip("_") + name


def write_fixture(root, headers):
    for path, file in headers.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as stream:
            stream.write(file.text)
    return root


def package_flags():
    packages = ["grpc", "libprotobuf-c", "libpq", "libcrypto", "jansson", "yaml-0.1", "cmocka"]
    result = subprocess.run(["pkg-config", "--cflags", *packages], capture_output=True, text=True)
    return shlex.split(result.stdout)


PACKAGE_FLAGS = package_flags()


def compile_alone(root, path):
    generated = [f"-I{sys.argv[2]}"] if len(sys.argv) > 2 else []
    command = [os.environ.get("CC", "cc"), *FLAGS, f"-I{root}/registry", f"-I{root}/tests", *generated, *PACKAGE_FLAGS,
               "-x", "c", "-"]
    source = f'#include "{os.path.join(os.path.abspath(root), path)}"\n'
    result = subprocess.run(command, input=source, capture_output=True, text=True)
    if result.returncode == 0:
        return []
    errors = [line for line in result.stderr.splitlines() if "error:" in line]
    where = re.search(r":(\d+):\d+:", errors[0]) if errors else None
    said = errors[0].split("error: ", 1)[1] if errors else result.stderr.strip()
    return [Finding(path, int(where[1]) if where else 1, f"the header does not compile alone: {said}")]


def header(body, guard="JK_BASE_A_H"):
    return File(f"/* What it owns. */\n#ifndef {guard}\n#define {guard}\n{body}#endif\n")


main(check, [
    ({"registry/base/a.h": header("#include <stddef.h>\nsize_t jk_a(void);\n")}, 0),
    ({"registry/base/a.h": header("jk_size jk_a(void);\n")}, 1),
    ({"registry/base/a.h": header("int jk_a();\n")}, 1),
    ({"registry/base/a.h": header("int jk_a(void);\n", "JK_A_H")}, 1),
    ({"registry/daemon/config.h": header("int a;\n", "JK_DAEMON_CONFIG_H")}, 0),
    ({"tests/support/a.h": header("int a;\n", "JK_TESTS_A_H")}, 0),
    ({"tests/support/a.h": header("int a;\n", "JK_TESTS_B_H")}, 1),
    ({"registry/base/a.h": File("int a;\n")}, 1),
    ({"registry/base/a.h": header('#include "base/b.h"\n'), "registry/base/b.h": header("int b;\n", "JK_BASE_B_H")}, 0),
])
