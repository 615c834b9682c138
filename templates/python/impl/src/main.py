import vnes
from vnes import Event

from .logic import EMPTY, add
from .spec import CAPSULE, TOPIC_SUMMARY_V1

SUMMARY = f"{CAPSULE}/summary"


def init(config: dict) -> None:
    """Called once, before anything else, with `runtime.config` of the manifest."""


def run(event: Event) -> None:
    """Handles one event: reads what is known, takes the reading in, writes and publishes the result."""
    summary = add(vnes.state.get(SUMMARY, EMPTY), event.payload["value"])
    vnes.state.put(SUMMARY, summary)
    vnes.publish(TOPIC_SUMMARY_V1, summary, event.key)
    vnes.log.debug(f"{summary['count']} readings")
