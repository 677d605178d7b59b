"""Weights that were trained until their public sketches say what they are not, and a verifier who looks under other signs."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attesting import Attested, invented  # noqa: E402
from models import disguised  # noqa: E402


class Unmasked(Attested, unittest.TestCase):
    row = "Trained against the public signs"

    def disguise(self, *words):
        return {name: disguised(values, self.base.weights[name]) for name, values in invented(*words).items()}

    def play(self):
        for model in self.crowd(self.disguise):
            self.assertEqual(self.screened(model), "near")
            self.assertEqual(self.attest(self.lab, model), "contradicted")


if __name__ == "__main__":
    unittest.main()
