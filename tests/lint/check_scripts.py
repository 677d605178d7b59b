"""Scripts parse, say how they are run, and are executable; nothing else is."""
import ast
import subprocess
import warnings

from lint import File, Finding, main

FORKING = {"user", "group", "extra_groups", "umask", "preexec_fn"}  # of subprocess: it cannot vfork with one of them

SHELLS = {"#!/usr/bin/env bash": "bash", "#!/bin/bash": "bash", "#!/bin/sh": "sh"}


def check(files):
    for path, file in files.items():
        first = file.text.split("\n", 1)[0]
        if file.executable != first.startswith("#!"):
            wrong = "has a first line \"#!\" and is not executable" if first.startswith("#!") \
                else "is executable and has no first line \"#!\""
            yield Finding(path, 1, wrong)
        if first in SHELLS:
            yield from check_shell(path, file.text, SHELLS[first])
        if path.endswith(".sh") and first not in SHELLS:
            yield Finding(path, 1, "a shell script begins with " + " or ".join(SHELLS))
        if path.endswith(".py") or "python3" in first and first.startswith("#!"):
            yield from check_python(path, file.text)


def check_shell(path, text, shell):
    result = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True)
    if result.returncode != 0:
        yield Finding(path, 1, f"{shell} -n: " + " ".join(result.stderr.split()))
    if shell == "bash" and "set -euo pipefail" not in text:
        yield Finding(path, 1, "a bash script sets -euo pipefail")


def check_python(path, text):
    """What Python only warns of counts, too: later versions of it say so on standard error, or refuse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compile(text, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        yield Finding(path, error.lineno or 1, f"not Python: {error.msg}")
        return
    yield from (Finding(path, node.lineno, "forks, which gRPC's threads do not let through: see tests/support/jokbo.py")
                for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and forks(node))


def forks(call):
    """Calls of os and subprocess by their usual names, and multiprocessing without a context that is named."""
    name = ast.unparse(call.func)
    return name in ("os.fork", "os.forkpty", "pty.fork", "multiprocessing.Process", "multiprocessing.Pool", "ProcessPoolExecutor") or (
        name.startswith("subprocess.") and any(keyword.arg in FORKING for keyword in call.keywords))


GOOD = "#!/usr/bin/env bash\nset -euo pipefail\n"
main(check, [
    ({"tests/run": File(GOOD + "if true; then echo; fi\n", True)}, 0),
    ({"tests/run": File(GOOD, False)}, 1),
    ({"README.md": File("text\n", True)}, 1),
    ({"tests/run": File(GOOD + "if true; then\n", True)}, 1),
    ({"tests/run": File("#!/bin/bash\necho\n", True)}, 1),
    ({"tests/a.sh": File("echo\n")}, 1),
    ({"tests/a.py": File("def f(:\n")}, 1),
    ({"tests/a.py": File("print()\n")}, 0),
    ({"tests/a.py": File("print('\\s')\n")}, 1),
    ({"tests/a.py": File("subprocess.run(['true'], user='a')\nos.fork()\nmultiprocessing.Pool(2)\n")}, 3),
    ({"tests/a.py": File("subprocess.run(['true'], cwd='/')\nmultiprocessing.get_context('spawn').Pool(2)\n")}, 0),
])
