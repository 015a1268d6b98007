"""Generated from mailbox.rdl by firstlight registers generate; do not edit."""

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
    - `part` [31:16] r, 0x4d42 after reset: ASCII 'MB'.
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

    enable = Bits(int)
    pause = Bits(int)


class Ctrl(Register):
    """What runs.

    - `enable` [0] rw, 0x0 after reset: FIFOs and doorbells work.
    - `pause` [1] rw, 0x0 after reset: The peer is asked to send no more; what the host has sent is still taken.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: Bit, pause: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("enable", "pause"), (enable, pause))

    def modify(self, *, enable: Bit | None = None, pause: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable", "pause"), (enable, pause), self._value)

    def check(self, *, enable: Bit | None = None, pause: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("enable", "pause"), (enable, pause), self._value)

    def poll(self, *, timeout_s: float, enable: Bit | None = None, pause: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("enable", "pause"), (enable, pause), self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    flushed = Bits(int)
    quiet = Bits(int)
    in_empty = Bits(int)
    in_full = Bits(int)
    out_empty = Bits(int)
    out_full = Bits(int)
    in_level = Bits(int)
    out_level = Bits(int)


class Status(Register):
    """What the mailbox is now.

    - `flushed` [0] r, 0x0 after reset: Both FIFOs were emptied since the reset.
    - `quiet` [1] r, 0x0 after reset: Paused: the peer sends no more, and has taken all that was sent to it.
    - `in_empty` [4] r, 0x1 after reset: Nothing has been received that was not read.
    - `in_full` [5] r, 0x0 after reset: No room for what the peer sends.
    - `out_empty` [6] r, 0x1 after reset: The peer has taken all.
    - `out_full` [7] r, 0x0 after reset: No room for what the host sends.
    - `in_level` [12:8] r, 0x0 after reset: Messages received and not read.
    - `out_level` [20:16] r, 0x0 after reset: Messages sent and not taken.
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
        flushed: Bit | None = None,
        quiet: Bit | None = None,
        in_empty: Bit | None = None,
        in_full: Bit | None = None,
        out_empty: Bit | None = None,
        out_full: Bit | None = None,
        in_level: int | None = None,
        out_level: int | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            ("flushed", "quiet", "in_empty", "in_full", "out_empty", "out_full", "in_level", "out_level"),
            (flushed, quiet, in_empty, in_full, out_empty, out_full, in_level, out_level),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        flushed: Bit | None = None,
        quiet: Bit | None = None,
        in_empty: Bit | None = None,
        in_full: Bit | None = None,
        out_empty: Bit | None = None,
        out_full: Bit | None = None,
        in_level: int | None = None,
        out_level: int | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("flushed", "quiet", "in_empty", "in_full", "out_empty", "out_full", "in_level", "out_level"),
            (flushed, quiet, in_empty, in_full, out_empty, out_full, in_level, out_level),
            self._value,
            timeout_s=timeout_s,
        )


class IntrStatusValue(RegisterValue):
    """The word of INTR_STATUS."""

    __slots__ = ()

    received = Bits(int)
    doorbell = Bits(int)
    overrun = Bits(int)
    overflow = Bits(int)
    underflow = Bits(int)
    peer_lost = Bits(int)


