"""Whether what was seen of a trial is right: safety first, then liveness, then that nothing is left otherwise."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

from attrs import frozen

from blocks.sim import SimChip
from registers.access import RegisterOp
from registers.schema import FieldType
from runtime.faults.disturbances import closure
from runtime.faults.ran import Ran, Well
from runtime.faults.site import LoggedChip, Site
from runtime.graph import graph_of
from transports.batch import Delay, Fence
from transports.faulty.kinds import LIES, OF_WRITES, Kind

SPOILS = frozenset({Kind.DEVICE, Kind.DROPPED, Kind.TORN, Kind.TWICE, *LIES})  # the hardware, whatever is done about it


@frozen
class Judged:
    """What is wrong.

    Attributes:
        broken: what must not be, one sentence; empty: nothing.
        misled: a rule that was broken before anybody could know better: a read lied, and its register was not read
            again; a word of a transfer was lost or came twice, and its batch was not back; or the device was reset in
            the midst of a bring-up, which looks at what a block stands on once and not before each act, and all was
            not looked at again yet.
    """

    broken: str = ""
    misled: str = ""


def judge(ran: Ran, site: Site, golden: Ran | None) -> Judged:
    """Judge one trial.

    Args:
        golden: the trial without a fault; None: this is it.
    """
    safety = [f"safety: {ran.zombies} accesses of a controller that was reset"] if ran.zombies else []
    excused = _excused(ran, site)
    soft = [rule for at, rule in ran.rules.items() if at in excused]
    rules = [f"safety: {rule}" for at, rule in ran.rules.items() if at not in excused]
    liveness = list(_liveness(ran, site))
    hard = [*safety, *rules, *_disturbed(ran, site, golden), *liveness]
    if golden is not None and not liveness:
        hard += [*_unlike(ran, site, golden), *raised(ran, site, golden)]
    return Judged(next(iter(hard), ""), next((f"safety: {rule}" for rule in soft), ""))


def unjudged(ran: Ran, site: Site) -> set[str]:
    """Return what `judge` leaves out, in words: only our own simulation tells of registers, and who wrote what when."""
    if site.sim is not None or site.url is None:
        return set()
    found = {"registers", "writes to blocks that are well", "times to recover"}
    found |= {"rules of the hardware"} if not ran.judges else set()
    return found | ({"packets"} if ran.guarded and site.chip.flows else set())


def _excused(ran: Ran, site: Site) -> set[int]:
    """Return the rules, by number, that were broken before anybody could know better."""
    sim = site.sim
    if sim is None:
        return set()
    found = set[int]()
    for strike, at, trip in zip(ran.strikes, ran.marks, ran.trips, strict=True):
        if strike.shot.kind in LIES and strike.address is not None:
            at += strike.shot.kind is Kind.FLIP  # all ones come from the way, and that read reaches no register
            over = ran.backs[trip] if trip < len(ran.backs) else len(sim.log)
            until = _back(ran, sim, _read_again(sim, over, strike.address) + 1)
            found |= _broken(sim, at, until, _concerned(site, strike.address))
        elif strike.shot.kind is Kind.TWICE and strike.address is not None:  # the second of the two, and its block
            found |= _broken(sim, at + 1, at + 2, {site.whose(strike.address)})
        elif strike.shot.kind is Kind.DEVICE and not ran.guarded:
            found |= _broken(sim, at, next((look for look in ran.looks if look > at), len(sim.log)))
    if any(strike.shot.kind in OF_WRITES for strike in ran.strikes):  # of a transfer: what else was sent goes on
        for transfer in ran.transfers:
            last = len(sim.log) if transfer.back is None else transfer.back
            found |= _broken(sim, transfer.first, last, closure(site, transfer.block))
    return found


def _concerned(site: Site, address: int) -> set[str]:
    """Return the block that a word is of, and what stands on it."""
    block = site.whose(address)
    return closure(site, block) if block else set()


def _broken(sim: LoggedChip, first: int, last: int, blocks: set[str] | None = None) -> set[int]:
    """Return the rules that were broken behind one access and until another; of some blocks, or of all."""
    told = enumerate(zip(sim.broke, sim.violations, strict=True))
    return {number for number, (at, rule) in told if first < at <= last and (blocks is None or rule.block in blocks)}


def _back(ran: Ran, sim: LoggedChip, at: int) -> int:
    """Return where the round trip is over behind so many accesses: what it brings is judged then, and at once."""
    number = bisect_left(ran.backs, at)
    return ran.backs[number] if number < len(ran.backs) else len(sim.log)


def _read_again(sim: LoggedChip, first: int, address: int) -> int:
    """Return until which access nobody has looked at a register again; a read that its write follows is no look."""
    log = sim.log
    for number in range(first, len(log)):
        _, at, write, _ = log[number]
        if at == address and not write and not (number + 1 < len(log) and log[number + 1][1:3] == (address, True)):
            return number
    return len(log)


def _allowed(ran: Ran, site: Site) -> Callable[[str], bool]:
    """Return what says whether a block may be written once the first fault has struck.

    A read that lied may bring down whatever stands on what it lied about, where something else had a block look by
    itself. What a sweep sees is looked at again before anything is done about it, and so is what was not answered.
    """
    may = set[str]()
    alone = len(ran.strikes) == 1 and not ran.disturbed
    for strike in ran.strikes:
        block = "" if strike.address is None else site.whose(strike.address)
        if block and strike.shot.kind in LIES:
            may |= {block} if alone else closure(site, block)
    return may.__contains__


def borne(site: Site) -> set[int]:
    """Return the registers that are written in a block that is up: where dispatch does, and by what goes through it."""
    return _transfers(site) | site.dispatched


def _transfers(site: Site) -> set[int]:
    """Return the registers that a block is written in when another is reached through it.

    Those are all of its own, but for what a rung looks at that disturbs it: its format, say, no transfer changes.
    """
    found = set[int]()
    for name in set(graph_of(site.chip).behind.values()):
        one = site.chip.instances[name]
        looks = [op for rung in one.block.up() if rung.disturbs for op in rung.holds if isinstance(op, RegisterOp)]
        kept = {op.address for look in looks for op in look.operations if not isinstance(op, (Delay, Fence))}
        found |= set(range(one.address, one.address + one.block.regs.group.size)) - kept
    return found


def _well(ran: Ran, site: Site, golden: Ran | None) -> Iterator[Well]:
    """Yield which blocks were well, from where to where, at which nothing but a fault explains a write.

    Where something was done to a block, that are those as well which nobody writes in that recovery without a fault.
    """
    yield from ran.well
    reset = any(strike.shot.kind is Kind.DEVICE for strike in ran.strikes)
    if golden is not None and golden.disturbed == ran.disturbed and not reset:
        struck = {
            site.whose(strike.address)
            for strike in ran.strikes
            if strike.what == "write" and strike.address is not None
        }
        yield from (Well(name, ran.struck) for name in sorted(ran.disturbed - golden.wrote - ran.fell - struck))


def _disturbed(ran: Ran, site: Site, golden: Ran | None) -> Iterator[str]:
    """Yield what was done to blocks that nothing had happened to."""
    if site.sim is None or not ran.strikes:
        return
    allowed, known = _allowed(ran, site), borne(site)
    well: dict[str, list[Well]] = {}
    for one in _well(ran, site, golden):
        well.setdefault(one.block, []).append(one)
    last = ran.resumed if ran.mended is None else ran.mended
    for number, access in enumerate(site.sim.accesses(ran.struck, last), ran.struck):
        if not access.write or access.address in known or allowed(access.block):
            continue
        if any(one.at(number) for one in well.get(access.block, ())):
            yield f"safety: {access.block} was in service, and was written: {access}"
    spoilt = any(strike.shot.kind in SPOILS for strike in ran.strikes) or ran.disturbed
    for what, packets in (("lost", ran.lost), ("corrupt", ran.corrupt)):
        if packets and not spoilt:
            yield f"safety: {packets} packets {what}, and no block was disturbed"


def _liveness(ran: Ran, site: Site) -> Iterator[str]:
    if ran.problem:
        yield f"liveness: {ran.problem}"
    if site.sim is not None:  # a peer takes real time, of which a busy machine takes more
        yield from (f"liveness: {took.late}" for took in ran.took if took.late)
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
        first, held = golden.before.get(name, known), ran.registers[name]
        for path in held if held.keys() >= known.keys() else {**held, **known}:
            wanted, seen = (one[path] if path in one else site.at_reset(name, path) for one in (known, held))
            if not (seen ^ wanted) & ~volatile.get(path, 0) or evidence(sim, name, path):
                continue
            before = first[path] if path in first else site.at_reset(name, path)
            if site.workload and before != wanted:  # traffic moves it, or the disturbance did
                continue
            if reset and seen == before:  # what the disturbance had left is gone, too
                continue
            yield f"liveness: {name}.{path} ends as {seen:#x}, without a fault as {wanted:#x}"


def raised(ran: Ran, site: Site, golden: Ran | None) -> Iterator[str]:
    """Yield the lines that are high in the end, were low before, and are without a fault; traffic may raise some."""
    if not site.workload:
        for name in sorted(ran.raised - (frozenset() if golden is None else golden.raised)):
            yield f"liveness: the line of {name} is high in the end, and was low before"


def evidence(sim: SimChip, block: str, path: str) -> bool:
    """Say whether a register is the hardware's own account of what happened, at which no ladder looks.

    What keeps what software writes to it is none. What a write clears, or starts something by, may be.
    """
    fields = sim.model(block).registers.fabric.bank.at(path)[0].store.register.fields
    looked = any(field.startswith(f"{path}.") for field in sim.intended(block))
    return not looked and all((field.hw.writable or field.volatile) and not kept(field) for field in fields)


def kept(field: FieldType) -> bool:
    """Say whether a field keeps what software writes to it."""
    return field.sw.writable and field.onwrite is None and not field.singlepulse
