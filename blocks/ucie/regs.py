"""Generated from ucie.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from enum import IntEnum

from registers.access import RegisterOp
from registers.handles import ArrayMember, Bit, Bits, Member, Register, RegisterMap, RegisterValue, TopMap


class IdValue(RegisterValue):
    """The word of ID."""

    __slots__ = ()

    version = Bits(int)
    part = Bits(int)


class Id(Register):
    """Says what stands here.

    - `version` [7:0] r, 0x1 after reset: Of this register map.
    - `part` [31:16] r, 0x5543 after reset: ASCII 'UC'.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IdValue:
        return IdValue(self.register, raw)

    def read(self) -> RegisterOp[IdValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, version: int | None = None, part: int | None = None) -> RegisterOp[IdValue]:
        """Compare the fields given."""
        return self._check(("version", "part"), (version, part), self._value)

    def poll(self, *, timeout_s: float, version: int | None = None, part: int | None = None) -> RegisterOp[IdValue]:
        """Wait until the fields are as given."""
        return self._poll(("version", "part"), (version, part), self._value, timeout_s=timeout_s)


class CtrlValue(RegisterValue):
    """The word of CTRL."""

    __slots__ = ()

    power = Bits(int)
    start = Bits(int)
    adapter = Bits(int)
    retrain = Bits(int)


