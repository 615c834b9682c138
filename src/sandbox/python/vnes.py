"""What a capsule may ask of its host. These are all the doors there are: no files, no network, no clock but virtual time."""

import json as _json

__all__ = [
    "Event",
    "Refusal",
    "call",
    "config",
    "log",
    "now",
    "publish",
    "random",
    "state",
]


class Refusal(Exception):
    """Raise it to refuse an event or a call. The delivery leaves no effect but this message. Any other exception is a trap."""


class Event:
    """One event, as it is handed to the capsule."""

    __slots__ = ("topic", "partition", "offset", "time", "key", "payload")

    def __init__(self, topic, partition, offset, time, key, payload):
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.time = time
        self.key = key
        self.payload = payload

    def __repr__(self):
        return f"Event({self.topic!r}, {self.partition}, {self.offset}, {self.time}, {self.key!r}, {self.payload!r})"


def _encode(value):
    return _json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def publish(topic, payload, key=None):
    """Publishes a payload on a topic that the manifest declares. It is delivered from the next frame on."""
    _ask(1, topic, _encode(payload), key)


class _State:
    """State: what this capsule owns, and what it may read of others. A value of None is no value."""

    __slots__ = ()

    def get(self, key, default=None):
        """The value of a key, or the default."""
        [text] = _ask(2, key)
        return default if text is None else _json.loads(text)

    def scan(self, prefix):
        """All entries whose key starts with the prefix, in key order, as pairs of key and value."""
        parts = _ask(3, prefix)
        return [(parts[at], _json.loads(parts[at + 1])) for at in range(0, len(parts), 2)]

    def put(self, key, value):
        """Sets a key that the capsule owns."""
        _ask(4, key, _encode(value))

    def delete(self, key):
        """Removes a key that the capsule owns."""
        _ask(5, key)


state = _State()


def call(capability, method, payload=None):
    """Calls a method of whichever capsule was bound to a capability that the manifest requires."""
    [text] = _ask(6, capability, method, _encode(payload))
    return _json.loads(text)


def now():
    """Virtual time of the current delivery in milliseconds since the Unix epoch."""
    [text] = _ask(7)
    return int(text)


def random(length):
    """So many bytes, at most 65,536, that depend on the run's seed and the current delivery only."""
    return _ask_bytes(8, str(int(length)))


class _Log:
    """Lines for the person who reads the recording."""

    __slots__ = ()

    def debug(self, message):
        _ask(9, "debug", str(message))

    def info(self, message):
        _ask(9, "info", str(message))

    def warn(self, message):
        _ask(9, "warn", str(message))

    def error(self, message):
        _ask(9, "error", str(message))


log = _Log()
_config = "{}"


def config():
    """`runtime.config` of the manifest."""
    return _json.loads(_config)
