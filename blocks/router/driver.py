"""Gives a mesh router its routes and its credits, opens its ports; or drains and isolates it."""

from __future__ import annotations

from attrs import field, frozen

from blocks.base import Block
from blocks.ladder import US, Act, Ladder, Rung
from blocks.limits import between
from blocks.router.regs import PortE, RouterRegs

COLUMNS = 4  # router.rdl POSITION: a node is row * 4 + column, whatever the size of the mesh
COMMIT_S = 1 * US
CREDIT_S = 2 * US
DRAIN_S = 2 * US
NEIGHBOUR_S = 10.0  # the router at the other end is brought up by the same controller, over a bus that may be slow


@frozen(kw_only=True)
class RouterConfig:
    """Where a router stands, and how it shares its ports.

    Attributes:
        row, column: its place; 0, 0 is the north-west corner.
        rows, columns: of the mesh; ports at its edges stay shut.
        depth: flits of buffer that each port offers to the router at its other end.
        timeout_cycles: a packet that waits longer for a port is an error; 0: never.
        through, local: packets in a row from one neighbour, or from the node itself, before the next has its turn.
    """

    row: int = field(validator=between(0, 3))
    column: int = field(validator=between(0, 3))
    rows: int = field(default=4, validator=between(1, 4))
    columns: int = field(default=COLUMNS, validator=between(1, COLUMNS))
    depth: int = field(default=16, validator=between(1, 64))
    timeout_cycles: int = field(default=4096, validator=between(0, 0xFFFF))
    through: int = field(default=4, validator=between(1, 15))
    local: int = field(default=1, validator=between(1, 15))

    def __attrs_post_init__(self) -> None:
        if self.row >= self.rows:
            raise ValueError(f"row is {self.row}; expected 0..{self.rows - 1}")
        if self.column >= self.columns:
            raise ValueError(f"column is {self.column}; expected 0..{self.columns - 1}")

    @property
    def ports(self) -> frozenset[PortE]:
        """The ports that have another end: the node itself, and no router beyond the edges of the mesh."""
        there = {
            PortE.NORTH: self.row > 0,
            PortE.EAST: self.column < self.columns - 1,
            PortE.SOUTH: self.row < self.rows - 1,
            PortE.WEST: self.column > 0,
            PortE.LOCAL: True,
        }
        return frozenset(port for port, used in there.items() if used)

    @property
    def routes(self) -> tuple[PortE, ...]:
        """Where packets to each node leave: along the row first, then along the column, so that no circle can form."""
        return tuple(self._route(*divmod(node, COLUMNS)) for node in range(4 * COLUMNS))

    def _route(self, row: int, column: int) -> PortE:
        if row >= self.rows or column >= self.columns:
            return PortE.NONE
        if column != self.column:
            return PortE.EAST if column > self.column else PortE.WEST
        if row != self.row:
            return PortE.SOUTH if row > self.row else PortE.NORTH
        return PortE.LOCAL


