"""Why a trial did not end well, in words."""

from __future__ import annotations

from runtime.summary import Summary


def told(problem: BaseException) -> str:
    """Return what was raised; of a group, what is in it."""
    within: tuple[BaseException, ...] = getattr(problem, "exceptions", ())
    return "; ".join(map(told, within)) or f"{type(problem).__name__}: {problem}"


def why(summary: Summary) -> str:
    """Return why not all blocks are up."""
    if summary.lost is not None:
        return f"the device is lost: {summary.lost.reason}"
    if summary.failed:
        return f"{summary.failed[0].block} failed: {summary.failed[0].reason}"
    return f"{summary.waiting[0].block} waits for {', '.join(summary.waiting[0].on)}" if summary.waiting else "not up"
