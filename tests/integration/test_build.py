"""registry/build, in a small checkout of its own: it configures where an option, a script of CMake or a list of files says so,
and otherwise builds at once."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import ROOT  # noqa: E402

SCRIPT = """cmake_minimum_required(VERSION 3.18)
project(small NONE)
set(JK_WORD one CACHE STRING "What is written.")
file(GLOB words CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/*.word)
message(STATUS "configured for ${JK_WORD}")
add_custom_target(programs ALL COMMAND ${CMAKE_COMMAND} -E echo "${JK_WORD} ${words}" > ${CMAKE_BINARY_DIR}/said)
"""


class Build(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="jokbo build test-")
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        os.mkdir(os.path.join(self.root, "registry"))
        shutil.copy(os.path.join(ROOT, "registry", "build"), os.path.join(self.root, "registry", "build"))
        self.write("CMakeLists.txt", SCRIPT)

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w") as f:
            f.write(text)

    def read(self, name):
        with open(os.path.join(self.root, "build", name)) as f:
            return f.read()

    def build(self, *options):
        """Whether it configured, and the first word of what was built."""
        done = subprocess.run([os.path.join(self.root, "registry", "build"), "build", *options], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return "configured for" in self.read("build.log"), self.read("said").split()[0]

    def test_configures_only_where_something_says_so(self):
        self.assertEqual(self.build(), (True, "one"))
        self.assertEqual(self.build(), (False, "one"))
        self.assertEqual(self.build("-DJK_WORD=one"), (False, "one"))
        self.assertEqual(self.build("--target", "programs"), (False, "one"))
        self.assertEqual(self.build("-DJK_WORD=two"), (True, "two"))
        self.assertEqual(self.build("-DJK_WORD=two"), (False, "two"))
        self.assertEqual(self.build("-DJK_NEW=two", "-DJK_WORD=two"), (True, "two"))
        self.assertEqual(self.build("-DJK_WORD=tw"), (True, "tw"))
        self.assertEqual(self.build("-DCMAKE_BUILD_TYPE=Debug", "-DJK_WORD=tw"), (True, "tw"))
        self.assertEqual(self.build("-DCMAKE_BUILD_TYPE=Debug", "-DJK_WORD=tw"), (False, "tw"))

    def test_another_checkout_s_folder_is_configured_anew(self):
        self.build("-DJK_WORD=two")
        moved = self.root + " moved"
        self.addCleanup(shutil.rmtree, moved, ignore_errors=True)
        shutil.copytree(self.root, moved)
        self.root = moved
        self.assertEqual(self.build(), (True, "one"))

    def test_a_new_file_is_seen(self):
        self.build()
        self.write("x.word", "")
        self.assertEqual(self.build()[0], True)
        self.assertIn("x.word", self.read("said"))


if __name__ == "__main__":
    unittest.main()
