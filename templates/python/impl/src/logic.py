"""The part that needs no host (spec/logic.md)."""

from __future__ import annotations

# What the capsule knows before the first reading.
EMPTY = {"count": 0, "mean": 0}


def add(summary: dict, value: float) -> dict:
    """Takes one more value into the running mean."""
    count = summary["count"] + 1
    return {"count": count, "mean": summary["mean"] + (value - summary["mean"]) / count}
