"""Generated from pcie.rdl by firstlight registers generate; do not edit."""

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
    - `part` [31:16] r, 0x5043 after reset: ASCII 'PC'.
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
    ltssm = Bits(int)
    traffic = Bits(int)
    retrain = Bits(int)


class Ctrl(Register):
    """What runs.

    - `power` [0] rw, 0x0 after reset: The PHY has power.
    - `ltssm` [1] rw, 0x0 after reset: The link trains, and trains again when it was lost.
    - `traffic` [2] rw, 0x0 after reset: Transactions pass, both ways.
    - `retrain` [8] rw singlepulse, 0x0 after reset: L0 is left for Recovery, once.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, power: Bit, ltssm: Bit, traffic: Bit, retrain: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("power", "ltssm", "traffic", "retrain"), (power, ltssm, traffic, retrain))

    def modify(
        self,
        *,
        power: Bit | None = None,
        ltssm: Bit | None = None,
        traffic: Bit | None = None,
        retrain: Bit | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("power", "ltssm", "traffic", "retrain"), (power, ltssm, traffic, retrain), self._value)

    def check(
        self,
        *,
        power: Bit | None = None,
        ltssm: Bit | None = None,
        traffic: Bit | None = None,
        retrain: Bit | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("power", "ltssm", "traffic", "retrain"), (power, ltssm, traffic, retrain), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        power: Bit | None = None,
        ltssm: Bit | None = None,
        traffic: Bit | None = None,
        retrain: Bit | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("power", "ltssm", "traffic", "retrain"), (power, ltssm, traffic, retrain), self._value, timeout_s=timeout_s
        )


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    power_good = Bits(int)
    phy_lock = Bits(int)
    host_ready = Bits(int)
    off = Bits(int)
    idle = Bits(int)
    reversed = Bits(int)


class Status(Register):
    """What PHY and link do now.

    - `power_good` [0] r, 0x0 after reset: The PHY's supply is good.
    - `phy_lock` [1] r, 0x0 after reset: The PHY's PLL follows its reference.
    - `host_ready` [2] r, 0x0 after reset: PERST# is released, and was so for long enough.
    - `off` [3] r, 0x1 after reset: The link is off: nothing trains, nothing is on its way.
    - `idle` [4] r, 0x1 after reset: No transaction is on its way.
    - `reversed` [5] r, 0x0 after reset: The link lost lanes to its other end: lane 0 is at the far side.
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
        host_ready: Bit | None = None,
        off: Bit | None = None,
        idle: Bit | None = None,
        reversed: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            ("power_good", "phy_lock", "host_ready", "off", "idle", "reversed"),
            (power_good, phy_lock, host_ready, off, idle, reversed),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        power_good: Bit | None = None,
        phy_lock: Bit | None = None,
        host_ready: Bit | None = None,
        off: Bit | None = None,
        idle: Bit | None = None,
        reversed: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("power_good", "phy_lock", "host_ready", "off", "idle", "reversed"),
            (power_good, phy_lock, host_ready, off, idle, reversed),
            self._value,
            timeout_s=timeout_s,
        )


class LtssmE(IntEnum):
    """Values of ltssm_e."""

    DETECT_QUIET = 0  # Electrical idle, for 12 ms.
    DETECT_ACTIVE = 1  # Receivers are looked for.
    POLLING_ACTIVE = 2  # TS1 are sent and awaited.
    POLLING_COMPLIANCE = 3  # The compliance pattern is sent; this controller does not enter it.
    POLLING_CONFIGURATION = 4  # Polarity is settled.
    CONFIGURATION_LINKWIDTH_START = 5  # The width is proposed.
    CONFIGURATION_LINKWIDTH_ACCEPT = 6  # The width is accepted.
    CONFIGURATION_LANENUM_WAIT = 7  # Lane numbers are awaited.
    CONFIGURATION_LANENUM_ACCEPT = 8  # Lane numbers are accepted.
    CONFIGURATION_COMPLETE = 9  # Lanes are deskewed.
    CONFIGURATION_IDLE = 10  # Idle data is awaited.
    L0 = 11  # The link works.
    RECOVERY_RCVRLOCK = 12  # Bit lock is regained.
    RECOVERY_EQUALIZATION_PHASE0 = 13  # Presets of the host are taken over.
    RECOVERY_EQUALIZATION_PHASE1 = 14  # Both sides receive well enough to go on.
    RECOVERY_EQUALIZATION_PHASE2 = 15  # This side tunes the host's transmitters.
    RECOVERY_EQUALIZATION_PHASE3 = 16  # The host tunes this side's transmitters.
    RECOVERY_SPEED = 17  # Electrical idle, while the speed changes.
    RECOVERY_RCVRCFG = 18  # Lanes are deskewed again.
    RECOVERY_IDLE = 19  # Idle data is awaited again.
    L0S = 20  # Transmitters rest; this controller does not enter it.
    L1 = 21  # Both sides rest; this controller does not enter it.
    L2 = 22  # Main power is off; this controller does not enter it.
    DISABLED = 23  # The link was switched off, and drains.
    LOOPBACK = 24  # What is received is sent back; TEST asks for it.
    HOT_RESET = 25  # The host resets this side through the link.