class Ctrl(Register):
    """What runs.

    - `power` [0] rw, 0x0 after reset: The PHY has power.
    - `start` [1] rw, 0x0 after reset: The link trains; 0 takes it to RESET.
    - `adapter` [2] rw, 0x0 after reset: The adapter passes flits, once the other one does.
    - `retrain` [8] rw singlepulse, 0x0 after reset: ACTIVE is left for PHYRETRAIN, once, at both ends.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, power: Bit, start: Bit, adapter: Bit, retrain: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("power", "start", "adapter", "retrain"), (power, start, adapter, retrain))

    def modify(
        self,
        *,
        power: Bit | None = None,
        start: Bit | None = None,
        adapter: Bit | None = None,
        retrain: Bit | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("power", "start", "adapter", "retrain"), (power, start, adapter, retrain), self._value)

    def check(
        self,
        *,
        power: Bit | None = None,
        start: Bit | None = None,
        adapter: Bit | None = None,
        retrain: Bit | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("power", "start", "adapter", "retrain"), (power, start, adapter, retrain), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        power: Bit | None = None,
        start: Bit | None = None,
        adapter: Bit | None = None,
        retrain: Bit | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("power", "start", "adapter", "retrain"), (power, start, adapter, retrain), self._value, timeout_s=timeout_s
        )


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    power_good = Bits(int)
    phy_lock = Bits(int)
    error = Bits(int)
    adapter_ready = Bits(int)
    idle = Bits(int)


class Status(Register):
    """What PHY, link and adapter do now.

    - `power_good` [0] r, 0x0 after reset: The PHY's supply is good.
    - `phy_lock` [1] r, 0x0 after reset: The PHY's PLL follows its reference.
    - `error` [2] r, 0x0 after reset: The link is in TRAINERROR, and stays there until it is stopped.
    - `adapter_ready` [3] r, 0x0 after reset: The adapters have agreed, and flits pass.
    - `idle` [4] r, 0x1 after reset: No flit is on its way.
    """

    __slots__ = ()

    def _value(self, raw: int) -> StatusValue:
        return StatusValue(self.register, raw)

    def read(self) -> RegisterOp[StatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        power_good: Bit | None = None,
        phy_lock: Bit | None = None,
        error: Bit | None = None,
        adapter_ready: Bit | None = None,
        idle: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            ("power_good", "phy_lock", "error", "adapter_ready", "idle"),
            (power_good, phy_lock, error, adapter_ready, idle),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        power_good: Bit | None = None,
        phy_lock: Bit | None = None,
        error: Bit | None = None,
        adapter_ready: Bit | None = None,
        idle: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("power_good", "phy_lock", "error", "adapter_ready", "idle"),
            (power_good, phy_lock, error, adapter_ready, idle),
            self._value,
            timeout_s=timeout_s,
        )


class StateE(IntEnum):
    """Values of state_e."""

    RESET = 0  # The link is off.
    SBINIT = 1  # The sideband is found.
    MBINIT_PARAM = 2  # Parameters are exchanged.
    MBINIT_CAL = 3  # Each end calibrates itself.
    MBINIT_REPAIRCLK = 4  # Clock lanes are tested.
    MBINIT_REPAIRVAL = 5  # The valid lane is tested.
    MBINIT_REVERSALMB = 6  # Reversed lanes are found.
    MBINIT_REPAIRMB = 7  # Data lanes are tested and repaired.
    MBTRAIN_VALVREF = 8  # Reference voltage of the valid lane.
    MBTRAIN_DATAVREF = 9  # Reference voltage of the data lanes.
    MBTRAIN_SPEEDIDLE = 10  # The rate changes.
    MBTRAIN_TXSELFCAL = 11  # Transmitters calibrate themselves.
    MBTRAIN_RXCLKCAL = 12  # Receivers calibrate their clocks.
    MBTRAIN_VALTRAINCENTER = 13  # The valid lane is centred.
    MBTRAIN_VALTRAINVREF = 14  # Reference voltage of the valid lane, at the rate.
    MBTRAIN_DATATRAINCENTER1 = 15  # Data lanes are centred together.
    MBTRAIN_DATATRAINVREF = 16  # Reference voltage of the data lanes, at the rate.
    MBTRAIN_RXDESKEW = 17  # Each data lane is deskewed.
    MBTRAIN_DATATRAINCENTER2 = 18  # Data lanes are centred again.
    MBTRAIN_LINKSPEED = 19  # All lanes are tested at the rate.
    MBTRAIN_REPAIR = 20  # Lanes that failed at the rate are repaired.
    LINKINIT = 21  # The adapters take over.
    ACTIVE = 22  # The link works.
    PHYRETRAIN = 23  # An end asked for training anew.
    TRAINERROR = 24  # Training failed, or the link was lost; ERR_LOG says why.
    L1 = 25  # Both ends rest; this link does not enter it.
    L2 = 26  # Both ends sleep; this link does not enter it.


class StateValue(RegisterValue):
    """The word of STATE."""

    __slots__ = ()

    state = Bits(StateE)
    last = Bits(StateE)
    sideband = Bits(int)
    initialised = Bits(int)
    trained = Bits(int)


class State(Register):
    """Where the link is, and how far it has come since it last began to train.

    - `state` [4:0] r, 0x0 after reset: Now.
    - `last` [12:8] r, 0x0 after reset: Before.
    - `sideband` [16] r, 0x0 after reset: SBINIT is done.
    - `initialised` [17] r, 0x0 after reset: MBINIT is done.
    - `trained` [18] r, 0x0 after reset: MBTRAIN is done.
    """

    __slots__ = ()

    def _value(self, raw: int) -> StateValue:
        return StateValue(self.register, raw)

    def read(self) -> RegisterOp[StateValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        state: StateE | None = None,
        last: StateE | None = None,
        sideband: Bit | None = None,
        initialised: Bit | None = None,
        trained: Bit | None = None,
    ) -> RegisterOp[StateValue]:
        """Compare the fields given."""
        return self._check(
            ("state", "last", "sideband", "initialised", "trained"),
            (state, last, sideband, initialised, trained),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        state: StateE | None = None,
        last: StateE | None = None,
        sideband: Bit | None = None,
        initialised: Bit | None = None,
        trained: Bit | None = None,
    ) -> RegisterOp[StateValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("state", "last", "sideband", "initialised", "trained"),
            (state, last, sideband, initialised, trained),
            self._value,
            timeout_s=timeout_s,
        )


class IntrStatusValue(RegisterValue):
    """The word of INTR_STATUS."""

    __slots__ = ()

    link_down = Bits(int)
    train_error = Bits(int)
    correctable = Bits(int)
    uncorrectable = Bits(int)
    retrained = Bits(int)


class IntrStatus(Register):
    """What happened since it was last cleared.

    - `link_down` [0] rw woclr, 0x0 after reset: ACTIVE was lost.
    - `train_error` [1] rw woclr, 0x0 after reset: Training failed.
    - `correctable` [2] rw woclr, 0x0 after reset: A flit was sent again.
    - `uncorrectable` [3] rw woclr, 0x0 after reset: A flit was lost, or passed on spoilt.
    - `retrained` [4] rw woclr, 0x0 after reset: ACTIVE was left for PHYRETRAIN.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrStatusValue:
        return IntrStatusValue(self.register, raw)

    def read(self) -> RegisterOp[IntrStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        link_down: Bit | None = None,
        train_error: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        retrained: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
        )

    def modify(
        self,
        *,
        link_down: Bit | None = None,
        train_error: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        retrained: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
            self._value,
        )

    def check(
        self,
        *,
        link_down: Bit | None = None,
        train_error: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        retrained: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        link_down: Bit | None = None,
        train_error: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        retrained: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    link_down = Bits(int)
    train_error = Bits(int)
    correctable = Bits(int)
    uncorrectable = Bits(int)
    retrained = Bits(int)


class IntrEnable(Register):
    """Which bits of INTR_STATUS raise the line.

    - `link_down` [0] rw, 0x0 after reset: link_down raises the line.
    - `train_error` [1] rw, 0x0 after reset: train_error raises the line.
    - `correctable` [2] rw, 0x0 after reset: correctable raises the line.
    - `uncorrectable` [3] rw, 0x0 after reset: uncorrectable raises the line.
    - `retrained` [4] rw, 0x0 after reset: retrained raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        link_down: Bit,
        train_error: Bit,
        correctable: Bit,
        uncorrectable: Bit,
        retrained: Bit,
    ) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
        )

    def modify(
        self,
        *,
        link_down: Bit | None = None,
        train_error: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        retrained: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
            self._value,
        )

    def check(
        self,
        *,
        link_down: Bit | None = None,
        train_error: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        retrained: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        link_down: Bit | None = None,
        train_error: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        retrained: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
            self._value,
            timeout_s=timeout_s,
        )


class IntrTestValue(RegisterValue):
    """The word of INTR_TEST."""

    __slots__ = ()

    link_down = Bits(int)
    train_error = Bits(int)
    correctable = Bits(int)
    uncorrectable = Bits(int)
    retrained = Bits(int)


class IntrTest(Register):
    """Sets bits of INTR_STATUS, as if it had happened.

    - `link_down` [0] rw singlepulse, 0x0 after reset: Sets link_down.
    - `train_error` [1] rw singlepulse, 0x0 after reset: Sets train_error.
    - `correctable` [2] rw singlepulse, 0x0 after reset: Sets correctable.
    - `uncorrectable` [3] rw singlepulse, 0x0 after reset: Sets uncorrectable.
    - `retrained` [4] rw singlepulse, 0x0 after reset: Sets retrained.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrTestValue:
        return IntrTestValue(self.register, raw)

    def read(self) -> RegisterOp[IntrTestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        link_down: Bit | None = None,
        train_error: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        retrained: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
        )

    def modify(
        self,
        *,
        link_down: Bit | None = None,
        train_error: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        retrained: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
            self._value,
        )

    def check(
        self,
        *,
        link_down: Bit | None = None,
        train_error: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        retrained: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Compare the fields given."""
        return self._check(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        link_down: Bit | None = None,
        train_error: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        retrained: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("link_down", "train_error", "correctable", "uncorrectable", "retrained"),
            (link_down, train_error, correctable, uncorrectable, retrained),
            self._value,
            timeout_s=timeout_s,
        )


class ErrorE(IntEnum):
    """Values of error_e."""

    NONE = 0  # Nothing was captured.
    TIMEOUT = 1  # A step took longer than TIMEOUT allows.
    NO_REPAIR = 2  # More lanes failed than can be repaired or left out.
    PARTNER_LOST = 3  # The other end went away.
    CLOCK_LOST = 4  # The PHY lost its clock.
    NO_PROTOCOL = 5  # The adapters have no protocol in common.
    UNCORRECTABLE = 6  # A flit stayed spoilt however often it was sent.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    valid = Bits(int)
    code = Bits(ErrorE)
    state = Bits(StateE)
    lanes = Bits(int)


class ErrLog(Register):
    """What took the link to TRAINERROR, the first time since the log was last cleared.

    - `valid` [0] rw woclr, 0x0 after reset: The log holds an error; clearing it clears the rest.
    - `code` [6:4] r, 0x0 after reset: What.
    - `state` [12:8] r, 0x0 after reset: Where.
    - `lanes` [31:16] r, 0x0 after reset: Data lanes that failed, one bit each; of NO_REPAIR.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ErrLogValue:
        return ErrLogValue(self.register, raw)

    def read(self) -> RegisterOp[ErrLogValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, valid: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("valid",), (valid,))

    def modify(self, *, valid: Bit | None = None) -> RegisterOp[ErrLogValue]:
        """Change the fields given and no other bit."""
        return self._modify(("valid",), (valid,), self._value)

    def check(
        self,
        *,
        valid: Bit | None = None,
        code: ErrorE | None = None,
        state: StateE | None = None,
        lanes: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("valid", "code", "state", "lanes"), (valid, code, state, lanes), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        valid: Bit | None = None,
        code: ErrorE | None = None,
        state: StateE | None = None,
        lanes: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("valid", "code", "state", "lanes"), (valid, code, state, lanes), self._value, timeout_s=timeout_s
        )


class RateE(IntEnum):
    """Values of rate_e."""

    NONE = 0  # No link.
    GT_4 = 1  # 4 GT/s.
    GT_8 = 2  # 8 GT/s.
    GT_12 = 3  # 12 GT/s.
    GT_16 = 4  # 16 GT/s.
    GT_24 = 5  # 24 GT/s.
    GT_32 = 6  # 32 GT/s.


class WidthE(IntEnum):
    """Values of width_e."""

    NONE = 0  # No link.
    X8 = 8  # One half of the lanes.
    X16 = 16  # All lanes.


class CapValue(RegisterValue):
    """The word of CAP."""

    __slots__ = ()

    rate = Bits(RateE)
    width = Bits(WidthE)
    spares = Bits(int)


class Cap(Register):
    """What this end can do.

    - `rate` [2:0] r, 0x6 after reset: Highest rate.
    - `width` [8:4] r, 0x10 after reset: Widest link.
    - `spares` [13:12] r, 0x2 after reset: Spare lanes.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CapValue:
        return CapValue(self.register, raw)

    def read(self) -> RegisterOp[CapValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        rate: RateE | None = None,
        width: WidthE | None = None,
        spares: int | None = None,
    ) -> RegisterOp[CapValue]:
        """Compare the fields given."""
        return self._check(("rate", "width", "spares"), (rate, width, spares), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        rate: RateE | None = None,
        width: WidthE | None = None,
        spares: int | None = None,
    ) -> RegisterOp[CapValue]:
        """Wait until the fields are as given."""
        return self._poll(("rate", "width", "spares"), (rate, width, spares), self._value, timeout_s=timeout_s)


class LinkCtrlValue(RegisterValue):
    """The word of LINK_CTRL."""

    __slots__ = ()

    rate = Bits(RateE)
    width = Bits(WidthE)


class LinkCtrl(Register):
    """What the link should be.

    - `rate` [2:0] rw, 0x1 after reset: Highest rate that is asked for.
    - `width` [8:4] rw, 0x10 after reset: Widest link that is asked for.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LinkCtrlValue:
        return LinkCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[LinkCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, rate: RateE, width: WidthE) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("rate", "width"), (rate, width))

    def modify(self, *, rate: RateE | None = None, width: WidthE | None = None) -> RegisterOp[LinkCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("rate", "width"), (rate, width), self._value)

    def check(self, *, rate: RateE | None = None, width: WidthE | None = None) -> RegisterOp[LinkCtrlValue]:
        """Compare the fields given."""
        return self._check(("rate", "width"), (rate, width), self._value)

    def poll(self, *, timeout_s: float, rate: RateE | None = None, width: WidthE | None = None) -> RegisterOp[LinkCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("rate", "width"), (rate, width), self._value, timeout_s=timeout_s)


class PhyCtrlValue(RegisterValue):
    """The word of PHY_CTRL."""

    __slots__ = ()

    drive = Bits(int)
    terminated = Bits(int)
    quadrature = Bits(int)


class PhyCtrl(Register):
    """How lanes are driven and received.

    - `drive` [2:0] rw, 0x3 after reset: Strength of the transmitters; 0..7.
    - `terminated` [4] rw, 0x0 after reset: Receivers are terminated; rates above 16 GT/s need it.
    - `quadrature` [5] rw, 0x0 after reset: The clock is sent at half the rate, in two phases.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PhyCtrlValue:
        return PhyCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[PhyCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, drive: int, terminated: Bit, quadrature: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("drive", "terminated", "quadrature"), (drive, terminated, quadrature))

    def modify(
        self,
        *,
        drive: int | None = None,
        terminated: Bit | None = None,
        quadrature: Bit | None = None,
    ) -> RegisterOp[PhyCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("drive", "terminated", "quadrature"), (drive, terminated, quadrature), self._value)

    def check(
        self,
        *,
        drive: int | None = None,
        terminated: Bit | None = None,
        quadrature: Bit | None = None,
    ) -> RegisterOp[PhyCtrlValue]:
        """Compare the fields given."""
        return self._check(("drive", "terminated", "quadrature"), (drive, terminated, quadrature), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        drive: int | None = None,
        terminated: Bit | None = None,
        quadrature: Bit | None = None,
    ) -> RegisterOp[PhyCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("drive", "terminated", "quadrature"), (drive, terminated, quadrature), self._value, timeout_s=timeout_s
        )


class ProtocolE(IntEnum):
    """Values of protocol_e."""

    NONE = 0  # Nothing was agreed on.
    STREAMING = 1  # Streaming, raw.
    PCIE = 2  # PCI Express flits.
    CXL = 3  # CXL flits.


class FlitE(IntEnum):
    """Values of flit_e."""

    RAW = 0  # Without CRC; nothing is ever sent again.
    FLIT_68 = 1  # 68 bytes, with CRC.
    FLIT_256 = 2  # 256 bytes, with CRC.


class AdapterCtrlValue(RegisterValue):
    """The word of ADAPTER_CTRL."""

    __slots__ = ()

    protocol = Bits(ProtocolE)
    flit = Bits(FlitE)
    retry = Bits(int)


class AdapterCtrl(Register):
    """What the adapter offers to the other one.

    - `protocol` [1:0] rw, 0x1 after reset: Protocol.
    - `flit` [5:4] rw, 0x2 after reset: Format of flits.
    - `retry` [8] rw, 0x1 after reset: A flit that arrives spoilt is sent again.
    """

    __slots__ = ()

    def _value(self, raw: int) -> AdapterCtrlValue:
        return AdapterCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[AdapterCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, protocol: ProtocolE, flit: FlitE, retry: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("protocol", "flit", "retry"), (protocol, flit, retry))

    def modify(
        self,
        *,
        protocol: ProtocolE | None = None,
        flit: FlitE | None = None,
        retry: Bit | None = None,
    ) -> RegisterOp[AdapterCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("protocol", "flit", "retry"), (protocol, flit, retry), self._value)

    def check(
        self,
        *,
        protocol: ProtocolE | None = None,
        flit: FlitE | None = None,
        retry: Bit | None = None,
    ) -> RegisterOp[AdapterCtrlValue]:
        """Compare the fields given."""
        return self._check(("protocol", "flit", "retry"), (protocol, flit, retry), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        protocol: ProtocolE | None = None,
        flit: FlitE | None = None,
        retry: Bit | None = None,
    ) -> RegisterOp[AdapterCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("protocol", "flit", "retry"), (protocol, flit, retry), self._value, timeout_s=timeout_s)


class TimeoutValue(RegisterValue):
    """The word of TIMEOUT."""

    __slots__ = ()

    us = Bits(int)


class Timeout(Register):
    """When training gives up.

    - `us` [15:0] rw, 0x1f40 after reset: Longest stay in one state, in us, once both ends are there.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TimeoutValue:
        return TimeoutValue(self.register, raw)

    def read(self) -> RegisterOp[TimeoutValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, us: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("us",), (us,))

    def modify(self, *, us: int | None = None) -> RegisterOp[TimeoutValue]:
        """Change the fields given and no other bit."""
        return self._modify(("us",), (us,), self._value)

    def check(self, *, us: int | None = None) -> RegisterOp[TimeoutValue]:
        """Compare the fields given."""
        return self._check(("us",), (us,), self._value)

    def poll(self, *, timeout_s: float, us: int | None = None) -> RegisterOp[TimeoutValue]:
        """Wait until the fields are as given."""
        return self._poll(("us",), (us,), self._value, timeout_s=timeout_s)


class LinkStatusValue(RegisterValue):
    """The word of LINK_STATUS."""

    __slots__ = ()

    rate = Bits(RateE)
    width = Bits(WidthE)
    repaired = Bits(int)
    left_out = Bits(int)
    reversed = Bits(int)


class LinkStatus(Register):
    """What the link is.

    - `rate` [2:0] r, 0x0 after reset: Rate.
    - `width` [8:4] r, 0x0 after reset: Width.
    - `repaired` [13:12] r, 0x0 after reset: Lanes that a spare stands in for.
    - `left_out` [20:16] r, 0x0 after reset: Lanes that failed and that nothing stands in for.
    - `reversed` [24] r, 0x0 after reset: Lanes are numbered from the far side.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LinkStatusValue:
        return LinkStatusValue(self.register, raw)

    def read(self) -> RegisterOp[LinkStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        rate: RateE | None = None,
        width: WidthE | None = None,
        repaired: int | None = None,
        left_out: int | None = None,
        reversed: Bit | None = None,
    ) -> RegisterOp[LinkStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("rate", "width", "repaired", "left_out", "reversed"),
            (rate, width, repaired, left_out, reversed),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        rate: RateE | None = None,
        width: WidthE | None = None,
        repaired: int | None = None,
        left_out: int | None = None,
        reversed: Bit | None = None,
    ) -> RegisterOp[LinkStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("rate", "width", "repaired", "left_out", "reversed"),
            (rate, width, repaired, left_out, reversed),
            self._value,
            timeout_s=timeout_s,
        )


class AdapterStatusValue(RegisterValue):
    """The word of ADAPTER_STATUS."""

    __slots__ = ()

    protocol = Bits(ProtocolE)
    flit = Bits(FlitE)
    retry = Bits(int)


class AdapterStatus(Register):
    """What the adapters agreed on.

    - `protocol` [1:0] r, 0x0 after reset: Protocol.
    - `flit` [5:4] r, 0x0 after reset: Format of flits.
    - `retry` [8] r, 0x0 after reset: Spoilt flits are sent again.
    """

    __slots__ = ()

    def _value(self, raw: int) -> AdapterStatusValue:
        return AdapterStatusValue(self.register, raw)

    def read(self) -> RegisterOp[AdapterStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        protocol: ProtocolE | None = None,
        flit: FlitE | None = None,
        retry: Bit | None = None,
    ) -> RegisterOp[AdapterStatusValue]:
        """Compare the fields given."""
        return self._check(("protocol", "flit", "retry"), (protocol, flit, retry), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        protocol: ProtocolE | None = None,
        flit: FlitE | None = None,
        retry: Bit | None = None,
    ) -> RegisterOp[AdapterStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("protocol", "flit", "retry"), (protocol, flit, retry), self._value, timeout_s=timeout_s)


class SidebandValue(RegisterValue):
    """The word of SIDEBAND."""

    __slots__ = ()

    partner = Bits(StateE)
    rate = Bits(RateE)
    width = Bits(WidthE)


class Sideband(Register):
    """What came over the sideband.

    - `partner` [4:0] r, 0x0 after reset: State of the other end, as last heard.
    - `rate` [10:8] r, 0x0 after reset: Highest rate that the other end asks for.
    - `width` [16:12] r, 0x0 after reset: Widest link that the other end asks for.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SidebandValue:
        return SidebandValue(self.register, raw)

    def read(self) -> RegisterOp[SidebandValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        partner: StateE | None = None,
        rate: RateE | None = None,
        width: WidthE | None = None,
    ) -> RegisterOp[SidebandValue]:
        """Compare the fields given."""
        return self._check(("partner", "rate", "width"), (partner, rate, width), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        partner: StateE | None = None,
        rate: RateE | None = None,
        width: WidthE | None = None,
    ) -> RegisterOp[SidebandValue]:
        """Wait until the fields are as given."""
        return self._poll(("partner", "rate", "width"), (partner, rate, width), self._value, timeout_s=timeout_s)


class FlitsRValue(RegisterValue):
    """The word of flits_r."""

    __slots__ = ()

    count = Bits(int)


class FlitsR(Register):
    """What passed, since reset.

    - `count` [63:0] r, 0x0 after reset: How many.
    """

    __slots__ = ()

    def _value(self, raw: int) -> FlitsRValue:
        return FlitsRValue(self.register, raw)

    def read(self) -> RegisterOp[FlitsRValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, count: int | None = None) -> RegisterOp[FlitsRValue]:
        """Compare the fields given."""
        return self._check(("count",), (count,), self._value)


class CountRValue(RegisterValue):
    """The word of count_r."""

    __slots__ = ()

    count = Bits(int)


class CountR(Register):
    """A count, cleared by being read.

    - `count` [15:0] r rclr, 0x0 after reset: Stays at its end.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CountRValue:
        return CountRValue(self.register, raw)

    def read(self) -> RegisterOp[CountRValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class RetrainsValue(RegisterValue):
    """The word of RETRAINS."""

    __slots__ = ()

    count = Bits(int)


class Retrains(Register):
    """How often ACTIVE was left for PHYRETRAIN, since reset.

    - `count` [15:0] r, 0x0 after reset: Stays at its end.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RetrainsValue:
        return RetrainsValue(self.register, raw)

    def read(self) -> RegisterOp[RetrainsValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, count: int | None = None) -> RegisterOp[RetrainsValue]:
        """Compare the fields given."""
        return self._check(("count",), (count,), self._value)

    def poll(self, *, timeout_s: float, count: int | None = None) -> RegisterOp[RetrainsValue]:
        """Wait until the fields are as given."""
        return self._poll(("count",), (count,), self._value, timeout_s=timeout_s)


class LaneStatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    good = Bits(int)
    used = Bits(int)
    eye = Bits(int)
    delay = Bits(int)


class LaneStatus(Register):
    """What training came to.

    - `good` [0] r, 0x0 after reset: It passed the test.
    - `used` [1] r, 0x0 after reset: It carries data.
    - `eye` [13:8] r, 0x0 after reset: Width of its eye, in 1/64 of a unit interval.
    - `delay` [21:16] r, 0x0 after reset: Delay that deskew gave it, in 1/64 of a unit interval.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LaneStatusValue:
        return LaneStatusValue(self.register, raw)

    def read(self) -> RegisterOp[LaneStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        good: Bit | None = None,
        used: Bit | None = None,
        eye: int | None = None,
        delay: int | None = None,
    ) -> RegisterOp[LaneStatusValue]:
        """Compare the fields given."""
        return self._check(("good", "used", "eye", "delay"), (good, used, eye, delay), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        good: Bit | None = None,
        used: Bit | None = None,
        eye: int | None = None,
        delay: int | None = None,
    ) -> RegisterOp[LaneStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("good", "used", "eye", "delay"), (good, used, eye, delay), self._value, timeout_s=timeout_s)


class MapValue(RegisterValue):
    """The word of MAP."""

    __slots__ = ()

    logical = Bits(int)


class Map(Register):
    """Which logical lane it carries.

    - `logical` [4:0] rw, 0x1f after reset: 0..15; 31: none. Training writes it anew.
    """

    __slots__ = ()

    def _value(self, raw: int) -> MapValue:
        return MapValue(self.register, raw)

    def read(self) -> RegisterOp[MapValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, logical: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("logical",), (logical,))

    def modify(self, *, logical: int | None = None) -> RegisterOp[MapValue]:
        """Change the fields given and no other bit."""
        return self._modify(("logical",), (logical,), self._value)

    def check(self, *, logical: int | None = None) -> RegisterOp[MapValue]:
        """Compare the fields given."""
        return self._check(("logical",), (logical,), self._value)

    def poll(self, *, timeout_s: float, logical: int | None = None) -> RegisterOp[MapValue]:
        """Wait until the fields are as given."""
        return self._poll(("logical",), (logical,), self._value, timeout_s=timeout_s)


class Lane(RegisterMap):
    """One lane, the spare ones last; nothing answers without power."""

    __slots__ = ()

    STATUS = Member(LaneStatus)  # 0x0
    MAP = Member(Map)  # 0x4


class ModeE(IntEnum):
    """Values of mode_e."""

    NORMAL = 0  # As it is used.
    LOOPBACK = 1  # What is sent comes back.
    PATTERN = 2  # Lanes carry a test pattern.


class TestValue(RegisterValue):
    """The word of TEST."""

    __slots__ = ()

    mode = Bits(ModeE)


class Test(Register):
    """Modes of the laboratory.

    - `mode` [1:0] rw, 0x0 after reset: Mode.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TestValue:
        return TestValue(self.register, raw)

    def read(self) -> RegisterOp[TestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, mode: ModeE) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("mode",), (mode,))

    def modify(self, *, mode: ModeE | None = None) -> RegisterOp[TestValue]:
        """Change the fields given and no other bit."""
        return self._modify(("mode",), (mode,), self._value)

    def check(self, *, mode: ModeE | None = None) -> RegisterOp[TestValue]:
        """Compare the fields given."""
        return self._check(("mode",), (mode,), self._value)

    def poll(self, *, timeout_s: float, mode: ModeE | None = None) -> RegisterOp[TestValue]:
        """Wait until the fields are as given."""
        return self._poll(("mode",), (mode,), self._value, timeout_s=timeout_s)


