"""
Stands in for the module of this name that a capsule finds inside vnes: for editors, and for tests outside of vnes, where `host` says
what the capsule has done. Inside vnes this folder is not loaded.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Tuple

Json = Any


class Refusal(Exception):
    """Raise it to refuse an event or a call. The delivery leaves no effect but this message. Any other exception is a trap."""


@dataclass
class Event:
    """One event, as it is handed to the capsule."""

    topic: str
    partition: int
    offset: int
    # Virtual time in milliseconds since the Unix epoch.
    time: int
    key: Optional[str]
    payload: Json


def publish(topic: str, payload: Json, key: Optional[str] = None) -> None:
    """Publishes a payload on a topic that the manifest declares. It is delivered from the next frame on."""
    host.published.append({"topic": topic, "key": key, "payload": _copy(payload)})


class State:
    """State: what this capsule owns, and what it may read of others. A value of None is no value."""

    def get(self, key: str, default: Json = None) -> Json:
        """The value of a key, or the default."""
        return _copy(host.values[key]) if key in host.values else default

    def scan(self, prefix: str) -> List[Tuple[str, Json]]:
        """All entries whose key starts with the prefix, in key order, as pairs of key and value."""
        return [(key, _copy(value)) for key, value in sorted(host.values.items()) if key.startswith(prefix)]

    def put(self, key: str, value: Json) -> None:
        """Sets a key that the capsule owns."""
        if value is None:
            self.delete(key)
        else:
            host.values[key] = _copy(value)

    def delete(self, key: str) -> None:
        """Removes a key that the capsule owns."""
        host.values.pop(key, None)


state = State()


def call(capability: str, method: str, payload: Json = None) -> Json:
    """Calls a method of whichever capsule was bound to a capability that the manifest requires."""
    if capability not in host.services:
        raise Refusal(f"called {capability}, which no test has given")
    return _copy(host.services[capability](method, _copy(payload)))


def now() -> int:
    """Virtual time of the current delivery in milliseconds since the Unix epoch."""
    return host.time


def random(length: int) -> bytes:
    """So many bytes, at most 65,536, that depend on the run's seed and the current delivery only."""
    host.drawn += 1
    return hashlib.shake_128(f"{host.time} {host.drawn}".encode()).digest(length)


class Log:
    """Lines for the person who reads the recording."""

    def debug(self, message: object) -> None:
        host.logged.append(("debug", str(message)))

    def info(self, message: object) -> None:
        host.logged.append(("info", str(message)))

    def warn(self, message: object) -> None:
        host.logged.append(("warn", str(message)))

    def error(self, message: object) -> None:
        host.logged.append(("error", str(message)))


log = Log()


def config() -> Dict[str, Json]:
    """`runtime.config` of the manifest."""
    return _copy(host.config)


class Host:
    """What a test sees and sets. Not there inside vnes."""

    published: List[Dict[str, Json]]
    values: Dict[str, Json]
    logged: List[Tuple[str, str]]
    services: Dict[str, Callable[[str, Json], Json]]
    config: Dict[str, Json]
    time: int
    drawn: int

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forgets everything, as before the first event."""
        self.published, self.values, self.logged = [], {}, []
        self.services, self.config = {}, {}
        self.time = self.drawn = 0

    def event(self, topic: str, payload: Json, key: Optional[str] = None, time: int = 0) -> Event:
        """An event to be handed to the capsule, whose time it is from then on."""
        self.time = time
        return Event(topic, 0, 0, time, key, _copy(payload))


def _copy(value: Json) -> Json:
    return json.loads(json.dumps(value, allow_nan=False))


host = Host()