class LtssmValue(RegisterValue):
    """The word of LTSSM."""

    __slots__ = ()

    state = Bits(LtssmE)
    last = Bits(LtssmE)
    detected = Bits(int)
    polled = Bits(int)
    configured = Bits(int)
    data_link = Bits(int)
    at_speed = Bits(int)


class Ltssm(Register):
    """Where the link is, and how far it has come since it last began to train.

    - `state` [5:0] r, 0x0 after reset: Now.
    - `last` [13:8] r, 0x0 after reset: Before.
    - `detected` [16] r, 0x0 after reset: Receivers were found.
    - `polled` [17] r, 0x0 after reset: Training sequences were exchanged.
    - `configured` [18] r, 0x0 after reset: Width and lane numbers were agreed on.
    - `data_link` [19] r, 0x0 after reset: Credits were exchanged: the data link is up.
    - `at_speed` [20] r, 0x0 after reset: The highest common speed was reached, or was there from the start.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LtssmValue:
        return LtssmValue(self.register, raw)

    def read(self) -> RegisterOp[LtssmValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        state: LtssmE | None = None,
        last: LtssmE | None = None,
        detected: Bit | None = None,
        polled: Bit | None = None,
        configured: Bit | None = None,
        data_link: Bit | None = None,
        at_speed: Bit | None = None,
    ) -> RegisterOp[LtssmValue]:
        """Compare the fields given."""
        return self._check(
            ("state", "last", "detected", "polled", "configured", "data_link", "at_speed"),
            (state, last, detected, polled, configured, data_link, at_speed),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        state: LtssmE | None = None,
        last: LtssmE | None = None,
        detected: Bit | None = None,
        polled: Bit | None = None,
        configured: Bit | None = None,
        data_link: Bit | None = None,
        at_speed: Bit | None = None,
    ) -> RegisterOp[LtssmValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("state", "last", "detected", "polled", "configured", "data_link", "at_speed"),
            (state, last, detected, polled, configured, data_link, at_speed),
            self._value,
            timeout_s=timeout_s,
        )


class IntrStatusValue(RegisterValue):
    """The word of INTR_STATUS."""

    __slots__ = ()

    link_down = Bits(int)
    hot_reset = Bits(int)
    host_reset = Bits(int)
    correctable = Bits(int)
    uncorrectable = Bits(int)
    recovered = Bits(int)


class IntrStatus(Register):
    """What happened since it was last cleared.

    - `link_down` [0] rw woclr, 0x0 after reset: The data link went down.
    - `hot_reset` [1] rw woclr, 0x0 after reset: The host reset this side through the link.
    - `host_reset` [2] rw woclr, 0x0 after reset: The host asserted PERST#.
    - `correctable` [3] rw woclr, 0x0 after reset: A bit of AER_CORR was set.
    - `uncorrectable` [4] rw woclr, 0x0 after reset: A bit of AER_UNCORR was set.
    - `recovered` [5] rw woclr, 0x0 after reset: L0 was left for Recovery, and not for the first time.
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
        hot_reset: Bit | None = None,
        host_reset: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        recovered: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
        )

    def modify(
        self,
        *,
        link_down: Bit | None = None,
        hot_reset: Bit | None = None,
        host_reset: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        recovered: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
            self._value,
        )

    def check(
        self,
        *,
        link_down: Bit | None = None,
        hot_reset: Bit | None = None,
        host_reset: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        recovered: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        link_down: Bit | None = None,
        hot_reset: Bit | None = None,
        host_reset: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        recovered: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    link_down = Bits(int)
    hot_reset = Bits(int)
    host_reset = Bits(int)
    correctable = Bits(int)
    uncorrectable = Bits(int)
    recovered = Bits(int)


class IntrEnable(Register):
    """Which bits of INTR_STATUS raise the line.

    - `link_down` [0] rw, 0x0 after reset: link_down raises the line.
    - `hot_reset` [1] rw, 0x0 after reset: hot_reset raises the line.
    - `host_reset` [2] rw, 0x0 after reset: host_reset raises the line.
    - `correctable` [3] rw, 0x0 after reset: correctable raises the line.
    - `uncorrectable` [4] rw, 0x0 after reset: uncorrectable raises the line.
    - `recovered` [5] rw, 0x0 after reset: recovered raises the line.
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
        hot_reset: Bit,
        host_reset: Bit,
        correctable: Bit,
        uncorrectable: Bit,
        recovered: Bit,
    ) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
        )

    def modify(
        self,
        *,
        link_down: Bit | None = None,
        hot_reset: Bit | None = None,
        host_reset: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        recovered: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
            self._value,
        )

    def check(
        self,
        *,
        link_down: Bit | None = None,
        hot_reset: Bit | None = None,
        host_reset: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        recovered: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        link_down: Bit | None = None,
        hot_reset: Bit | None = None,
        host_reset: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        recovered: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
            self._value,
            timeout_s=timeout_s,
        )


class IntrTestValue(RegisterValue):
    """The word of INTR_TEST."""

    __slots__ = ()

    link_down = Bits(int)
    hot_reset = Bits(int)
    host_reset = Bits(int)
    correctable = Bits(int)
    uncorrectable = Bits(int)
    recovered = Bits(int)


class IntrTest(Register):
    """Sets bits of INTR_STATUS, as if it had happened.

    - `link_down` [0] rw singlepulse, 0x0 after reset: Sets link_down.
    - `hot_reset` [1] rw singlepulse, 0x0 after reset: Sets hot_reset.
    - `host_reset` [2] rw singlepulse, 0x0 after reset: Sets host_reset.
    - `correctable` [3] rw singlepulse, 0x0 after reset: Sets correctable.
    - `uncorrectable` [4] rw singlepulse, 0x0 after reset: Sets uncorrectable.
    - `recovered` [5] rw singlepulse, 0x0 after reset: Sets recovered.
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
        hot_reset: Bit | None = None,
        host_reset: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        recovered: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
        )

    def modify(
        self,
        *,
        link_down: Bit | None = None,
        hot_reset: Bit | None = None,
        host_reset: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        recovered: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
            self._value,
        )

    def check(
        self,
        *,
        link_down: Bit | None = None,
        hot_reset: Bit | None = None,
        host_reset: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        recovered: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Compare the fields given."""
        return self._check(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        link_down: Bit | None = None,
        hot_reset: Bit | None = None,
        host_reset: Bit | None = None,
        correctable: Bit | None = None,
        uncorrectable: Bit | None = None,
        recovered: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered"),
            (link_down, hot_reset, host_reset, correctable, uncorrectable, recovered),
            self._value,
            timeout_s=timeout_s,
        )


class DeviceValue(RegisterValue):
    """The word of DEVICE."""

    __slots__ = ()

    vendor = Bits(int)
    device = Bits(int)


class Device(Register):
    """Who this is, to the host.

    - `vendor` [15:0] rw, 0x0 after reset: Given by PCI-SIG; all zeros and all ones are nobody.
    - `device` [31:16] rw, 0x0 after reset: Given by the vendor.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DeviceValue:
        return DeviceValue(self.register, raw)

    def read(self) -> RegisterOp[DeviceValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, vendor: int, device: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("vendor", "device"), (vendor, device))

    def modify(self, *, vendor: int | None = None, device: int | None = None) -> RegisterOp[DeviceValue]:
        """Change the fields given and no other bit."""
        return self._modify(("vendor", "device"), (vendor, device), self._value)

    def check(self, *, vendor: int | None = None, device: int | None = None) -> RegisterOp[DeviceValue]:
        """Compare the fields given."""
        return self._check(("vendor", "device"), (vendor, device), self._value)

    def poll(self, *, timeout_s: float, vendor: int | None = None, device: int | None = None) -> RegisterOp[DeviceValue]:
        """Wait until the fields are as given."""
        return self._poll(("vendor", "device"), (vendor, device), self._value, timeout_s=timeout_s)


class ClassValue(RegisterValue):
    """The word of CLASS."""

    __slots__ = ()

    revision = Bits(int)
    code = Bits(int)


class Class(Register):
    """What this is, to the host.

    - `revision` [7:0] rw, 0x0 after reset: Revision.
    - `code` [31:8] rw, 0xff0000 after reset: Class code.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClassValue:
        return ClassValue(self.register, raw)

    def read(self) -> RegisterOp[ClassValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, revision: int, code: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("revision", "code"), (revision, code))

    def modify(self, *, revision: int | None = None, code: int | None = None) -> RegisterOp[ClassValue]:
        """Change the fields given and no other bit."""
        return self._modify(("revision", "code"), (revision, code), self._value)

    def check(self, *, revision: int | None = None, code: int | None = None) -> RegisterOp[ClassValue]:
        """Compare the fields given."""
        return self._check(("revision", "code"), (revision, code), self._value)

    def poll(self, *, timeout_s: float, revision: int | None = None, code: int | None = None) -> RegisterOp[ClassValue]:
        """Wait until the fields are as given."""
        return self._poll(("revision", "code"), (revision, code), self._value, timeout_s=timeout_s)


class SubsystemValue(RegisterValue):
    """The word of SUBSYSTEM."""

    __slots__ = ()

    vendor = Bits(int)
    board = Bits(int)


class Subsystem(Register):
    """Which board this is, to the host.

    - `vendor` [15:0] rw, 0x0 after reset: Vendor.
    - `board` [31:16] rw, 0x0 after reset: Board.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SubsystemValue:
        return SubsystemValue(self.register, raw)

    def read(self) -> RegisterOp[SubsystemValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, vendor: int, board: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("vendor", "board"), (vendor, board))

    def modify(self, *, vendor: int | None = None, board: int | None = None) -> RegisterOp[SubsystemValue]:
        """Change the fields given and no other bit."""
        return self._modify(("vendor", "board"), (vendor, board), self._value)

    def check(self, *, vendor: int | None = None, board: int | None = None) -> RegisterOp[SubsystemValue]:
        """Compare the fields given."""
        return self._check(("vendor", "board"), (vendor, board), self._value)

    def poll(self, *, timeout_s: float, vendor: int | None = None, board: int | None = None) -> RegisterOp[SubsystemValue]:
        """Wait until the fields are as given."""
        return self._poll(("vendor", "board"), (vendor, board), self._value, timeout_s=timeout_s)


class SizeE(IntEnum):
    """Values of size_e."""

    B_128 = 0  # 128 bytes.
    B_256 = 1  # 256 bytes.
    B_512 = 2  # 512 bytes.
    B_1024 = 3  # 1024 bytes.
    B_2048 = 4  # 2048 bytes.
    B_4096 = 5  # 4096 bytes.


class DevCtrlValue(RegisterValue):
    """The word of DEV_CTRL."""

    __slots__ = ()

    payload = Bits(SizeE)
    read_request = Bits(SizeE)
    extended_tag = Bits(int)
    relaxed_order = Bits(int)


class DevCtrl(Register):
    """How transactions are formed.

    - `payload` [2:0] rw, 0x0 after reset: Longest payload.
    - `read_request` [6:4] rw, 0x2 after reset: Longest read request.
    - `extended_tag` [8] rw, 0x0 after reset: Tags of 8 bits, not 5.
    - `relaxed_order` [9] rw, 0x0 after reset: Writes may overtake writes.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DevCtrlValue:
        return DevCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[DevCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, payload: SizeE, read_request: SizeE, extended_tag: Bit, relaxed_order: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(
            ("payload", "read_request", "extended_tag", "relaxed_order"),
            (payload, read_request, extended_tag, relaxed_order),
        )

    def modify(
        self,
        *,
        payload: SizeE | None = None,
        read_request: SizeE | None = None,
        extended_tag: Bit | None = None,
        relaxed_order: Bit | None = None,
    ) -> RegisterOp[DevCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("payload", "read_request", "extended_tag", "relaxed_order"),
            (payload, read_request, extended_tag, relaxed_order),
            self._value,
        )

    def check(
        self,
        *,
        payload: SizeE | None = None,
        read_request: SizeE | None = None,
        extended_tag: Bit | None = None,
        relaxed_order: Bit | None = None,
    ) -> RegisterOp[DevCtrlValue]:
        """Compare the fields given."""
        return self._check(
            ("payload", "read_request", "extended_tag", "relaxed_order"),
            (payload, read_request, extended_tag, relaxed_order),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        payload: SizeE | None = None,
        read_request: SizeE | None = None,
        extended_tag: Bit | None = None,
        relaxed_order: Bit | None = None,
    ) -> RegisterOp[DevCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("payload", "read_request", "extended_tag", "relaxed_order"),
            (payload, read_request, extended_tag, relaxed_order),
            self._value,
            timeout_s=timeout_s,
        )


class BarValue(RegisterValue):
    """The word of BAR."""

    __slots__ = ()

    size = Bits(int)
    wide = Bits(int)
    prefetch = Bits(int)


class Bar(Register):
    """One base address register, as the host will find it.

    - `size` [5:0] rw, 0x0 after reset: log2 of its size; 0: it is not there.
    - `wide` [8] rw, 0x0 after reset: It takes 64 bits, and the next with it.
    - `prefetch` [9] rw, 0x0 after reset: It may be prefetched.
    """

    __slots__ = ()

    def _value(self, raw: int) -> BarValue:
        return BarValue(self.register, raw)

    def read(self) -> RegisterOp[BarValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, size: int, wide: Bit, prefetch: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("size", "wide", "prefetch"), (size, wide, prefetch))

    def modify(
        self,
        *,
        size: int | None = None,
        wide: Bit | None = None,
        prefetch: Bit | None = None,
    ) -> RegisterOp[BarValue]:
        """Change the fields given and no other bit."""
        return self._modify(("size", "wide", "prefetch"), (size, wide, prefetch), self._value)

    def check(
        self,
        *,
        size: int | None = None,
        wide: Bit | None = None,
        prefetch: Bit | None = None,
    ) -> RegisterOp[BarValue]:
        """Compare the fields given."""
        return self._check(("size", "wide", "prefetch"), (size, wide, prefetch), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        size: int | None = None,
        wide: Bit | None = None,
        prefetch: Bit | None = None,
    ) -> RegisterOp[BarValue]:
        """Wait until the fields are as given."""
        return self._poll(("size", "wide", "prefetch"), (size, wide, prefetch), self._value, timeout_s=timeout_s)


class SpeedE(IntEnum):
    """Values of speed_e."""

    NONE = 0  # No link.
    GT_2_5 = 1  # 2.5 GT/s.
    GT_5 = 2  # 5 GT/s.
    GT_8 = 3  # 8 GT/s; from here on lanes are equalised.
    GT_16 = 4  # 16 GT/s.
    GT_32 = 5  # 32 GT/s.


class WidthE(IntEnum):
    """Values of width_e."""

    NONE = 0  # No link.
    X1 = 1  # One lane.
    X2 = 2  # Two lanes.
    X4 = 4  # Four lanes.
    X8 = 8  # Eight lanes.
    X16 = 16  # Sixteen lanes.


class LinkCapValue(RegisterValue):
    """The word of LINK_CAP."""

    __slots__ = ()

    speed = Bits(SpeedE)
    width = Bits(WidthE)


class LinkCap(Register):
    """What this side can do.

    - `speed` [2:0] r, 0x5 after reset: Highest speed.
    - `width` [8:4] r, 0x10 after reset: Widest link.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LinkCapValue:
        return LinkCapValue(self.register, raw)

    def read(self) -> RegisterOp[LinkCapValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, speed: SpeedE | None = None, width: WidthE | None = None) -> RegisterOp[LinkCapValue]:
        """Compare the fields given."""
        return self._check(("speed", "width"), (speed, width), self._value)

    def poll(self, *, timeout_s: float, speed: SpeedE | None = None, width: WidthE | None = None) -> RegisterOp[LinkCapValue]:
        """Wait until the fields are as given."""
        return self._poll(("speed", "width"), (speed, width), self._value, timeout_s=timeout_s)


class LinkCtrlValue(RegisterValue):
    """The word of LINK_CTRL."""

    __slots__ = ()

    speed = Bits(SpeedE)
    width = Bits(WidthE)


class LinkCtrl(Register):
    """What the link should be.

    - `speed` [2:0] rw, 0x1 after reset: Highest speed that is asked for.
    - `width` [8:4] rw, 0x10 after reset: Widest link that is asked for.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LinkCtrlValue:
        return LinkCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[LinkCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, speed: SpeedE, width: WidthE) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("speed", "width"), (speed, width))

    def modify(self, *, speed: SpeedE | None = None, width: WidthE | None = None) -> RegisterOp[LinkCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("speed", "width"), (speed, width), self._value)

    def check(self, *, speed: SpeedE | None = None, width: WidthE | None = None) -> RegisterOp[LinkCtrlValue]:
        """Compare the fields given."""
        return self._check(("speed", "width"), (speed, width), self._value)

    def poll(self, *, timeout_s: float, speed: SpeedE | None = None, width: WidthE | None = None) -> RegisterOp[LinkCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("speed", "width"), (speed, width), self._value, timeout_s=timeout_s)


class EqCtrlValue(RegisterValue):
    """The word of EQ_CTRL."""

    __slots__ = ()

    tx_preset = Bits(int)
    rx_hint = Bits(int)


class EqCtrl(Register):
    """Where equalisation begins.

    - `tx_preset` [3:0] rw, 0x4 after reset: Transmitter preset, P0..P10.
    - `rx_hint` [6:4] rw, 0x0 after reset: Receiver preset hint.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EqCtrlValue:
        return EqCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[EqCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, tx_preset: int, rx_hint: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("tx_preset", "rx_hint"), (tx_preset, rx_hint))

    def modify(self, *, tx_preset: int | None = None, rx_hint: int | None = None) -> RegisterOp[EqCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("tx_preset", "rx_hint"), (tx_preset, rx_hint), self._value)

    def check(self, *, tx_preset: int | None = None, rx_hint: int | None = None) -> RegisterOp[EqCtrlValue]:
        """Compare the fields given."""
        return self._check(("tx_preset", "rx_hint"), (tx_preset, rx_hint), self._value)

    def poll(self, *, timeout_s: float, tx_preset: int | None = None, rx_hint: int | None = None) -> RegisterOp[EqCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("tx_preset", "rx_hint"), (tx_preset, rx_hint), self._value, timeout_s=timeout_s)


class LinkStatusValue(RegisterValue):
    """The word of LINK_STATUS."""

    __slots__ = ()

    speed = Bits(SpeedE)
    width = Bits(WidthE)


class LinkStatus(Register):
    """What the link is.

    - `speed` [2:0] r, 0x0 after reset: Speed.
    - `width` [8:4] r, 0x0 after reset: Width.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LinkStatusValue:
        return LinkStatusValue(self.register, raw)

    def read(self) -> RegisterOp[LinkStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, speed: SpeedE | None = None, width: WidthE | None = None) -> RegisterOp[LinkStatusValue]:
        """Compare the fields given."""
        return self._check(("speed", "width"), (speed, width), self._value)

    def poll(self, *, timeout_s: float, speed: SpeedE | None = None, width: WidthE | None = None) -> RegisterOp[LinkStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("speed", "width"), (speed, width), self._value, timeout_s=timeout_s)


class CreditsRValue(RegisterValue):
    """The word of credits_r."""

    __slots__ = ()

    header = Bits(int)
    data = Bits(int)


class CreditsR(Register):
    """Credits that the host granted when the data link came up.

    - `header` [7:0] r, 0x0 after reset: Headers.
    - `data` [19:8] r, 0x0 after reset: Data, in units of 16 bytes.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CreditsRValue:
        return CreditsRValue(self.register, raw)

    def read(self) -> RegisterOp[CreditsRValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, header: int | None = None, data: int | None = None) -> RegisterOp[CreditsRValue]:
        """Compare the fields given."""
        return self._check(("header", "data"), (header, data), self._value)

    def poll(self, *, timeout_s: float, header: int | None = None, data: int | None = None) -> RegisterOp[CreditsRValue]:
        """Wait until the fields are as given."""
        return self._poll(("header", "data"), (header, data), self._value, timeout_s=timeout_s)


class AerCorrValue(RegisterValue):
    """The word of AER_CORR."""

    __slots__ = ()

    receiver = Bits(int)
    bad_tlp = Bits(int)
    bad_dllp = Bits(int)
    replay_rollover = Bits(int)
    replay_timeout = Bits(int)


class AerCorr(Register):
    """Correctable errors.

    - `receiver` [0] rw woclr, 0x0 after reset: A receiver saw what cannot be.
    - `bad_tlp` [6] rw woclr, 0x0 after reset: A transaction arrived spoilt, and came again.
    - `bad_dllp` [7] rw woclr, 0x0 after reset: A packet of the data link arrived spoilt.
    - `replay_rollover` [8] rw woclr, 0x0 after reset: A transaction was sent four times.
    - `replay_timeout` [12] rw woclr, 0x0 after reset: No acknowledgement came in time.
    """

    __slots__ = ()

    def _value(self, raw: int) -> AerCorrValue:
        return AerCorrValue(self.register, raw)

    def read(self) -> RegisterOp[AerCorrValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        receiver: Bit | None = None,
        bad_tlp: Bit | None = None,
        bad_dllp: Bit | None = None,
        replay_rollover: Bit | None = None,
        replay_timeout: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("receiver", "bad_tlp", "bad_dllp", "replay_rollover", "replay_timeout"),
            (receiver, bad_tlp, bad_dllp, replay_rollover, replay_timeout),
        )

    def modify(
        self,
        *,
        receiver: Bit | None = None,
        bad_tlp: Bit | None = None,
        bad_dllp: Bit | None = None,
        replay_rollover: Bit | None = None,
        replay_timeout: Bit | None = None,
    ) -> RegisterOp[AerCorrValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("receiver", "bad_tlp", "bad_dllp", "replay_rollover", "replay_timeout"),
            (receiver, bad_tlp, bad_dllp, replay_rollover, replay_timeout),
            self._value,
        )

    def check(
        self,
        *,
        receiver: Bit | None = None,
        bad_tlp: Bit | None = None,
        bad_dllp: Bit | None = None,
        replay_rollover: Bit | None = None,
        replay_timeout: Bit | None = None,
    ) -> RegisterOp[AerCorrValue]:
        """Compare the fields given."""
        return self._check(
            ("receiver", "bad_tlp", "bad_dllp", "replay_rollover", "replay_timeout"),
            (receiver, bad_tlp, bad_dllp, replay_rollover, replay_timeout),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        receiver: Bit | None = None,
        bad_tlp: Bit | None = None,
        bad_dllp: Bit | None = None,
        replay_rollover: Bit | None = None,
        replay_timeout: Bit | None = None,
    ) -> RegisterOp[AerCorrValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("receiver", "bad_tlp", "bad_dllp", "replay_rollover", "replay_timeout"),
            (receiver, bad_tlp, bad_dllp, replay_rollover, replay_timeout),
            self._value,
            timeout_s=timeout_s,
        )


class AerUncorrValue(RegisterValue):
    """The word of AER_UNCORR."""

    __slots__ = ()

    data_link = Bits(int)
    surprise_down = Bits(int)
    poisoned = Bits(int)
    completion_timeout = Bits(int)
    malformed = Bits(int)


class AerUncorr(Register):
    """Uncorrectable errors.

    - `data_link` [4] rw woclr, 0x0 after reset: The data link broke its protocol.
    - `surprise_down` [5] rw woclr, 0x0 after reset: The link went down and nobody had asked for it.
    - `poisoned` [12] rw woclr, 0x0 after reset: Data arrived that is marked as spoilt.
    - `completion_timeout` [14] rw woclr, 0x0 after reset: A read was not answered in time.
    - `malformed` [18] rw woclr, 0x0 after reset: A transaction arrived that is none.
    """

    __slots__ = ()

    def _value(self, raw: int) -> AerUncorrValue:
        return AerUncorrValue(self.register, raw)

    def read(self) -> RegisterOp[AerUncorrValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        data_link: Bit | None = None,
        surprise_down: Bit | None = None,
        poisoned: Bit | None = None,
        completion_timeout: Bit | None = None,
        malformed: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("data_link", "surprise_down", "poisoned", "completion_timeout", "malformed"),
            (data_link, surprise_down, poisoned, completion_timeout, malformed),
        )

    def modify(
        self,
        *,
        data_link: Bit | None = None,
        surprise_down: Bit | None = None,
        poisoned: Bit | None = None,
        completion_timeout: Bit | None = None,
        malformed: Bit | None = None,
    ) -> RegisterOp[AerUncorrValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("data_link", "surprise_down", "poisoned", "completion_timeout", "malformed"),
            (data_link, surprise_down, poisoned, completion_timeout, malformed),
            self._value,
        )

    def check(
        self,
        *,
        data_link: Bit | None = None,
        surprise_down: Bit | None = None,
        poisoned: Bit | None = None,
        completion_timeout: Bit | None = None,
        malformed: Bit | None = None,
    ) -> RegisterOp[AerUncorrValue]:
        """Compare the fields given."""
        return self._check(
            ("data_link", "surprise_down", "poisoned", "completion_timeout", "malformed"),
            (data_link, surprise_down, poisoned, completion_timeout, malformed),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        data_link: Bit | None = None,
        surprise_down: Bit | None = None,
        poisoned: Bit | None = None,
        completion_timeout: Bit | None = None,
        malformed: Bit | None = None,
    ) -> RegisterOp[AerUncorrValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("data_link", "surprise_down", "poisoned", "completion_timeout", "malformed"),
            (data_link, surprise_down, poisoned, completion_timeout, malformed),
            self._value,
            timeout_s=timeout_s,
        )


class ErrorE(IntEnum):
    """Values of error_e."""

    NONE = 0  # Nothing was captured.
    SURPRISE_DOWN = 1  # The link went down and nobody had asked for it.
    HOT_RESET = 2  # The host reset this side through the link.
    HOST_RESET = 3  # The host asserted PERST#.
    CLOCK_LOST = 4  # The PHY lost its clock.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    valid = Bits(int)
    code = Bits(ErrorE)
    state = Bits(LtssmE)


class ErrLog(Register):
    """How the link was lost, the first time since the log was last cleared.

    - `valid` [0] rw woclr, 0x0 after reset: The log holds a loss; clearing it clears the rest.
    - `code` [6:4] r, 0x0 after reset: Why.
    - `state` [13:8] r, 0x0 after reset: Where the link was.
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
        state: LtssmE | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("valid", "code", "state"), (valid, code, state), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        valid: Bit | None = None,
        code: ErrorE | None = None,
        state: LtssmE | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(("valid", "code", "state"), (valid, code, state), self._value, timeout_s=timeout_s)


class HeaderLogValue(RegisterValue):
    """The word of HEADER_LOG."""

    __slots__ = ()

    word = Bits(int)


class HeaderLog(Register):
    """Header of the transaction that the first uncorrectable error struck.

    - `word` [31:0] r, 0x0 after reset: One word of it.
    """

    __slots__ = ()

    def _value(self, raw: int) -> HeaderLogValue:
        return HeaderLogValue(self.register, raw)

    def read(self) -> RegisterOp[HeaderLogValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, word: int | None = None) -> RegisterOp[HeaderLogValue]:
        """Compare the fields given."""
        return self._check(("word",), (word,), self._value)

    def poll(self, *, timeout_s: float, word: int | None = None) -> RegisterOp[HeaderLogValue]:
        """Wait until the fields are as given."""
        return self._poll(("word",), (word,), self._value, timeout_s=timeout_s)


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


class RecoveriesValue(RegisterValue):
    """The word of RECOVERIES."""

    __slots__ = ()

    count = Bits(int)


class Recoveries(Register):
    """How often L0 was left for Recovery, but for the change of speed; since reset.

    - `count` [15:0] r, 0x0 after reset: Stays at its end.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RecoveriesValue:
        return RecoveriesValue(self.register, raw)

    def read(self) -> RegisterOp[RecoveriesValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, count: int | None = None) -> RegisterOp[RecoveriesValue]:
        """Compare the fields given."""
        return self._check(("count",), (count,), self._value)

    def poll(self, *, timeout_s: float, count: int | None = None) -> RegisterOp[RecoveriesValue]:
        """Wait until the fields are as given."""
        return self._poll(("count",), (count,), self._value, timeout_s=timeout_s)


class TlpsValue(RegisterValue):
    """The word of TLPS."""

    __slots__ = ()

    count = Bits(int)


class Tlps(Register):
    """Transactions that passed, since reset.

    - `count` [63:0] r, 0x0 after reset: How many.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TlpsValue:
        return TlpsValue(self.register, raw)

    def read(self) -> RegisterOp[TlpsValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, count: int | None = None) -> RegisterOp[TlpsValue]:
        """Compare the fields given."""
        return self._check(("count",), (count,), self._value)


class LaneStatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    detected = Bits(int)
    locked = Bits(int)
    inverted = Bits(int)
    used = Bits(int)
    skew = Bits(int)


class LaneStatus(Register):
    """What was found.

    - `detected` [0] r, 0x0 after reset: A receiver is at the other end.
    - `locked` [1] r, 0x0 after reset: Bit and symbol lock.
    - `inverted` [2] r, 0x0 after reset: Its pair is crossed, and was inverted.
    - `used` [3] r, 0x0 after reset: It is part of the link.
    - `skew` [11:8] r, 0x0 after reset: Symbols that it was behind before deskew.
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
        detected: Bit | None = None,
        locked: Bit | None = None,
        inverted: Bit | None = None,
        used: Bit | None = None,
        skew: int | None = None,
    ) -> RegisterOp[LaneStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("detected", "locked", "inverted", "used", "skew"), (detected, locked, inverted, used, skew), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        detected: Bit | None = None,
        locked: Bit | None = None,
        inverted: Bit | None = None,
        used: Bit | None = None,
        skew: int | None = None,
    ) -> RegisterOp[LaneStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("detected", "locked", "inverted", "used", "skew"),
            (detected, locked, inverted, used, skew),
            self._value,
            timeout_s=timeout_s,
        )


