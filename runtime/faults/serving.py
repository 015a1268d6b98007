"""The runtime of production as a trial has it: it keeps a chip up until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable

import trio

from runtime.faults.limits import SWEEP_S
from runtime.faults.site import Site
from runtime.incident import Event
from runtime.service import Service
from runtime.summary import Progress, Summary
from transports.base import Transport


def made(
    site: Site,
    way: Transport,
    seed: int,
    watch: Callable[[Event], None] | None = None,
    on_event: Callable[[Progress], None] | None = None,
    rests: Callable[[str, str], None] = lambda _block, _rung: None,
) -> Service:
    """Return the service of a controller that remembers nothing; `watch` and `on_event` are called as by any.

    Args:
        rests: called with a block and each rung of its way to rest that is to be acted on.
    """
    service = Service(site.firmware.fresh(), way, seed=seed, sweep_s=SWEEP_S, watch=watch, on_event=on_event)
    service.ledger.rests = rests
    return service


async def serve(
    service: Service, stop: trio.Event, task_status: trio.TaskStatus[Summary] = trio.TASK_STATUS_IGNORED
) -> None:
    """Run it; it has started when all is up."""
    await service.run(stop=stop, task_status=task_status)