class ScratchValue(RegisterValue):
    """The word of SCRATCH."""

    __slots__ = ()

    value = Bits(int)


class Scratch(Register):
    """Holds what is written.

    - `value` [31:0] rw, 0x0 after reset: Means nothing to the hardware.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ScratchValue:
        return ScratchValue(self.register, raw)

    def read(self) -> RegisterOp[ScratchValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, value: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("value",), (value,))

    def modify(self, *, value: int | None = None) -> RegisterOp[ScratchValue]:
        """Change the fields given and no other bit."""
        return self._modify(("value",), (value,), self._value)

    def check(self, *, value: int | None = None) -> RegisterOp[ScratchValue]:
        """Compare the fields given."""
        return self._check(("value",), (value,), self._value)

    def poll(self, *, timeout_s: float, value: int | None = None) -> RegisterOp[ScratchValue]:
        """Wait until the fields are as given."""
        return self._poll(("value",), (value,), self._value, timeout_s=timeout_s)


class LockValue(RegisterValue):
    """The word of LOCK."""

    __slots__ = ()

    config = Bits(int)


class Lock(Register):
    """Closes what a link must not have changed under it. Only a reset opens it.

    - `config` [0] rw woset, 0x0 after reset: LINK_CTRL, PHY_CTRL, ADAPTER_CTRL, TIMEOUT and TEST are only read.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LockValue:
        return LockValue(self.register, raw)

    def read(self) -> RegisterOp[LockValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, config: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("config",), (config,))

    def modify(self, *, config: Bit | None = None) -> RegisterOp[LockValue]:
        """Change the fields given and no other bit."""
        return self._modify(("config",), (config,), self._value)

    def check(self, *, config: Bit | None = None) -> RegisterOp[LockValue]:
        """Compare the fields given."""
        return self._check(("config",), (config,), self._value)

    def poll(self, *, timeout_s: float, config: Bit | None = None) -> RegisterOp[LockValue]:
        """Wait until the fields are as given."""
        return self._poll(("config",), (config,), self._value, timeout_s=timeout_s)


