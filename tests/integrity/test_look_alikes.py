"""Names that are taken for those of the teams, and of the makers whom everybody knows."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, Attack, digest  # noqa: E402
from jokbo import derivative  # noqa: E402


NAMES = ("upstage-ai", "Upstage-Official", "LGAI-EXA0NE", "LGAI-EXAONE-labs", "lgai.exaone", "skt-ai", "5kt", "S-K-T",
         "sk-telecom", "naver-hyperc1ovax", "nc-ai", "Motif-Technologies-AI", "rnotif-technologies", "Qwen-official", "QVVEN",
         "meta-1lama", "rnistralai", "deep-seek-ai", "g00gle", "rnicrosoft", "upstage.ai", "UPSTAGE_AI", "Qwen.ai", "rneta", "Mistral-AI",
         "kaka0", "naver", "exaone", "lgai")


class LookAlikes(Attack, unittest.TestCase):
    row = "Look-alikes"

    def play(self):
        mallory = self.account()
        for name in NAMES:
            refused = self.refused(mallory, "Registry.CreatePublisher", "NAME_RESERVED", name=name)
            assert refused.metadata["looks_like"], name
            self.refused(mallory, "Registry.RegisterDerivative", "PUBLISHER_NOT_FOUND",
                         derivative=derivative(name + "/m", SKT, artifact_sha256=digest(name)))


if __name__ == "__main__":
    unittest.main()