class IntrStatus(Register):
    """What happened since it was last cleared.

    - `received` [0] rw woclr, 0x0 after reset: As many messages were received as WATERMARK says; comes back as long as
      they are there.
    - `doorbell` [1] rw woclr, 0x0 after reset: The peer rang; comes back as long as DOORBELLS holds one.
    - `overrun` [2] rw woclr, 0x0 after reset: The peer sent into a full FIFO.
    - `overflow` [3] rw woclr, 0x0 after reset: The host sent where there was no room, or nobody to read it.
    - `underflow` [4] rw woclr, 0x0 after reset: The host read an empty FIFO.
    - `peer_lost` [5] rw woclr, 0x0 after reset: The peer went away without being asked to.
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
        received: Bit | None = None,
        doorbell: Bit | None = None,
        overrun: Bit | None = None,
        overflow: Bit | None = None,
        underflow: Bit | None = None,
        peer_lost: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
        )

    def modify(
        self,
        *,
        received: Bit | None = None,
        doorbell: Bit | None = None,
        overrun: Bit | None = None,
        overflow: Bit | None = None,
        underflow: Bit | None = None,
        peer_lost: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
            self._value,
        )

    def check(
        self,
        *,
        received: Bit | None = None,
        doorbell: Bit | None = None,
        overrun: Bit | None = None,
        overflow: Bit | None = None,
        underflow: Bit | None = None,
        peer_lost: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        received: Bit | None = None,
        doorbell: Bit | None = None,
        overrun: Bit | None = None,
        overflow: Bit | None = None,
        underflow: Bit | None = None,
        peer_lost: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    received = Bits(int)
    doorbell = Bits(int)
    overrun = Bits(int)
    overflow = Bits(int)
    underflow = Bits(int)
    peer_lost = Bits(int)


class IntrEnable(Register):
    """Which bits of INTR_STATUS raise the line.

    - `received` [0] rw, 0x0 after reset: received raises the line.
    - `doorbell` [1] rw, 0x0 after reset: doorbell raises the line.
    - `overrun` [2] rw, 0x0 after reset: overrun raises the line.
    - `overflow` [3] rw, 0x0 after reset: overflow raises the line.
    - `underflow` [4] rw, 0x0 after reset: underflow raises the line.
    - `peer_lost` [5] rw, 0x0 after reset: peer_lost raises the line.
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
        received: Bit,
        doorbell: Bit,
        overrun: Bit,
        overflow: Bit,
        underflow: Bit,
        peer_lost: Bit,
    ) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
        )

    def modify(
        self,
        *,
        received: Bit | None = None,
        doorbell: Bit | None = None,
        overrun: Bit | None = None,
        overflow: Bit | None = None,
        underflow: Bit | None = None,
        peer_lost: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
            self._value,
        )

    def check(
        self,
        *,
        received: Bit | None = None,
        doorbell: Bit | None = None,
        overrun: Bit | None = None,
        overflow: Bit | None = None,
        underflow: Bit | None = None,
        peer_lost: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        received: Bit | None = None,
        doorbell: Bit | None = None,
        overrun: Bit | None = None,
        overflow: Bit | None = None,
        underflow: Bit | None = None,
        peer_lost: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
            self._value,
            timeout_s=timeout_s,
        )


class IntrTestValue(RegisterValue):
    """The word of INTR_TEST."""

    __slots__ = ()

    received = Bits(int)
    doorbell = Bits(int)
    overrun = Bits(int)
    overflow = Bits(int)
    underflow = Bits(int)
    peer_lost = Bits(int)


class IntrTest(Register):
    """Sets bits of INTR_STATUS, as if it had happened.

    - `received` [0] rw singlepulse, 0x0 after reset: Sets received.
    - `doorbell` [1] rw singlepulse, 0x0 after reset: Sets doorbell.
    - `overrun` [2] rw singlepulse, 0x0 after reset: Sets overrun.
    - `overflow` [3] rw singlepulse, 0x0 after reset: Sets overflow.
    - `underflow` [4] rw singlepulse, 0x0 after reset: Sets underflow.
    - `peer_lost` [5] rw singlepulse, 0x0 after reset: Sets peer_lost.
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
        received: Bit | None = None,
        doorbell: Bit | None = None,
        overrun: Bit | None = None,
        overflow: Bit | None = None,
        underflow: Bit | None = None,
        peer_lost: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
        )

    def modify(
        self,
        *,
        received: Bit | None = None,
        doorbell: Bit | None = None,
        overrun: Bit | None = None,
        overflow: Bit | None = None,
        underflow: Bit | None = None,
        peer_lost: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
            self._value,
        )

    def check(
        self,
        *,
        received: Bit | None = None,
        doorbell: Bit | None = None,
        overrun: Bit | None = None,
        overflow: Bit | None = None,
        underflow: Bit | None = None,
        peer_lost: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Compare the fields given."""
        return self._check(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        received: Bit | None = None,
        doorbell: Bit | None = None,
        overrun: Bit | None = None,
        overflow: Bit | None = None,
        underflow: Bit | None = None,
        peer_lost: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("received", "doorbell", "overrun", "overflow", "underflow", "peer_lost"),
            (received, doorbell, overrun, overflow, underflow, peer_lost),
            self._value,
            timeout_s=timeout_s,
        )