class EqValue(RegisterValue):
    """The word of EQ."""

    __slots__ = ()

    preset = Bits(int)
    pre = Bits(int)
    post = Bits(int)
    merit = Bits(int)


class Eq(Register):
    """What equalisation came to.

    - `preset` [3:0] r, 0x0 after reset: Preset of the transmitter.
    - `pre` [13:8] r, 0x0 after reset: Pre-cursor.
    - `post` [21:16] r, 0x0 after reset: Post-cursor.
    - `merit` [31:24] r, 0x0 after reset: Figure of merit that it was chosen by.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EqValue:
        return EqValue(self.register, raw)

    def read(self) -> RegisterOp[EqValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        preset: int | None = None,
        pre: int | None = None,
        post: int | None = None,
        merit: int | None = None,
    ) -> RegisterOp[EqValue]:
        """Compare the fields given."""
        return self._check(("preset", "pre", "post", "merit"), (preset, pre, post, merit), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        preset: int | None = None,
        pre: int | None = None,
        post: int | None = None,
        merit: int | None = None,
    ) -> RegisterOp[EqValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("preset", "pre", "post", "merit"), (preset, pre, post, merit), self._value, timeout_s=timeout_s
        )


class Lane(RegisterMap):
    """One lane, as the PHY sees it; nothing answers without power."""

    __slots__ = ()

    STATUS = Member(LaneStatus)  # 0x0
    EQ = Member(Eq)  # 0x4


class ModeE(IntEnum):
    """Values of mode_e."""

    NORMAL = 0  # As it is used.
    LOOPBACK = 1  # The next training ends in Loopback.
    COMPLIANCE = 2  # The next training ends in Polling.Compliance.


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

    - `config` [0] rw woset, 0x0 after reset: DEVICE, CLASS, SUBSYSTEM, DEV_CTRL, LINK_CTRL, EQ_CTRL, TEST and BAR are
      only read.
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


class PcieRegs(TopMap):
    """Trains a link of up to 16 lanes with the host, and passes transactions."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "pcie.image"

    ID = Member(Id)  # 0x0
    CTRL = Member(Ctrl)  # 0x4
    STATUS = Member(Status)  # 0x8
    LTSSM = Member(Ltssm)  # 0xc
    INTR_STATUS = Member(IntrStatus)  # 0x10
    INTR_ENABLE = Member(IntrEnable)  # 0x14
    INTR_TEST = Member(IntrTest)  # 0x18
    DEVICE = Member(Device)  # 0x40
    CLASS = Member(Class)  # 0x44
    SUBSYSTEM = Member(Subsystem)  # 0x48
    DEV_CTRL = Member(DevCtrl)  # 0x4c
    BAR = ArrayMember(Bar)  # 0x50 [6]
    LINK_CAP = Member(LinkCap)  # 0x80
    LINK_CTRL = Member(LinkCtrl)  # 0x84
    EQ_CTRL = Member(EqCtrl)  # 0x88
    LINK_STATUS = Member(LinkStatus)  # 0x8c
    CREDITS_POSTED = Member(CreditsR)  # 0x90
    CREDITS_NONPOSTED = Member(CreditsR)  # 0x94
    CREDITS_COMPLETION = Member(CreditsR)  # 0x98
    AER_CORR = Member(AerCorr)  # 0xc0
    AER_UNCORR = Member(AerUncorr)  # 0xc4
    ERR_LOG = Member(ErrLog)  # 0xc8
    HEADER_LOG = ArrayMember(HeaderLog)  # 0xd0 [4]
    REPLAYS = Member(CountR)  # 0x100
    CORRECTED = Member(CountR)  # 0x104
    UNCORRECTED = Member(CountR)  # 0x108
    RECOVERIES = Member(Recoveries)  # 0x10c
    TLPS = Member(Tlps)  # 0x110
    LANE = ArrayMember(Lane)  # 0x200 [16]
    TEST = Member(Test)  # 0xff0
    SCRATCH = Member(Scratch)  # 0xff4
    LOCK = Member(Lock)  # 0xff8
