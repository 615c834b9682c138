"""Runs the built and signed capsule over the examples. `vnes` must be on the PATH, or named by VNES."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

CAPSULE = pathlib.Path(__file__).parent.parent
VNES = os.environ.get("VNES") or shutil.which("vnes")


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@unittest.skipIf(VNES is None, "vnes is not installed")
class Examples(unittest.TestCase):
    def test_the_examples_give_what_is_expected(self):
        with tempfile.TemporaryDirectory() as folder:
            record = pathlib.Path(folder) / "recording"
            events = CAPSULE / "examples" / "events.ndjson"
            command = [VNES, "run", CAPSULE, "--input", events, "--record", record, "--quiet"]
            subprocess.run(command, check=True)
            found = [
                {name: output[name] for name in ("topic", "key", "payload")}
                for output in lines(record / "outputs.ndjson")
            ]
        self.assertEqual(found, lines(CAPSULE / "examples" / "expected.ndjson"))
