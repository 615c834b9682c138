import json
import pathlib
import unittest

import vnes
from impl.src import main

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"


def lines(name):
    return [json.loads(line) for line in (EXAMPLES / name).read_text().splitlines()]


class Main(unittest.TestCase):
    def setUp(self):
        vnes.host.reset()

    def test_the_examples_give_what_is_expected(self):
        for event in lines("events.ndjson"):
            main.run(vnes.host.event(event["topic"], event["payload"], key=event["key"], time=event["time"]))
        self.assertEqual(vnes.host.published, lines("expected.ndjson"))

    def test_the_state_holds_the_last_summary(self):
        main.run(vnes.host.event("reading.v1", {"value": 4}))
        self.assertEqual(vnes.state.get(main.SUMMARY), {"count": 1, "mean": 4})
