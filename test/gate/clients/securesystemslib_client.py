"""Judges DSSE envelopes with securesystemslib. Reads [{"envelope": text, "key": hex}] and prints a list of true and false."""

import base64
import json
import sys

from securesystemslib.exceptions import Error
from securesystemslib.signer import Signature, SSlibKey


def holds(envelope, key_hex):
    payload = base64.b64decode(envelope["payload"])
    payload_type = envelope["payloadType"].encode()
    head = b"DSSEv1 %d %s %d " % (len(payload_type), payload_type, len(payload))
    key = SSlibKey("00", "ed25519", "ed25519", {"public": key_hex})
    for entry in envelope["signatures"]:
        signature = Signature("00", base64.b64decode(entry["sig"]).hex())
        try:
            key.verify_signature(signature, head + payload)
            return True
        except Error:
            pass
    return False


cases = json.load(sys.stdin)
print(json.dumps([holds(json.loads(case["envelope"]), case["key"]) for case in cases]))