class UcieRegs(TopMap):
    """Trains a link of up to 16 lanes with another die, and passes flits."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "ucie.image"

    ID = Member(Id)  # 0x0
    CTRL = Member(Ctrl)  # 0x4
    STATUS = Member(Status)  # 0x8
    STATE = Member(State)  # 0xc
    INTR_STATUS = Member(IntrStatus)  # 0x10
    INTR_ENABLE = Member(IntrEnable)  # 0x14
    INTR_TEST = Member(IntrTest)  # 0x18
    ERR_LOG = Member(ErrLog)  # 0x28
    CAP = Member(Cap)  # 0x40
    LINK_CTRL = Member(LinkCtrl)  # 0x44
    PHY_CTRL = Member(PhyCtrl)  # 0x48
    ADAPTER_CTRL = Member(AdapterCtrl)  # 0x4c
    TIMEOUT = Member(Timeout)  # 0x50
    LINK_STATUS = Member(LinkStatus)  # 0x54
    ADAPTER_STATUS = Member(AdapterStatus)  # 0x58
    SIDEBAND = Member(Sideband)  # 0x5c
    FLITS = Member(FlitsR)  # 0x80
    BYTES = Member(FlitsR)  # 0x88
    RETRIES = Member(CountR)  # 0x90
    LOST = Member(CountR)  # 0x94
    RETRAINS = Member(Retrains)  # 0x98
    LANE = ArrayMember(Lane)  # 0x100 [18]
    TEST = Member(Test)  # 0xff0
    SCRATCH = Member(Scratch)  # 0xff4
    LOCK = Member(Lock)  # 0xff8