class Router(Block[RouterRegs]):
    """Mesh router: four neighbours and its own node, one route table.

    Two routers come up in any order: each enables its ports and waits for the credits of the other. What would change
    under traffic (routes, buffers, position) is changed only with every port isolated.
    """

    config: RouterConfig

    def up(self) -> Ladder:
        """Routes committed while isolated, ports enabled, credits awaited, ports opened, table frozen."""
        r = self.regs
        return Ladder(
            Rung("identified", holds=[r.ID.check(part=0x4652, version=1)], within=5 * US),
            Rung(
                "healthy",
                holds=[r.INTR_STATUS.check(link_lost=0, timeout=0, parity=0), r.ERR_LOG.check(valid=0)],
                reach=[r.ERR_LOG.write(valid=1), r.INTR_STATUS.write(link_lost=1, timeout=1, parity=1)],
                within=5 * US,
            ),
            self._configured(),
            # A commit that another controller began is let finish.
            Rung("settled", holds=[r.ROUTE_STATUS.check(busy=0)], within=4 * COMMIT_S),
            Rung(
                "routed",
                holds=[
                    *(r.ROUTE[node].check(port=port) for node, port in enumerate(self.config.routes)),
                    r.ROUTE_STATUS.check(valid=1, pending=0),
                ],
                reach=[
                    r.LOCK.check(config=0),
                    *self._isolate(),
                    *(r.ROUTE[node].write(port=port) for node, port in enumerate(self.config.routes)),
                    # A table with a write that was lost must not be committed.
                    *(r.ROUTE[node].check(port=port) for node, port in enumerate(self.config.routes)),
                    r.ROUTE_COMMIT.write(commit=1),
                ],
                settles=0.8 * COMMIT_S,
                within=4 * COMMIT_S,
                disturbs=True,
            ),
            *self._opened(),
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(link_lost=1, timeout=1, parity=1)],
                reach=[r.INTR_ENABLE.write(link_lost=1, timeout=1, parity=1)],
                within=5 * US,
            ),
        )

    def _configured(self) -> Rung:
        """Return the rung of what must not change while a port is enabled."""
        r, c = self.regs, self.config
        return Rung(
            "configured",
            holds=[
                r.POSITION.check(row=c.row, column=c.column),
                r.TIMEOUT.check(cycles=c.timeout_cycles),
                r.ARBITER.check(through=c.through, local=c.local),
                *(port.CREDITS.check(depth=c.depth) for port in r.PORT),
                r.TEST.check(flip=0),
            ],
            reach=[
                r.LOCK.check(config=0),
                *self._isolate(),
                *(port.CTRL.modify(enable=0) for port in r.PORT),
                r.POSITION.write(row=c.row, column=c.column),
                r.TIMEOUT.write(cycles=c.timeout_cycles),
                r.ARBITER.write(through=c.through, local=c.local),
                *(port.CREDITS.write(depth=c.depth) for port in r.PORT),
                r.TEST.write(flip=0),
            ],
            within=5 * US,
            disturbs=True,
        )

    def _opened(self) -> tuple[Rung, ...]:
        """Return the rungs from isolated to passing traffic."""
        r, used = self.regs, self.config.ports
        mask = {port.name.lower(): port in used for port in PortE if port is not PortE.NONE}
        shut: list[Act] = [op for port in PortE if mask.get(port.name.lower()) is False for op in self._shut(port)]
        return (
            Rung(
                "enabled",
                holds=[r.ENABLED.check(**mask)],
                reach=[
                    *([r.CTRL.modify(drain=1), *shut] if shut else ()),
                    *(r.PORT[port].CTRL.modify(enable=1) for port in sorted(used)),
                ],
                within=5 * US,
                disturbs=bool(shut),
            ),
            # Only time gets credits: the other end gives them once it has enabled its port as well.
            Rung("credited", holds=[r.CREDITED.check(**mask)], settles=0.8 * CREDIT_S, within=NEIGHBOUR_S),
            Rung(
                "open",
                holds=[r.OPEN.check(**mask), r.CTRL.check(drain=0, count=1)],
                reach=[
                    *(r.PORT[port].CTRL.modify(isolate=0) for port in sorted(used)),
                    r.CTRL.write(drain=0, count=1),
                ],
                within=5 * US,
            ),
        )

    def full(self) -> Ladder:
        """Every buffer of every port is in use."""
        shallow = self.regs.SHALLOW
        return Ladder(
            Rung("deep", holds=[shallow.check(north=0, east=0, south=0, west=0, local=0)], within=5 * US),
        )

    def rest(self) -> Ladder:
        """Nothing taken in, what is inside let out, then every port isolated and given up."""
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(link_lost=0, timeout=0, parity=0)],
                reach=[r.INTR_ENABLE.write(link_lost=0, timeout=0, parity=0)],
                within=5 * US,
            ),
            Rung(
                "drained",
                holds=[r.CTRL.check(drain=1), r.STATUS.check(idle=1)],
                reach=[r.CTRL.modify(drain=1)],
                settles=0.8 * DRAIN_S,
                within=4 * DRAIN_S,
            ),
            Rung(
                "isolated",
                holds=[r.OPEN.check(north=0, east=0, south=0, west=0, local=0)],
                reach=self._isolate(),
                within=5 * US,
            ),
            Rung(
                "disabled",
                holds=[r.ENABLED.check(north=0, east=0, south=0, west=0, local=0)],
                reach=[port.CTRL.modify(enable=0) for port in r.PORT],
                within=5 * US,
            ),
        )

    def _isolate(self) -> list[Act]:
        """Take nothing in any more, then isolate every port: what routes and buffers may change under."""
        r = self.regs
        return [r.CTRL.modify(drain=1), *(port.CTRL.modify(isolate=1) for port in r.PORT)]

    def _shut(self, port: PortE) -> list[Act]:
        ctrl = self.regs.PORT[port].CTRL
        return [ctrl.modify(isolate=1), ctrl.modify(enable=0)]