class ErrorE(IntEnum):
    """Values of error_e."""

    NONE = 0  # Nothing was captured.
    OVERRUN = 1  # The peer sent into a full FIFO; the message is lost.
    OVERFLOW = 2  # The host sent where there was no room, or nobody to read it; the message is lost.
    UNDERFLOW = 3  # The host read an empty FIFO.
    PEER_LOST = 4  # The peer went away without being asked to.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    valid = Bits(int)
    error = Bits(ErrorE)
    sequence = Bits(int)


class ErrLog(Register):
    """The first error since the log was last cleared.

    - `valid` [0] rw woclr, 0x0 after reset: The log holds an error.
    - `error` [6:4] r, 0x0 after reset: Which.
    - `sequence` [14:8] r, 0x0 after reset: Number of the message that was lost, where one was.
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
        error: ErrorE | None = None,
        sequence: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("valid", "error", "sequence"), (valid, error, sequence), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        valid: Bit | None = None,
        error: ErrorE | None = None,
        sequence: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(("valid", "error", "sequence"), (valid, error, sequence), self._value, timeout_s=timeout_s)


class FlushValue(RegisterValue):
    """The word of FLUSH."""

    __slots__ = ()

    inbound = Bits(int)
    outbound = Bits(int)


class Flush(Register):
    """Empties FIFOs.

    - `inbound` [0] rw singlepulse, 0x0 after reset: What was received.
    - `outbound` [1] rw singlepulse, 0x0 after reset: What was sent.
    """

    __slots__ = ()

    def _value(self, raw: int) -> FlushValue:
        return FlushValue(self.register, raw)

    def read(self) -> RegisterOp[FlushValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, inbound: Bit | None = None, outbound: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("inbound", "outbound"), (inbound, outbound))

    def modify(self, *, inbound: Bit | None = None, outbound: Bit | None = None) -> RegisterOp[FlushValue]:
        """Change the fields given and no other bit."""
        return self._modify(("inbound", "outbound"), (inbound, outbound), self._value)

    def check(self, *, inbound: Bit | None = None, outbound: Bit | None = None) -> RegisterOp[FlushValue]:
        """Compare the fields given."""
        return self._check(("inbound", "outbound"), (inbound, outbound), self._value)

    def poll(self, *, timeout_s: float, inbound: Bit | None = None, outbound: Bit | None = None) -> RegisterOp[FlushValue]:
        """Wait until the fields are as given."""
        return self._poll(("inbound", "outbound"), (inbound, outbound), self._value, timeout_s=timeout_s)


class VersionValue(RegisterValue):
    """The word of VERSION."""

    __slots__ = ()

    minor = Bits(int)
    major = Bits(int)


class Version(Register):
    """The protocol that the host speaks; 0.0 before it is set.

    - `minor` [7:0] rw, 0x0 after reset: The higher minor does what the lower one asks for.
    - `major` [15:8] rw, 0x0 after reset: Ends of different majors do not understand each other.
    """

    __slots__ = ()

    def _value(self, raw: int) -> VersionValue:
        return VersionValue(self.register, raw)

    def read(self) -> RegisterOp[VersionValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, minor: int, major: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("minor", "major"), (minor, major))

    def modify(self, *, minor: int | None = None, major: int | None = None) -> RegisterOp[VersionValue]:
        """Change the fields given and no other bit."""
        return self._modify(("minor", "major"), (minor, major), self._value)

    def check(self, *, minor: int | None = None, major: int | None = None) -> RegisterOp[VersionValue]:
        """Compare the fields given."""
        return self._check(("minor", "major"), (minor, major), self._value)

    def poll(self, *, timeout_s: float, minor: int | None = None, major: int | None = None) -> RegisterOp[VersionValue]:
        """Wait until the fields are as given."""
        return self._poll(("minor", "major"), (minor, major), self._value, timeout_s=timeout_s)


class PeerVersionValue(RegisterValue):
    """The word of PEER_VERSION."""

    __slots__ = ()

    minor = Bits(int)
    major = Bits(int)


class PeerVersion(Register):
    """The protocol that the peer speaks; 0.0 while it is not linked.

    - `minor` [7:0] r, 0x0 after reset: As in VERSION.
    - `major` [15:8] r, 0x0 after reset: As in VERSION.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PeerVersionValue:
        return PeerVersionValue(self.register, raw)

    def read(self) -> RegisterOp[PeerVersionValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, minor: int | None = None, major: int | None = None) -> RegisterOp[PeerVersionValue]:
        """Compare the fields given."""
        return self._check(("minor", "major"), (minor, major), self._value)

    def poll(self, *, timeout_s: float, minor: int | None = None, major: int | None = None) -> RegisterOp[PeerVersionValue]:
        """Wait until the fields are as given."""
        return self._poll(("minor", "major"), (minor, major), self._value, timeout_s=timeout_s)


