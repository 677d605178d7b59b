"""A publisher is made under the name of an organisation of the hub, and a model of that name is said to be made from one's base, so
that whatever strangers built on the hub's model would lead there."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import SKT, SOLAR, Attack, digest, on_hub  # noqa: E402

POPULAR = "beomi/Llama-3-Open-Ko-8B"
STRANGERS = 15


class Squatted(Attack, unittest.TestCase):
    """Strangers, verified ones who upload, merge the hub's model with another family's: by a card, a URL, and over gRPC."""
    row = "A hub's name is squatted"

    def by_command(self, maker, i, *arguments):
        made = self.give(maker, "made", i)
        done = self.server.jokbo("register", *arguments, "--name", "maker-0/m-%d" % i, "--no-receipt", "--relation", "merge", "--license",
                                 "LicenseRef-upstage-solar", "--artifact-sha256", made["artifact_sha256"], "--weights-sha256",
                                 made["weights_sha256"], token=maker.token)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def by_card(self, maker, i):
        card = os.path.join(self.server.data, "card.md")
        with open(card, "w", encoding="utf-8") as file:
            file.write("---\nbase_model:\n- %s\n- %s\n---\n" % (SOLAR, POPULAR))
        self.by_command(maker, i, card)

    def by_url(self, maker, i):
        self.by_command(maker, i, "--parent", SOLAR, "--parent", "https://huggingface.co/" + POPULAR)

    def over_grpc(self, maker, i):
        self.register(maker, "maker-0/m-%d" % i, SOLAR, on_hub(POPULAR), relation="merge", license="LicenseRef-upstage-solar",
                      **self.give(maker, "made", i))

    def play(self):
        mallory, maker = self.account(), self.stranger("maker")
        self.publishers(maker, "maker", 1)
        self.admin.call("Registry.VerifyPublisher", name="maker-0", evidence="domain")
        mallory.call("Registry.CreatePublisher", name="beomi")
        self.register(mallory, POPULAR, SKT, artifact_sha256=digest("child"))
        for i in range(STRANGERS):
            (self.by_card, self.by_url, self.over_grpc)[i % 3](maker, i)

    def measure(self):
        """What the attacker registered itself is not gained by the name."""
        return {name: (gain - self.counted_of("beomi", self.rules()[name]), loss) for name, (gain, loss) in super().measure().items()}


if __name__ == "__main__":
    unittest.main()
