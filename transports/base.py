"""The contract between the runtime and anything that moves words: one method that matters, `execute`.

Optional powers are other protocols, asked for with `isinstance`. Some are the device's: `Notifier` (interrupt hints),
`Resettable`, `Judge` (what a simulated target knows and no real one can tell). Some are the way's: `Gathering` (several
batches in one round trip), `Pinging`, `Stamping`, `Ordered`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from attrs import Factory, evolve, fields, frozen

from transports.batch import Batch, Results


@frozen(kw_only=True)
class Capabilities:
    """What a transport can do, asked once at open.

    Attributes:
        widths: access widths in bytes.
        strobes: writes with any byte strobes; otherwise only aligned power-of-two runs of bytes.
        burst: a burst is one request on the wire, not a loop of single accesses.
        poll: a `Poll` is looped at the far end, in one round trip.
        atomic_modify: nothing else reaches the register between a `Modify`'s read and its write.
        notifier: the transport is a `Notifier`.
        real_time: a peer outside this process answers; virtual time must not jump while it works.
        access_s: usual time of one access inside a batch.
        round_trip_s: usual time of one `execute`, whatever it holds.
    """

    widths: frozenset[int] = frozenset({1, 2, 4, 8})
    strobes: bool = False
    burst: bool = False
    poll: bool = False
    atomic_modify: bool = False
    notifier: bool = False
    real_time: bool = True
    access_s: float = 0.0
    round_trip_s: float = 0.0

    def require(self, *, widths: frozenset[int] = frozenset(), **powers: bool) -> None:
        """Refuse at open what would fail at use.

        Raises:
            ValueError: names each power that is needed and missing, and what there is.
        """
        known = {a.name for a in fields(Capabilities) if a.type in (bool, "bool")}
        if unknown := set(powers) - known:
            raise ValueError(f"no such capability: {', '.join(sorted(unknown))}; there are {sorted(known)}")
        missing = [name for name, needed in sorted(powers.items()) if needed and not getattr(self, name)]
        missing += [f"width {width}" for width in sorted(widths - self.widths)]
        if missing:
            there = [name for name in sorted(known) if getattr(self, name)]
            raise ValueError(
                f"needs {', '.join(missing)}; this transport has widths {sorted(self.widths)} and "
                f"{', '.join(there) or 'no optional power'}"
            )


class Transport(Protocol):
    """Moves batches of words to a device and back."""

    @property
    def capabilities(self) -> Capabilities:
        """What this transport can do; constant from open to close."""
        ...

    async def execute(self, batch: Batch) -> Results:
        """Run the operations in order up to the first that fails. Checkpoints at least once a batch.

        Never raises a TransportError: the failure is `Results.error`, beside the results that stand.
        Bad requests (a hole in the window, an unsupported width or strobe) are errors of the same kind, found before
        the first access: `values` is then empty. After `aclose`, every batch fails with `DeviceLost`.
        """
        ...

    async def aclose(self) -> None:
        """Give the device back. Idempotent; what `open` started (a process, a mapping) is ended here."""
        ...


@runtime_checkable
class Gathering(Protocol):
    """Carries the batches of several tasks in one round trip."""

    async def execute_all(self, batches: Sequence[Batch]) -> Sequence[Results]:
        """Run the batches one after the other, each as `execute` does; return the results of each, in order.

        One that fails stops no other, unless the device is lost. Cancelled, it may have performed any part of any.
        """
        ...


@runtime_checkable
class Pinging(Protocol):
    """Can ask the way to the device whether it carries anything, whatever the device itself does meanwhile."""

    async def ping(self) -> None:
        """Return when the other end of the link has answered. No access reaches the device for it.

        Raises:
            TransportError: it will not answer any more.
        """
        ...


@runtime_checkable
class Stamping(Protocol):
    """Can tell when each operation of a batch was done: whoever has the device at hand."""

    def stamp(self) -> None:
        """Have the results from now on tell it, as `Results.stamps`; it takes time, so nobody asks but a trace."""
        ...


@runtime_checkable
class Ordered(Protocol):
    """Carries one batch at a time, for the task that asks: a recording, in which the order of tasks matters."""

    async def turn(self, batch: Batch) -> None:
        """Wait until it is the turn of this batch, if they have turns; `execute` must follow at once."""
        ...


@runtime_checkable
class Notifier(Protocol):
    """Brings interrupt hints: a reason to look, never a state."""

    async def wait(self) -> frozenset[int]:
        """Wait until at least one line rose since the last call; return the numbers of those that did."""
        ...


@runtime_checkable
class Named(Protocol):
    """Says what the device is, where whoever owns it knows."""

    @property
    def device_name(self) -> str:
        """What it is, in words: `atlas, 324 blocks`; empty where nobody knows."""
        ...


@runtime_checkable
class Resettable(Protocol):
    """Can reset the device as a whole."""

    async def reset(self) -> None:
        """Reset the device and return when it answers again."""
        ...


def _told(judgement: Judgement) -> int:
    return len(judgement.violations)


@frozen
class Judgement:
    """What a simulated target knows of its own hardware.

    Attributes:
        violations: the rules that software broke, each as one sentence; of many, the first.
        stages: seconds that each stage of each block's hardware takes in one bring-up from reset, as they are drawn;
            by block, then by stage. They are known before the first access, and no access changes them.
        traffic: packets sent, delivered, lost, corrupt, and how many outages the two last are, each of which is told in
            `violations` and counted in `broken`; empty where no traffic runs.
        broken: how many rules were broken, as often as they were; at least as many as `violations` tells.
        spoilt: of the corrupt packets, how many lay in which block; others are not known to have lain anywhere.
        faults: those that were injected and have begun, ended or not: when, in seconds on the clock by which whoever
            asked waits (its event loop's, also where the target is at the other end of a socket), and what and where.
    """

    violations: tuple[str, ...] = ()
    stages: Mapping[str, Mapping[str, float]] = Factory(dict[str, Mapping[str, float]])
    traffic: Mapping[str, int] = Factory(dict[str, int])
    broken: int = Factory(_told, takes_self=True)
    faults: tuple[tuple[float, str], ...] = ()
    spoilt: Mapping[str, int] = Factory(dict[str, int])

    def moved(self, by_s: float) -> Judgement:
        """Return the same as it is told by a clock that shows `by_s` more."""
        return evolve(self, faults=tuple((began_s + by_s, what) for began_s, what in self.faults))


@runtime_checkable
class Judge(Protocol):
    """Tells how the hardware was treated: a simulation, which sees what silicon keeps to itself."""

    async def judge(self) -> Judgement:
        """Return what is known by now. No access reaches the device for it."""
        ...