class HandshakeValue(RegisterValue):
    """The word of HANDSHAKE."""

    __slots__ = ()

    request = Bits(int)
    acknowledged = Bits(int)


class Handshake(Register):
    """How the ends agree to talk. Each waits for the other, up and down: request, acknowledged, no request, not

    acknowledged.

    - `request` [0] rw, 0x0 after reset: The host asks the peer for a link.
    - `acknowledged` [8] r, 0x0 after reset: The peer has agreed.
    """

    __slots__ = ()

    def _value(self, raw: int) -> HandshakeValue:
        return HandshakeValue(self.register, raw)

    def read(self) -> RegisterOp[HandshakeValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, request: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("request",), (request,))

    def modify(self, *, request: Bit | None = None) -> RegisterOp[HandshakeValue]:
        """Change the fields given and no other bit."""
        return self._modify(("request",), (request,), self._value)

    def check(self, *, request: Bit | None = None, acknowledged: Bit | None = None) -> RegisterOp[HandshakeValue]:
        """Compare the fields given."""
        return self._check(("request", "acknowledged"), (request, acknowledged), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        request: Bit | None = None,
        acknowledged: Bit | None = None,
    ) -> RegisterOp[HandshakeValue]:
        """Wait until the fields are as given."""
        return self._poll(("request", "acknowledged"), (request, acknowledged), self._value, timeout_s=timeout_s)


class OwnerValue(RegisterValue):
    """The word of OWNER."""

    __slots__ = ()

    id = Bits(int)


class Owner(Register):
    """Who uses the host's end; the peer sees it at the handshake.

    - `id` [15:0] rw, 0x0 after reset: 0 is nobody.
    """

    __slots__ = ()

    def _value(self, raw: int) -> OwnerValue:
        return OwnerValue(self.register, raw)

    def read(self) -> RegisterOp[OwnerValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, id: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("id",), (id,))

    def modify(self, *, id: int | None = None) -> RegisterOp[OwnerValue]:
        """Change the fields given and no other bit."""
        return self._modify(("id",), (id,), self._value)

    def check(self, *, id: int | None = None) -> RegisterOp[OwnerValue]:
        """Compare the fields given."""
        return self._check(("id",), (id,), self._value)

    def poll(self, *, timeout_s: float, id: int | None = None) -> RegisterOp[OwnerValue]:
        """Wait until the fields are as given."""
        return self._poll(("id",), (id,), self._value, timeout_s=timeout_s)


class WatermarkValue(RegisterValue):
    """The word of WATERMARK."""

    __slots__ = ()

    inbound = Bits(int)


class Watermark(Register):
    """How many messages make it worth an interrupt.

    - `inbound` [4:0] rw, 0x0 after reset: INTR_STATUS.received from so many on; 1..16.
    """

    __slots__ = ()

    def _value(self, raw: int) -> WatermarkValue:
        return WatermarkValue(self.register, raw)

    def read(self) -> RegisterOp[WatermarkValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, inbound: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("inbound",), (inbound,))

    def modify(self, *, inbound: int | None = None) -> RegisterOp[WatermarkValue]:
        """Change the fields given and no other bit."""
        return self._modify(("inbound",), (inbound,), self._value)

    def check(self, *, inbound: int | None = None) -> RegisterOp[WatermarkValue]:
        """Compare the fields given."""
        return self._check(("inbound",), (inbound,), self._value)

    def poll(self, *, timeout_s: float, inbound: int | None = None) -> RegisterOp[WatermarkValue]:
        """Wait until the fields are as given."""
        return self._poll(("inbound",), (inbound,), self._value, timeout_s=timeout_s)


