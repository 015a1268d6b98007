"""Generated from fuse.rdl by firstlight registers generate; do not edit."""

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
    - `part` [31:16] r, 0x4655 after reset: ASCII 'FU'.
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

    power_down = Bits(int)
    sense = Bits(int)


class Ctrl(Register):
    """Power of the sense amplifiers, and their work.

    - `power_down` [0] rw, 0x1 after reset: They sleep, and the shadow is empty.
    - `sense` [1] rw singlepulse, 0x0 after reset: Senses all words.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, power_down: Bit, sense: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("power_down", "sense"), (power_down, sense))

    def modify(self, *, power_down: Bit | None = None, sense: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("power_down", "sense"), (power_down, sense), self._value)

    def check(self, *, power_down: Bit | None = None, sense: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("power_down", "sense"), (power_down, sense), self._value)

    def poll(self, *, timeout_s: float, power_down: Bit | None = None, sense: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("power_down", "sense"), (power_down, sense), self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    awake = Bits(int)
    busy = Bits(int)
    sensed = Bits(int)
    unlocked = Bits(int)


class Status(Register):
    """What the controller does now.

    - `awake` [0] r, 0x0 after reset: The sense amplifiers have settled.
    - `busy` [1] r, 0x0 after reset: Words are sensed or programmed.
    - `sensed` [2] r, 0x0 after reset: The shadow holds what the fuses do.
    - `unlocked` [3] r, 0x0 after reset: Both words of the key were written; programming is possible.
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
        awake: Bit | None = None,
        busy: Bit | None = None,
        sensed: Bit | None = None,
        unlocked: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(("awake", "busy", "sensed", "unlocked"), (awake, busy, sensed, unlocked), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        awake: Bit | None = None,
        busy: Bit | None = None,
        sensed: Bit | None = None,
        unlocked: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("awake", "busy", "sensed", "unlocked"), (awake, busy, sensed, unlocked), self._value, timeout_s=timeout_s
        )


class IntrStatusValue(RegisterValue):
    """The word of INTR_STATUS."""

    __slots__ = ()

    uncorrectable = Bits(int)
    corrected = Bits(int)
    key = Bits(int)
    programmed = Bits(int)


