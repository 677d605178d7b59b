"""A registry that is older than `held` entries: at its next start the log learns which manifests lie here. What such a
registry left behind is made by taking the facts of a manifest out of the database while a release comes to name it."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jokbo import BUILD, Cluster, Manifest, Server, derivative, eventually, registered  # noqa: E402


BASE = "skt/A.X-K1"


class HeldCatchUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start().create_database()
        cls.server = Server("--database", cls.cluster.url)
        cls.addClassCleanup(cls.server.close)
        subprocess.run([os.path.join(BUILD, "jokbod"), "migrate", "--database", cls.cluster.url], check=True, timeout=60)
        cls.server.options += ["--client-config", os.path.join(cls.server.data, "client.config")]

    def start(self):
        self.server.start()
        self.admin = self.server.client()

    def stop(self):
        self.admin.close()
        self.server.stop()

    def take_away(self, digest):
        """A server that starts now does not know that it has this manifest."""
        self.cluster.sql("update record set key = 'blob/%s' where key = 'blob/%s'" % (digest[::-1], digest))

    def bring_back(self, digest):
        """Its record as it was before sets of weight files were known."""
        self.cluster.sql("update record set key = 'blob/%s', value = value - 'files' where key = 'blob/%s'" % (digest, digest[::-1]))

    def held(self):
        """artifact → (bytes, weights, weight-files), of every `held` entry."""
        found = {}
        for entry in self.admin.entries():
            lines = entry.decode().split("\n")
            if lines[1] == "kind held":
                fields = dict(line.split(" ", 1) for line in lines[2:-1])
                self.assertEqual(fields["actor"], "server")
                self.assertNotIn(fields["artifact"], found)
                found[fields["artifact"]] = fields["bytes"], fields["weights"], fields["weight-files"]
        return found

    def test_manifests_of_before(self):
        named = Manifest({"part-%d.safetensors" % i: "part %d" % i for i in range(3)} | {"README.md": "read me"})
        unnamed = Manifest({"notes.txt": "notes"})
        self.addCleanup(lambda: self.admin.close())
        self.start()
        self.server.load_roster()
        for manifest in (named, unnamed):
            manifest.upload(self.admin)
        self.stop()
        for manifest in (named, unnamed):
            self.take_away(manifest.digest)
        self.start()
        self.admin.call("Registry.CreatePublisher", name="kim")
        self.admin.call("Registry.RegisterDerivative", derivative=derivative("kim/m", registered(BASE), **named.named))
        self.assertEqual(self.held(), {})
        size = int(self.admin.call("Log.GetCheckpoint")["log_size"])
        self.stop()
        for manifest in (named, unnamed):
            self.bring_back(manifest.digest)

        self.start()
        said = str(len(named.bytes)), "sha256:" + named.weights, "sha256:" + named.files
        eventually(lambda: self.held() == {"sha256:" + named.digest: said})
        self.assertEqual(int(self.admin.call("Log.GetCheckpoint")["log_size"]), size + 1)
        records = self.cluster.sql("select key || ' ' || (value ? 'files') from record where key like 'blob/%' order by key")
        self.assertEqual(records.strip().split("\n"), sorted("blob/%s true" % m.digest for m in (named, unnamed)))
        self.assertIn("held-catch-up", self.server.log())
        self.stop()

        self.start()
        self.assertEqual(int(self.admin.call("Log.GetCheckpoint")["log_size"]), size + 1)
        self.stop()


if __name__ == "__main__":
    unittest.main()