class SequenceValue(RegisterValue):
    """The word of SEQUENCE."""

    __slots__ = ()

    inbound = Bits(int)
    outbound = Bits(int)


class Sequence(Register):
    """Numbers of messages; they count up, and begin anew at a flush.

    - `inbound` [6:0] r, 0x0 after reset: The one that the peer sends next.
    - `outbound` [14:8] r, 0x0 after reset: The one that the host sends next.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SequenceValue:
        return SequenceValue(self.register, raw)

    def read(self) -> RegisterOp[SequenceValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, inbound: int | None = None, outbound: int | None = None) -> RegisterOp[SequenceValue]:
        """Compare the fields given."""
        return self._check(("inbound", "outbound"), (inbound, outbound), self._value)

    def poll(self, *, timeout_s: float, inbound: int | None = None, outbound: int | None = None) -> RegisterOp[SequenceValue]:
        """Wait until the fields are as given."""
        return self._poll(("inbound", "outbound"), (inbound, outbound), self._value, timeout_s=timeout_s)


class DoorbellsValue(RegisterValue):
    """The word of DOORBELLS."""

    __slots__ = ()

    rung = Bits(int)


class Doorbells(Register):
    """Doorbells that the peer rang.

    - `rung` [7:0] rw woclr, 0x0 after reset: One bit a slot.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DoorbellsValue:
        return DoorbellsValue(self.register, raw)

    def read(self) -> RegisterOp[DoorbellsValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, rung: int | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("rung",), (rung,))

    def modify(self, *, rung: int | None = None) -> RegisterOp[DoorbellsValue]:
        """Change the fields given and no other bit."""
        return self._modify(("rung",), (rung,), self._value)

    def check(self, *, rung: int | None = None) -> RegisterOp[DoorbellsValue]:
        """Compare the fields given."""
        return self._check(("rung",), (rung,), self._value)

    def poll(self, *, timeout_s: float, rung: int | None = None) -> RegisterOp[DoorbellsValue]:
        """Wait until the fields are as given."""
        return self._poll(("rung",), (rung,), self._value, timeout_s=timeout_s)


class InValue(RegisterValue):
    """The word of IN."""

    __slots__ = ()

    data = Bits(int)
    sequence = Bits(int)
    empty = Bits(int)


class In(Register):
    """The oldest message received, taken out by this read.

    - `data` [23:0] r ruser: The message.
    - `sequence` [30:24] r ruser: Its number.
    - `empty` [31] r ruser: There was none: the rest means nothing.
    """

    __slots__ = ()

    def _value(self, raw: int) -> InValue:
        return InValue(self.register, raw)

    def read(self) -> RegisterOp[InValue]:
        """Read every field; that changes data, sequence, empty."""
        return self._read(self._value)


class OutValue(RegisterValue):
    """The word of OUT."""

    __slots__ = ()

    data = Bits(int)


class Out(Register):
    """Sends a message; its number is SEQUENCE.outbound.

    - `data` [23:0] rw wuser: The message. Reads 0.
    """

    __slots__ = ()

    def _value(self, raw: int) -> OutValue:
        return OutValue(self.register, raw)

    def read(self) -> RegisterOp[OutValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, data: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("data",), (data,))

    def modify(self, *, data: int) -> RegisterOp[OutValue]:
        """Change the fields given and no other bit."""
        return self._modify(("data",), (data,), self._value)

    def check(self, *, data: int | None = None) -> RegisterOp[OutValue]:
        """Compare the fields given."""
        return self._check(("data",), (data,), self._value)

    def poll(self, *, timeout_s: float, data: int | None = None) -> RegisterOp[OutValue]:
        """Wait until the fields are as given."""
        return self._poll(("data",), (data,), self._value, timeout_s=timeout_s)