class IntrStatus(Register):
    """What happened since it was last cleared.

    - `uncorrectable` [0] rw woclr, 0x0 after reset: A word could not be mended, or a checksum did not fit.
    - `corrected` [1] rw woclr, 0x0 after reset: A word was mended.
    - `key` [2] rw woclr, 0x0 after reset: A wrong word was written to KEY.
    - `programmed` [3] rw woclr, 0x0 after reset: A word was programmed.
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
        uncorrectable: Bit | None = None,
        corrected: Bit | None = None,
        key: Bit | None = None,
        programmed: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("uncorrectable", "corrected", "key", "programmed"), (uncorrectable, corrected, key, programmed)
        )

    def modify(
        self,
        *,
        uncorrectable: Bit | None = None,
        corrected: Bit | None = None,
        key: Bit | None = None,
        programmed: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("uncorrectable", "corrected", "key", "programmed"),
            (uncorrectable, corrected, key, programmed),
            self._value,
        )

    def check(
        self,
        *,
        uncorrectable: Bit | None = None,
        corrected: Bit | None = None,
        key: Bit | None = None,
        programmed: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("uncorrectable", "corrected", "key", "programmed"),
            (uncorrectable, corrected, key, programmed),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        uncorrectable: Bit | None = None,
        corrected: Bit | None = None,
        key: Bit | None = None,
        programmed: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("uncorrectable", "corrected", "key", "programmed"),
            (uncorrectable, corrected, key, programmed),
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    uncorrectable = Bits(int)
    corrected = Bits(int)
    key = Bits(int)
    programmed = Bits(int)


class IntrEnable(Register):
    """Which bits of INTR_STATUS raise the line.

    - `uncorrectable` [0] rw, 0x0 after reset: uncorrectable raises the line.
    - `corrected` [1] rw, 0x0 after reset: corrected raises the line.
    - `key` [2] rw, 0x0 after reset: key raises the line.
    - `programmed` [3] rw, 0x0 after reset: programmed raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, uncorrectable: Bit, corrected: Bit, key: Bit, programmed: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(
            ("uncorrectable", "corrected", "key", "programmed"), (uncorrectable, corrected, key, programmed)
        )

    def modify(
        self,
        *,
        uncorrectable: Bit | None = None,
        corrected: Bit | None = None,
        key: Bit | None = None,
        programmed: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("uncorrectable", "corrected", "key", "programmed"),
            (uncorrectable, corrected, key, programmed),
            self._value,
        )

    def check(
        self,
        *,
        uncorrectable: Bit | None = None,
        corrected: Bit | None = None,
        key: Bit | None = None,
        programmed: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(
            ("uncorrectable", "corrected", "key", "programmed"),
            (uncorrectable, corrected, key, programmed),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        uncorrectable: Bit | None = None,
        corrected: Bit | None = None,
        key: Bit | None = None,
        programmed: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("uncorrectable", "corrected", "key", "programmed"),
            (uncorrectable, corrected, key, programmed),
            self._value,
            timeout_s=timeout_s,
        )


class IntrTestValue(RegisterValue):
    """The word of INTR_TEST."""

    __slots__ = ()

    uncorrectable = Bits(int)
    corrected = Bits(int)
    key = Bits(int)
    programmed = Bits(int)


class IntrTest(Register):
    """Sets bits of INTR_STATUS, as if it had happened.

    - `uncorrectable` [0] rw singlepulse, 0x0 after reset: Sets uncorrectable.
    - `corrected` [1] rw singlepulse, 0x0 after reset: Sets corrected.
    - `key` [2] rw singlepulse, 0x0 after reset: Sets key.
    - `programmed` [3] rw singlepulse, 0x0 after reset: Sets programmed.
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
        uncorrectable: Bit | None = None,
        corrected: Bit | None = None,
        key: Bit | None = None,
        programmed: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("uncorrectable", "corrected", "key", "programmed"), (uncorrectable, corrected, key, programmed)
        )

    def modify(
        self,
        *,
        uncorrectable: Bit | None = None,
        corrected: Bit | None = None,
        key: Bit | None = None,
        programmed: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("uncorrectable", "corrected", "key", "programmed"),
            (uncorrectable, corrected, key, programmed),
            self._value,
        )

    def check(
        self,
        *,
        uncorrectable: Bit | None = None,
        corrected: Bit | None = None,
        key: Bit | None = None,
        programmed: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Compare the fields given."""
        return self._check(
            ("uncorrectable", "corrected", "key", "programmed"),
            (uncorrectable, corrected, key, programmed),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        uncorrectable: Bit | None = None,
        corrected: Bit | None = None,
        key: Bit | None = None,
        programmed: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("uncorrectable", "corrected", "key", "programmed"),
            (uncorrectable, corrected, key, programmed),
            self._value,
            timeout_s=timeout_s,
        )


class CauseE(IntEnum):
    """Values of cause_e."""

    NONE = 0  # Nothing was captured.
    UNCORRECTABLE = 1  # A word had more wrong bits than its check bits can mend.
    CHECKSUM = 2  # The words of a bank do not fit its checksum.
    KEY = 3  # A wrong word was written to KEY.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    valid = Bits(int)
    cause = Bits(CauseE)
    word = Bits(int)


class ErrLog(Register):
    """The first error since the log was last cleared.

    - `valid` [0] rw woclr, 0x0 after reset: The log holds an error.
    - `cause` [5:4] r, 0x0 after reset: Which.
    - `word` [12:8] r, 0x0 after reset: Of which word; the last of a bank where a checksum did not fit.
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
        cause: CauseE | None = None,
        word: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("valid", "cause", "word"), (valid, cause, word), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        valid: Bit | None = None,
        cause: CauseE | None = None,
        word: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(("valid", "cause", "word"), (valid, cause, word), self._value, timeout_s=timeout_s)


class CorrectedValue(RegisterValue):
    """The word of CORRECTED."""

    __slots__ = ()

    count = Bits(int)


class Corrected(Register):
    """Words that were mended; stays at its end.

    - `count` [15:0] r rclr, 0x0 after reset: A read clears it.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CorrectedValue:
        return CorrectedValue(self.register, raw)

    def read(self) -> RegisterOp[CorrectedValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class TimingValue(RegisterValue):
    """The word of TIMING."""

    __slots__ = ()

    strobe = Bits(int)
    pulse = Bits(int)


class Timing(Register):
    """How words are sensed and programmed.

    - `strobe` [7:0] rw, 0x0 after reset: Cycles of the read strobe; 1..255.
    - `pulse` [27:16] rw, 0x0 after reset: Cycles of the programming pulse; 1..4095.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TimingValue:
        return TimingValue(self.register, raw)

    def read(self) -> RegisterOp[TimingValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, strobe: int, pulse: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("strobe", "pulse"), (strobe, pulse))

    def modify(self, *, strobe: int | None = None, pulse: int | None = None) -> RegisterOp[TimingValue]:
        """Change the fields given and no other bit."""
        return self._modify(("strobe", "pulse"), (strobe, pulse), self._value)

    def check(self, *, strobe: int | None = None, pulse: int | None = None) -> RegisterOp[TimingValue]:
        """Compare the fields given."""
        return self._check(("strobe", "pulse"), (strobe, pulse), self._value)

    def poll(self, *, timeout_s: float, strobe: int | None = None, pulse: int | None = None) -> RegisterOp[TimingValue]:
        """Wait until the fields are as given."""
        return self._poll(("strobe", "pulse"), (strobe, pulse), self._value, timeout_s=timeout_s)


class StateE(IntEnum):
    """Values of state_e."""

    BLANK = 0  # Nothing was programmed.
    TEST = 1  # In the hands of who makes it.
    DEVELOPMENT = 2  # Everything can be debugged.
    PRODUCTION = 3  # In the field.
    RETURNED = 4  # Back for analysis; its secrets are void.


class LifecycleValue(RegisterValue):
    """The word of LIFECYCLE."""

    __slots__ = ()

    state = Bits(StateE)


class Lifecycle(Register):
    """What the part may be used for.

    - `state` [2:0] r, 0x0 after reset: State of its life, of word 0.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LifecycleValue:
        return LifecycleValue(self.register, raw)

    def read(self) -> RegisterOp[LifecycleValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, state: StateE | None = None) -> RegisterOp[LifecycleValue]:
        """Compare the fields given."""
        return self._check(("state",), (state,), self._value)

    def poll(self, *, timeout_s: float, state: StateE | None = None) -> RegisterOp[LifecycleValue]:
        """Wait until the fields are as given."""
        return self._poll(("state",), (state,), self._value, timeout_s=timeout_s)


class PartValue(RegisterValue):
    """The word of PART."""

    __slots__ = ()

    model = Bits(int)
    revision = Bits(int)


class Part(Register):
    """What the part is.

    - `model` [15:0] r, 0x0 after reset: Its number, of word 1.
    - `revision` [23:16] r, 0x0 after reset: Its revision, of word 1.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PartValue:
        return PartValue(self.register, raw)

    def read(self) -> RegisterOp[PartValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, model: int | None = None, revision: int | None = None) -> RegisterOp[PartValue]:
        """Compare the fields given."""
        return self._check(("model", "revision"), (model, revision), self._value)

    def poll(self, *, timeout_s: float, model: int | None = None, revision: int | None = None) -> RegisterOp[PartValue]:
        """Wait until the fields are as given."""
        return self._poll(("model", "revision"), (model, revision), self._value, timeout_s=timeout_s)


class SerialValue(RegisterValue):
    """The word of SERIAL."""

    __slots__ = ()

    serial = Bits(int)


class Serial(Register):
    """Which piece it is.

    - `serial` [63:0] r, 0x0 after reset: Serial number, of words 2 and 3.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SerialValue:
        return SerialValue(self.register, raw)

    def read(self) -> RegisterOp[SerialValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, serial: int | None = None) -> RegisterOp[SerialValue]:
        """Compare the fields given."""
        return self._check(("serial",), (serial,), self._value)


class TrimValue(RegisterValue):
    """The word of TRIM."""

    __slots__ = ()

    bandgap = Bits(int)
    oscillator = Bits(int)
    temperature = Bits(int)


class Trim(Register):
    """How this piece was trimmed when it was tested, of words 8 to 11.

    - `bandgap` [7:0] r, 0x0 after reset: Of the bandgap, signed.
    - `oscillator` [15:8] r, 0x0 after reset: Of an oscillator, signed.
    - `temperature` [23:16] r, 0x0 after reset: Of a temperature sensor, signed.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TrimValue:
        return TrimValue(self.register, raw)

    def read(self) -> RegisterOp[TrimValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        bandgap: int | None = None,
        oscillator: int | None = None,
        temperature: int | None = None,
    ) -> RegisterOp[TrimValue]:
        """Compare the fields given."""
        return self._check(("bandgap", "oscillator", "temperature"), (bandgap, oscillator, temperature), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        bandgap: int | None = None,
        oscillator: int | None = None,
        temperature: int | None = None,
    ) -> RegisterOp[TrimValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("bandgap", "oscillator", "temperature"),
            (bandgap, oscillator, temperature),
            self._value,
            timeout_s=timeout_s,
        )


class Key(Register):
    """Takes the two words that make programming possible, one after the other: C0DE5AFE, 0B501E7E.

    - `word` [31:0] w, 0x0 after reset: The word; a wrong one begins anew.
    """

    __slots__ = ()

    def write(self, *, word: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("word",), (word,))


class VppCtrlValue(RegisterValue):
    """The word of VPP_CTRL."""

    __slots__ = ()

    enable = Bits(int)


class VppCtrl(Register):
    """Supply of the programming pulse.

    - `enable` [0] rw, 0x0 after reset: It is switched on.
    """

    __slots__ = ()

    def _value(self, raw: int) -> VppCtrlValue:
        return VppCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[VppCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("enable",), (enable,))

    def modify(self, *, enable: Bit | None = None) -> RegisterOp[VppCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable",), (enable,), self._value)

    def check(self, *, enable: Bit | None = None) -> RegisterOp[VppCtrlValue]:
        """Compare the fields given."""
        return self._check(("enable",), (enable,), self._value)

    def poll(self, *, timeout_s: float, enable: Bit | None = None) -> RegisterOp[VppCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("enable",), (enable,), self._value, timeout_s=timeout_s)


class VppStatusValue(RegisterValue):
    """The word of VPP_STATUS."""

    __slots__ = ()

    good = Bits(int)


class VppStatus(Register):
    """What that supply does now.

    - `good` [0] r, 0x0 after reset: It has risen.
    """

    __slots__ = ()

    def _value(self, raw: int) -> VppStatusValue:
        return VppStatusValue(self.register, raw)

    def read(self) -> RegisterOp[VppStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, good: Bit | None = None) -> RegisterOp[VppStatusValue]:
        """Compare the fields given."""
        return self._check(("good",), (good,), self._value)

    def poll(self, *, timeout_s: float, good: Bit | None = None) -> RegisterOp[VppStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("good",), (good,), self._value, timeout_s=timeout_s)


class ProgAddressValue(RegisterValue):
    """The word of PROG_ADDRESS."""

    __slots__ = ()

    word = Bits(int)


class ProgAddress(Register):
    """Which word is programmed.

    - `word` [4:0] rw, 0x0 after reset: The word.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ProgAddressValue:
        return ProgAddressValue(self.register, raw)

    def read(self) -> RegisterOp[ProgAddressValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, word: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("word",), (word,))

    def modify(self, *, word: int | None = None) -> RegisterOp[ProgAddressValue]:
        """Change the fields given and no other bit."""
        return self._modify(("word",), (word,), self._value)

    def check(self, *, word: int | None = None) -> RegisterOp[ProgAddressValue]:
        """Compare the fields given."""
        return self._check(("word",), (word,), self._value)

    def poll(self, *, timeout_s: float, word: int | None = None) -> RegisterOp[ProgAddressValue]:
        """Wait until the fields are as given."""
        return self._poll(("word",), (word,), self._value, timeout_s=timeout_s)


class ProgDataValue(RegisterValue):
    """The word of PROG_DATA."""

    __slots__ = ()

    value = Bits(int)


class ProgData(Register):
    """What it is to hold then; a fuse that has become 1 stays 1.

    - `value` [31:0] rw, 0x0 after reset: The word.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ProgDataValue:
        return ProgDataValue(self.register, raw)

    def read(self) -> RegisterOp[ProgDataValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, value: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("value",), (value,))

    def modify(self, *, value: int | None = None) -> RegisterOp[ProgDataValue]:
        """Change the fields given and no other bit."""
        return self._modify(("value",), (value,), self._value)

    def check(self, *, value: int | None = None) -> RegisterOp[ProgDataValue]:
        """Compare the fields given."""
        return self._check(("value",), (value,), self._value)

    def poll(self, *, timeout_s: float, value: int | None = None) -> RegisterOp[ProgDataValue]:
        """Wait until the fields are as given."""
        return self._poll(("value",), (value,), self._value, timeout_s=timeout_s)


class ProgCtrlValue(RegisterValue):
    """The word of PROG_CTRL."""

    __slots__ = ()

    start = Bits(int)


class ProgCtrl(Register):
    """Programming.

    - `start` [0] rw singlepulse, 0x0 after reset: Programs one word. Nothing undoes it.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ProgCtrlValue:
        return ProgCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[ProgCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, start: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("start",), (start,))

    def modify(self, *, start: Bit | None = None) -> RegisterOp[ProgCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("start",), (start,), self._value)

    def check(self, *, start: Bit | None = None) -> RegisterOp[ProgCtrlValue]:
        """Compare the fields given."""
        return self._check(("start",), (start,), self._value)

    def poll(self, *, timeout_s: float, start: Bit | None = None) -> RegisterOp[ProgCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("start",), (start,), self._value, timeout_s=timeout_s)


class ProgLockValue(RegisterValue):
    """The word of PROG_LOCK."""

    __slots__ = ()

    disabled = Bits(int)


class ProgLock(Register):
    """Ends programming until the next reset.

    - `disabled` [0] rw woset, 0x0 after reset: Neither key, nor supply, nor start do anything.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ProgLockValue:
        return ProgLockValue(self.register, raw)

    def read(self) -> RegisterOp[ProgLockValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, disabled: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("disabled",), (disabled,))

    def modify(self, *, disabled: Bit | None = None) -> RegisterOp[ProgLockValue]:
        """Change the fields given and no other bit."""
        return self._modify(("disabled",), (disabled,), self._value)

    def check(self, *, disabled: Bit | None = None) -> RegisterOp[ProgLockValue]:
        """Compare the fields given."""
        return self._check(("disabled",), (disabled,), self._value)

    def poll(self, *, timeout_s: float, disabled: Bit | None = None) -> RegisterOp[ProgLockValue]:
        """Wait until the fields are as given."""
        return self._poll(("disabled",), (disabled,), self._value, timeout_s=timeout_s)


class BankStatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    corrected = Bits(int)
    uncorrectable = Bits(int)
    sound = Bits(int)


class BankStatus(Register):
    """How the bank was sensed.

    - `corrected` [0] r, 0x0 after reset: A word was mended.
    - `uncorrectable` [1] r, 0x0 after reset: A word could not be mended.
    - `sound` [2] r, 0x0 after reset: Its words fit its checksum, or it is blank.
    """

    __slots__ = ()

    def _value(self, raw: int) -> BankStatusValue:
        return BankStatusValue(self.register, raw)

    def read(self) -> RegisterOp[BankStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        corrected: Bit | None = None,
        uncorrectable: Bit | None = None,
        sound: Bit | None = None,
    ) -> RegisterOp[BankStatusValue]:
        """Compare the fields given."""
        return self._check(("corrected", "uncorrectable", "sound"), (corrected, uncorrectable, sound), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        corrected: Bit | None = None,
        uncorrectable: Bit | None = None,
        sound: Bit | None = None,
    ) -> RegisterOp[BankStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("corrected", "uncorrectable", "sound"), (corrected, uncorrectable, sound), self._value, timeout_s=timeout_s
        )


class CrcValue(RegisterValue):
    """The word of CRC."""

    __slots__ = ()

    crc = Bits(int)


class Crc(Register):
    """Checksum of the words as sensed, to compare with the bank's last.

    - `crc` [31:0] r, 0x0 after reset: CRC32C.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CrcValue:
        return CrcValue(self.register, raw)

    def read(self) -> RegisterOp[CrcValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, crc: int | None = None) -> RegisterOp[CrcValue]:
        """Compare the fields given."""
        return self._check(("crc",), (crc,), self._value)

    def poll(self, *, timeout_s: float, crc: int | None = None) -> RegisterOp[CrcValue]:
        """Wait until the fields are as given."""
        return self._poll(("crc",), (crc,), self._value, timeout_s=timeout_s)


class LockValue(RegisterValue):
    """The word of LOCK."""

    __slots__ = ()

    program = Bits(int)
    hide = Bits(int)


class Lock(Register):
    """What may no longer be done until the next reset.

    - `program` [0] rw woset, 0x0 after reset: Words of the bank take no programming.
    - `hide` [1] rw woset, 0x0 after reset: Words of the bank read as 0.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LockValue:
        return LockValue(self.register, raw)

    def read(self) -> RegisterOp[LockValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, program: Bit | None = None, hide: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("program", "hide"), (program, hide))

    def modify(self, *, program: Bit | None = None, hide: Bit | None = None) -> RegisterOp[LockValue]:
        """Change the fields given and no other bit."""
        return self._modify(("program", "hide"), (program, hide), self._value)

    def check(self, *, program: Bit | None = None, hide: Bit | None = None) -> RegisterOp[LockValue]:
        """Compare the fields given."""
        return self._check(("program", "hide"), (program, hide), self._value)

    def poll(self, *, timeout_s: float, program: Bit | None = None, hide: Bit | None = None) -> RegisterOp[LockValue]:
        """Wait until the fields are as given."""
        return self._poll(("program", "hide"), (program, hide), self._value, timeout_s=timeout_s)


class Bank(RegisterMap):
    """One bank of eight words."""

    __slots__ = ()

    STATUS = Member(BankStatus)  # 0x0
    CRC = Member(Crc)  # 0x4
    LOCK = Member(Lock)  # 0x8


class WordValue(RegisterValue):
    """The word of WORD."""

    __slots__ = ()

    value = Bits(int)


class Word(Register):
    """What one word of the fuses was when it was sensed.

    - `value` [31:0] r, 0x0 after reset: The word, mended where it could be.
    """

    __slots__ = ()

    def _value(self, raw: int) -> WordValue:
        return WordValue(self.register, raw)

    def read(self) -> RegisterOp[WordValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, value: int | None = None) -> RegisterOp[WordValue]:
        """Compare the fields given."""
        return self._check(("value",), (value,), self._value)

    def poll(self, *, timeout_s: float, value: int | None = None) -> RegisterOp[WordValue]:
        """Wait until the fields are as given."""
        return self._poll(("value",), (value,), self._value, timeout_s=timeout_s)


class TestValue(RegisterValue):
    """The word of TEST."""

    __slots__ = ()

    margin = Bits(int)


class Test(Register):
    """For tests of the sense amplifiers.

    - `margin` [0] rw, 0x0 after reset: They are set harder than is needed; what is sensed then tells how much margin
      there is.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TestValue:
        return TestValue(self.register, raw)

    def read(self) -> RegisterOp[TestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, margin: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("margin",), (margin,))

    def modify(self, *, margin: Bit | None = None) -> RegisterOp[TestValue]:
        """Change the fields given and no other bit."""
        return self._modify(("margin",), (margin,), self._value)

    def check(self, *, margin: Bit | None = None) -> RegisterOp[TestValue]:
        """Compare the fields given."""
        return self._check(("margin",), (margin,), self._value)

    def poll(self, *, timeout_s: float, margin: Bit | None = None) -> RegisterOp[TestValue]:
        """Wait until the fields are as given."""
        return self._poll(("margin",), (margin,), self._value, timeout_s=timeout_s)


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


class FuseLockValue(RegisterValue):
    """The word of LOCK."""

    __slots__ = ()

    config = Bits(int)


class FuseLock(Register):
    """Closes what is not to change in service; only a reset of the whole block opens it.

    - `config` [0] rw woset, 0x0 after reset: TIMING and TEST take no write.
    """

    __slots__ = ()

    def _value(self, raw: int) -> FuseLockValue:
        return FuseLockValue(self.register, raw)

    def read(self) -> RegisterOp[FuseLockValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, config: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("config",), (config,))

    def modify(self, *, config: Bit | None = None) -> RegisterOp[FuseLockValue]:
        """Change the fields given and no other bit."""
        return self._modify(("config",), (config,), self._value)

    def check(self, *, config: Bit | None = None) -> RegisterOp[FuseLockValue]:
        """Compare the fields given."""
        return self._check(("config",), (config,), self._value)

    def poll(self, *, timeout_s: float, config: Bit | None = None) -> RegisterOp[FuseLockValue]:
        """Wait until the fields are as given."""
        return self._poll(("config",), (config,), self._value, timeout_s=timeout_s)


class FuseRegs(TopMap):
    """Senses one-time programmable words into registers, and programs them where that is still allowed."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "fuse.image"

    ID = Member(Id)  # 0x0
    CTRL = Member(Ctrl)  # 0x4
    STATUS = Member(Status)  # 0x8
    INTR_STATUS = Member(IntrStatus)  # 0xc
    INTR_ENABLE = Member(IntrEnable)  # 0x10
    INTR_TEST = Member(IntrTest)  # 0x14
    ERR_LOG = Member(ErrLog)  # 0x18
    CORRECTED = Member(Corrected)  # 0x1c
    TIMING = Member(Timing)  # 0x20
    LIFECYCLE = Member(Lifecycle)  # 0x28
    PART = Member(Part)  # 0x2c
    SERIAL = Member(Serial)  # 0x30
    TRIM = ArrayMember(Trim)  # 0x40 [4]
    KEY = Member(Key)  # 0x60
    VPP_CTRL = Member(VppCtrl)  # 0x64
    VPP_STATUS = Member(VppStatus)  # 0x68
    PROG_ADDRESS = Member(ProgAddress)  # 0x6c
    PROG_DATA = Member(ProgData)  # 0x70
    PROG_CTRL = Member(ProgCtrl)  # 0x74
    PROG_LOCK = Member(ProgLock)  # 0x78
    BANK = ArrayMember(Bank)  # 0x80 [4]
    WORD = ArrayMember(Word)  # 0x100 [32]
    TEST = Member(Test)  # 0xff0
    SCRATCH = Member(Scratch)  # 0xff4
    LOCK = Member(FuseLock)  # 0xff8
