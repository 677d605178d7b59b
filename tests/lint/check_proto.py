"""The interface: every element is described, names follow buf's standard rules, every rpc says how it may be repeated, and nothing
recurses (protobuf-c has no limit of depth). Stubs can be made without options. Reads the descriptor set that the build makes; runs buf, too, where there is one.
Called as `check_proto.py ROOT GENERATED` or `check_proto.py --self-test`."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*$")
PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*$")
UPPER = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$")
# What the generators of stubs for these languages read; the same in every file of a package.
FOR_STUBS = ("csharp_namespace", "go_package", "java_package", "java_multiple_files", "php_namespace", "ruby_package")


def upper_snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).upper()


class Check:
    def __init__(self, file):
        self.file, self.found = file, []
        self.comments = {tuple(l.path): l.leading_comments.strip() for l in file.source_code_info.location}
        self.spans = {tuple(l.path): l.span[0] + 1 for l in file.source_code_info.location}

    def fault(self, path, rule):
        self.found.append("%s:%d: %s" % (self.file.name, self.spans.get(tuple(path), 1), rule))

    def described(self, path, what):
        if not self.comments.get(tuple(path)):
            self.fault(path, "%s has no comment" % what)

    def named(self, path, name, form, what):
        if not form.match(name):
            self.fault(path, "%s %s does not follow the naming rule" % (what, name))

    def message(self, message, path, full_name):
        self.described(path, "message " + message.name)
        self.named(path, message.name, PASCAL, "message")
        for i, field in enumerate(message.field):
            self.described(path + [2, i], "field %s.%s" % (message.name, field.name))
            self.named(path + [2, i], field.name, SNAKE, "field")
            if field.proto3_optional:
                self.fault(path + [2, i], "field %s.%s is optional, which protobuf-c refuses" % (message.name, field.name))
        for i, oneof in enumerate(message.oneof_decl):
            self.described(path + [8, i], "oneof %s.%s" % (message.name, oneof.name))
        for i, nested in enumerate(message.nested_type):
            self.message(nested, path + [3, i], full_name + "." + nested.name)
        for i, enum in enumerate(message.enum_type):
            self.enum(enum, path + [4, i])

    def enum(self, enum, path):
        prefix = upper_snake(enum.name) + "_"
        self.described(path, "enum " + enum.name)
        self.named(path, enum.name, PASCAL, "enum")
        for i, value in enumerate(enum.value):
            self.described(path + [2, i], "value " + value.name)
            if not value.name.startswith(prefix) or not UPPER.match(value.name):
                self.fault(path + [2, i], "value %s does not begin with %s" % (value.name, prefix))
        if enum.value[0].name != prefix + "UNSPECIFIED":
            self.fault(path, "the zero of enum %s is not %sUNSPECIFIED" % (enum.name, prefix))

    def service(self, service, path):
        self.described(path, "service " + service.name)
        self.named(path, service.name, PASCAL, "service")
        for i, method in enumerate(service.method):
            self.described(path + [2, i], "rpc " + method.name)
            self.named(path + [2, i], method.name, PASCAL, "rpc")
            if not method.options.HasField("idempotency_level"):
                self.fault(path + [2, i], "rpc %s has no idempotency_level" % method.name)

    def run(self):
        package = self.file.package
        if not self.file.name.startswith(package.replace(".", "/") + "/") or not re.search(r"\.v[0-9]+(alpha|beta)?[0-9]*$", package):
            self.fault([2], "package %s is not versioned, or not that of its folder" % package)
        for option in FOR_STUBS:
            if not self.file.options.HasField(option):
                self.fault([8], "no option %s" % option)
        for i, message in enumerate(self.file.message_type):
            self.message(message, [4, i], package + "." + message.name)
        for i, enum in enumerate(self.file.enum_type):
            self.enum(enum, [5, i])
        for i, service in enumerate(self.file.service):
            self.service(service, [6, i])
        return self.found


def recursion(files):
    """Messages that can hold themselves, by any way."""
    uses = {}

    def collect(message, name):
        uses[name] = {field.type_name.lstrip(".") for field in message.field if field.type_name}
        for nested in message.nested_type:
            collect(nested, name + "." + nested.name)
    for file in files:
        for message in file.message_type:
            collect(message, file.package + "." + message.name)
    for start in sorted(uses):
        seen, queue = set(), list(uses[start])
        while queue:
            name = queue.pop()
            if name in seen or name not in uses:
                continue
            seen.add(name)
            queue.extend(uses[name])
        if start in seen:
            yield "%s: message %s can hold itself" % (start, start)


def different(files):
    """Options for stubs that two files of a package have otherwise."""
    for option in FOR_STUBS:
        if len({getattr(file.options, option) for file in files}) > 1:
            yield "%s: files have different options %s" % (files[0].package, option)


def check_set(descriptor_set):
    ours = [file for file in descriptor_set.file if file.package.startswith("jokbo.")]
    found = [fault for file in ours for fault in Check(file).run()]
    return len(ours), found + list(different(ours)) + list(recursion(ours))


def read_set(path):
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as f:
        files.ParseFromString(f.read())
    return files


GOOD = """syntax = "proto3"; package jokbo.t1;
option csharp_namespace = "T"; option go_package = "t/t"; option java_package = "t"; option java_multiple_files = true;
option php_namespace = "T"; option ruby_package = "T";
// S.
service S {
  // M.
  rpc M(A) returns (A) { option idempotency_level = IDEMPOTENT; }
}
// A.
message A {
  // f.
  string f = 1;
  // k.
  Kind k = 2;
}
// K.
enum Kind {
  // zero.
  KIND_UNSPECIFIED = 0;
}
"""
GOOD = GOOD.replace("jokbo.t1", "jokbo.v1")
BAD = {
    "no option go_package": GOOD.replace("option go_package = \"t/t\";", ""),
    "no comment": GOOD.replace("  // f.\n", ""),
    "naming rule": GOOD.replace("string f", "string Fx"),
    "idempotency_level": GOOD.replace(" option idempotency_level = IDEMPOTENT; ", ""),
    "UNSPECIFIED": GOOD.replace("KIND_UNSPECIFIED", "KIND_NONE"),
    "hold itself": GOOD.replace("string f", "A f"),
}


def compile_text(text, *imported):
    """`imported`: folders of what it imports, which is then in the set, too."""
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "jokbo/v1"))
        with open(os.path.join(folder, "jokbo/v1/t.proto"), "w") as f:
            f.write(text)
        out = os.path.join(folder, "set.pb")
        words = ["--proto_path=" + path for path in (folder, *imported)] + ["--include_imports"] * bool(imported)
        subprocess.run(["protoc", *words, "--include_source_info", "--descriptor_set_out=" + out, "jokbo/v1/t.proto"], check=True)
        return read_set(out)


def self_test():
    assert check_set(compile_text(GOOD)) == (1, []), check_set(compile_text(GOOD))
    for rule, text in BAD.items():
        found = check_set(compile_text(text))[1]
        assert any(rule in fault for fault in found), (rule, found)
    other = compile_text(GOOD.replace("option go_package = \"t/t\";", "option go_package = \"t/u\";"))
    assert list(different(list(compile_text(GOOD).file) + list(other.file)))
    print("the check can fail in %d ways" % (len(BAD) + 1))
    return 0


def run_buf(root):
    if not shutil.which("buf"):
        return 0
    return subprocess.run(["buf", "lint"], cwd=os.path.join(root, "proto")).returncode


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    root, generated = arguments
    count, found = check_set(read_set(os.path.join(generated, "descriptors.pb")))
    print("\n".join(found + ["%d files of the interface, %d findings" % (count, len(found))]))
    return 1 if found or count < 4 or run_buf(root) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
