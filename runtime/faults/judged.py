"""Whether what was seen of a trial is right: safety first, then liveness, then that nothing is left otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from blocks.sim import SimChip
from runtime.faults.play import Ran, closure
from runtime.faults.site import Site
from transports.faulty.kinds import Kind

LIARS = frozenset({Kind.FLIP, Kind.ONES})  # any software may be misled by what it reads
SPOILS = frozenset(
    {Kind.DEVICE, Kind.DROPPED, Kind.TORN, Kind.TWICE, *LIARS}
)  # the hardware, whatever is done about it


@frozen
class Judged:
    """What is wrong.

    Attributes:
        broken: what must not be, one sentence; empty: nothing.
        misled: what must not be either, where no software could know better: a read lied; or the whole device was
            reset in the midst of a bring-up, which looks at what a block stands on once and not before each act.
    """

    broken: str = ""
    misled: str = ""


def judge(ran: Ran, site: Site, golden: Ran | None) -> Judged:
    """Judge one trial.

    Args:
        golden: the trial without a fault; None: this is it.
    """
    kinds = {strike.shot.kind for strike in ran.strikes}
    lied = bool(kinds & LIARS)
    safety = [f"safety: {ran.zombies} accesses of a controller that was reset"] if ran.zombies else []
    rules, written = [f"safety: {rule}" for rule in ran.rules[:1]], list(_disturbed(ran, site))[:1]
    liveness = list(_liveness(ran, site))[:1]
    unlike = [] if golden is None or liveness else list(_unlike(ran, site, golden))[:1]
    soft = [*rules, *written, *unlike] if lied else rules if Kind.DEVICE in kinds and not ran.guarded else []
    hard = [said for said in (*safety, *rules, *written, *liveness, *unlike) if said not in soft]
    return Judged(next(iter(hard), ""), next(iter(soft), ""))


def _allowed(ran: Ran, site: Site) -> Callable[[str], bool]:
    """Return what says whether a block may be written once the first fault has struck."""
    instances = site.chip.instances
    may = {one.line.controller for one in instances.values() if one.line is not None and one.line.controller}
    may |= closure(site, *ran.disturbed) if ran.disturbed else set()
    for strike in ran.strikes:
        block = "" if strike.address is None else site.whose(strike.address)
        if strike.shot.kind is Kind.DEVICE:
            return lambda _block: True
        if block and strike.shot.kind in (Kind.RESET, Kind.DOWN):
            may |= {block} if strike.what == "write" else set()
        elif block:
            may |= closure(site, block)
    return may.__contains__


def _disturbed(ran: Ran, site: Site) -> Iterator[str]:
    """Yield what was done to blocks that nothing had happened to."""
    if site.sim is None or not ran.strikes:
        return
    allowed = _allowed(ran, site)
    for access in site.sim.accesses(ran.struck, ran.resumed):
        if access.write and access.block in ran.healthy and not allowed(access.block):
            yield f"safety: {access.block} was in service, and was written: {access}"
    spoilt = any(strike.shot.kind in SPOILS for strike in ran.strikes) or ran.disturbed
    if ran.lost and not spoilt:
        yield f"safety: {ran.lost} packets lost, and no block was disturbed"


def _liveness(ran: Ran, site: Site) -> Iterator[str]:
    if ran.problem:
        yield f"liveness: {ran.problem}"
    if ran.late_s > 0 and site.sim is not None:  # a peer takes real time, of which a busy machine takes more
        yield f"liveness: up {ran.late_s * 1e6:.1f} us too late"
    summary = ran.summary
    if summary is None:
        yield "liveness: nobody could look at the end"
        return
    if site.sim is not None:
        wrote = next((access for access in site.sim.accesses(ran.resumed) if access.write), None)
        if wrote is not None:
            yield f"liveness: a new controller finds {wrote.block} not up: {wrote}"
    if summary.writes:
        yield f"liveness: a new controller writes {summary.writes} times; expected all to stand"
    if summary.lost is not None or len(summary.up) < summary.blocks:
        yield f"liveness: {len(summary.up)} of {summary.blocks} blocks are up at the end"


def _unlike(ran: Ran, site: Site, golden: Ran) -> Iterator[str]:
    """Yield the registers that hold something else than without a fault."""
    sim = site.sim
    if sim is None:
        return
    reset = any(strike.shot.kind is Kind.DEVICE for strike in ran.strikes)
    for name, known in golden.registers.items():
        volatile = site.chip.volatile.get(site.chip.instances[name].type, dict[str, int]())
        before = golden.before.get(name, known)
        for path, seen in ran.registers[name].items():
            wanted = known.get(path, seen)
            if not (seen ^ wanted) & ~volatile.get(path, 0) or evidence(sim, name, path):
                continue
            if site.workload and before.get(path) != wanted:  # traffic moves it, or the disturbance did
                continue
            if reset and seen == before.get(path, seen):  # what the disturbance had left is gone, too
                continue
            yield f"liveness: {name}.{path} ends as {seen:#x}, without a fault as {wanted:#x}"


def evidence(sim: SimChip, block: str, path: str) -> bool:
    """Say whether a register is the hardware's own account of what happened, at which no ladder looks."""
    store = sim.model(block).registers.fabric.bank.at(path)[0].store
    looked = any(field.startswith(f"{path}.") for field in sim.intended(block))
    return not looked and all(field.hw.writable or field.volatile for field in store.register.fields)
