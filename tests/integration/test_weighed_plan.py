"""Among many manifests those with an equal tensor are found by the index, however many tensors are asked for: PostgreSQL, which believes of
some hundred keys that most rows have one of them, is not to read the whole table."""
import hashlib
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import ROOT, Cluster  # noqa: E402

MANIFESTS, ASKED = 20000, 300


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def key(*words):
    return hashlib.md5(" ".join(map(str, words)).encode()).hexdigest()


class Plan(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster().start().create_database()
        self.addCleanup(self.cluster.close)
        self.cluster.sql(read("migrations", "0005_weighed_manifest.sql"))
        self.cluster.sql("insert into weighed_manifest (artifact, keys) select sha256(g::text::bytea), "
                         "array[md5(g || ' 1')::uuid, md5(g || ' 2')::uuid] from generate_series(1, %d) g" % MANIFESTS)
        self.cluster.sql("vacuum analyze weighed_manifest")

    def ask(self, keys, before=""):
        """As the server does: planned with the values that are given."""
        statement = re.search(r"JK_STATEMENT\(WEIGHED_EQUAL, R, 3,(.*?)\)\n\w", read("registry", "store", "statements.def"), re.S).group(1)
        return self.cluster.sql("set plan_cache_mode = force_custom_plan; prepare asked (uuid[], bigint, bigint) as %s; %s execute asked ('{%s}', 0, 32)"
                                % ("".join(re.findall(r'"([^"]*)"', statement)), before, ",".join(keys)))

    def test_equal_keys(self):
        keys = [key("new", i) for i in range(ASKED - 2)] + [key(77, 1), key(4321, 2)]
        plan = self.ask(keys, "explain")
        self.assertIn("Bitmap Index Scan on weighed_manifest_keys", plan)
        self.assertNotIn("Seq Scan", plan)
        self.assertEqual(self.ask(keys).split(), ["%d|\\x%s" % (n, hashlib.sha256(b"%d" % n).hexdigest()) for n in (77, 4321)])


if __name__ == "__main__":
    unittest.main()
