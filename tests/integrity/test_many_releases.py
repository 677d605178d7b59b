"""One model with a new release every minute."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack, digest  # noqa: E402


class ManyReleases(Attack, unittest.TestCase):
    row = "Many releases"

    def play(self):
        mallory = self.account()
        self.publishers(mallory, "busy", 1)
        self.register(mallory, "busy-0/m", SKT, artifact_sha256=digest(0))
        for i in range(1, 200):
            mallory.call("Registry.PublishRelease", release={
                "name": "busy-0/m", "version": str(i + 1), "license": "Apache-2.0", "artifact_sha256": digest(i)})


if __name__ == "__main__":
    unittest.main()