class ReceivedValue(RegisterValue):
    """The word of RECEIVED."""

    __slots__ = ()

    count = Bits(int)


class Received(Register):
    """Messages received since this was last read; stays at its end.

    - `count` [63:0] r rclr, 0x0 after reset: How many; a read of either word brings and clears that word.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ReceivedValue:
        return ReceivedValue(self.register, raw)

    def read(self) -> RegisterOp[ReceivedValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class SentValue(RegisterValue):
    """The word of SENT."""

    __slots__ = ()

    count = Bits(int)


class Sent(Register):
    """Messages that the peer took since this was last read; stays at its end.

    - `count` [63:0] r rclr, 0x0 after reset: How many; a read of either word brings and clears that word.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SentValue:
        return SentValue(self.register, raw)

    def read(self) -> RegisterOp[SentValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class DroppedValue(RegisterValue):
    """The word of DROPPED."""

    __slots__ = ()

    count = Bits(int)


class Dropped(Register):
    """Messages lost either way since this was last read; stays at its end.

    - `count` [15:0] r rclr, 0x0 after reset: How many.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DroppedValue:
        return DroppedValue(self.register, raw)

    def read(self) -> RegisterOp[DroppedValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class SlotCtrlValue(RegisterValue):
    """The word of CTRL."""

    __slots__ = ()

    ours = Bits(int)


class SlotCtrl(Register):
    """Whose it is.

    - `ours` [0] rw, 0x0 after reset: The host's, which rings at the peer; else the peer's, which rings here.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SlotCtrlValue:
        return SlotCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[SlotCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, ours: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("ours",), (ours,))

    def modify(self, *, ours: Bit | None = None) -> RegisterOp[SlotCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("ours",), (ours,), self._value)

    def check(self, *, ours: Bit | None = None) -> RegisterOp[SlotCtrlValue]:
        """Compare the fields given."""
        return self._check(("ours",), (ours,), self._value)

    def poll(self, *, timeout_s: float, ours: Bit | None = None) -> RegisterOp[SlotCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("ours",), (ours,), self._value, timeout_s=timeout_s)


class DataValue(RegisterValue):
    """The word of DATA."""

    __slots__ = ()

    value = Bits(int)


class Data(Register):
    """What the host tells the peer in a slot of its own.

    - `value` [31:0] rw, 0x0 after reset: Anything.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DataValue:
        return DataValue(self.register, raw)

    def read(self) -> RegisterOp[DataValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, value: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("value",), (value,))

    def modify(self, *, value: int | None = None) -> RegisterOp[DataValue]:
        """Change the fields given and no other bit."""
        return self._modify(("value",), (value,), self._value)

    def check(self, *, value: int | None = None) -> RegisterOp[DataValue]:
        """Compare the fields given."""
        return self._check(("value",), (value,), self._value)

    def poll(self, *, timeout_s: float, value: int | None = None) -> RegisterOp[DataValue]:
        """Wait until the fields are as given."""
        return self._poll(("value",), (value,), self._value, timeout_s=timeout_s)


class DoorbellValue(RegisterValue):
    """The word of DOORBELL."""

    __slots__ = ()

    ring = Bits(int)


class Doorbell(Register):
    """Rings at the peer.

    - `ring` [0] rw singlepulse, 0x0 after reset: Once.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DoorbellValue:
        return DoorbellValue(self.register, raw)

    def read(self) -> RegisterOp[DoorbellValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, ring: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("ring",), (ring,))

    def modify(self, *, ring: Bit | None = None) -> RegisterOp[DoorbellValue]:
        """Change the fields given and no other bit."""
        return self._modify(("ring",), (ring,), self._value)

    def check(self, *, ring: Bit | None = None) -> RegisterOp[DoorbellValue]:
        """Compare the fields given."""
        return self._check(("ring",), (ring,), self._value)

    def poll(self, *, timeout_s: float, ring: Bit | None = None) -> RegisterOp[DoorbellValue]:
        """Wait until the fields are as given."""
        return self._poll(("ring",), (ring,), self._value, timeout_s=timeout_s)


class PeerDataValue(RegisterValue):
    """The word of PEER_DATA."""

    __slots__ = ()

    value = Bits(int)


class PeerData(Register):
    """What the peer tells the host in a slot of its own.

    - `value` [31:0] r, 0x0 after reset: Anything.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PeerDataValue:
        return PeerDataValue(self.register, raw)

    def read(self) -> RegisterOp[PeerDataValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, value: int | None = None) -> RegisterOp[PeerDataValue]:
        """Compare the fields given."""
        return self._check(("value",), (value,), self._value)

    def poll(self, *, timeout_s: float, value: int | None = None) -> RegisterOp[PeerDataValue]:
        """Wait until the fields are as given."""
        return self._poll(("value",), (value,), self._value, timeout_s=timeout_s)


class Slot(RegisterMap):
    """One slot: a word and a doorbell, of one end."""

    __slots__ = ()

    CTRL = Member(SlotCtrl)  # 0x0
    DATA = Member(Data)  # 0x4
    DOORBELL = Member(Doorbell)  # 0x8
    PEER_DATA = Member(PeerData)  # 0xc


class TestValue(RegisterValue):
    """The word of TEST."""

    __slots__ = ()

    loopback = Bits(int)


class Test(Register):
    """For tests of what stands around.

    - `loopback` [0] rw, 0x0 after reset: What is sent is received instead; the peer sees nothing of it.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TestValue:
        return TestValue(self.register, raw)

    def read(self) -> RegisterOp[TestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, loopback: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("loopback",), (loopback,))

    def modify(self, *, loopback: Bit | None = None) -> RegisterOp[TestValue]:
        """Change the fields given and no other bit."""
        return self._modify(("loopback",), (loopback,), self._value)

    def check(self, *, loopback: Bit | None = None) -> RegisterOp[TestValue]:
        """Compare the fields given."""
        return self._check(("loopback",), (loopback,), self._value)

    def poll(self, *, timeout_s: float, loopback: Bit | None = None) -> RegisterOp[TestValue]:
        """Wait until the fields are as given."""
        return self._poll(("loopback",), (loopback,), self._value, timeout_s=timeout_s)


class ScratchValue(RegisterValue):
    """The word of SCRATCH."""

    __slots__ = ()

    value = Bits(int)


class Scratch(Register):
    """Holds what software puts there.

    - `value` [31:0] rw, 0x0 after reset: Anything.
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
    """Closes what is not to change in service; only a reset of the whole block opens it.

    - `config` [0] rw woset, 0x0 after reset: Version, owner, watermark and the slots' owners take no write.
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


class MailboxRegs(TopMap):
    """Passes messages and doorbells between the host and another processor."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "mailbox.image"

    ID = Member(Id)  # 0x0
    CTRL = Member(Ctrl)  # 0x4
    STATUS = Member(Status)  # 0x8
    INTR_STATUS = Member(IntrStatus)  # 0xc
    INTR_ENABLE = Member(IntrEnable)  # 0x10
    INTR_TEST = Member(IntrTest)  # 0x14
    ERR_LOG = Member(ErrLog)  # 0x18
    FLUSH = Member(Flush)  # 0x1c
    VERSION = Member(Version)  # 0x20
    PEER_VERSION = Member(PeerVersion)  # 0x24
    HANDSHAKE = Member(Handshake)  # 0x28
    OWNER = Member(Owner)  # 0x2c
    WATERMARK = Member(Watermark)  # 0x30
    SEQUENCE = Member(Sequence)  # 0x34
    DOORBELLS = Member(Doorbells)  # 0x38
    IN = Member(In)  # 0x40
    OUT = Member(Out)  # 0x44
    RECEIVED = Member(Received)  # 0x50
    SENT = Member(Sent)  # 0x58
    DROPPED = Member(Dropped)  # 0x60
    SLOT = ArrayMember(Slot)  # 0x100 [8]
    TEST = Member(Test)  # 0xff0
    SCRATCH = Member(Scratch)  # 0xff4
    LOCK = Member(Lock)  # 0xff8
