"""The table of registry/docs/integrity.md has a row for each attack that is played, and no other; and nothing in it is left to be measured."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from attack import Table, attacks  # noqa: E402


class Rows(unittest.TestCase):
    def test_every_attack_has_a_row_and_every_row_an_attack(self):
        self.assertEqual(sorted(Table.rows()), sorted(attacks()))

    def test_rows_are_whole(self):
        for name, (_, does, cells, columns) in Table.rows().items():
            self.assertEqual(len(cells), columns, name)
            self.assertGreater(len(does), 20, name)
            self.assertNotIn("?", "".join(cells), name)


if __name__ == "__main__":
    unittest.main()
