"""PeakRDL's two Python models of registers, each generated from the RDL that ours are generated from."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from bench.measure import Timed
from bench.peers import wanted
from bench.peers.calls import calls
from bench.peers.device import REGISTERS, SOURCE, Device, Step


def _elaborated() -> Any:
    compiler = wanted("systemrdl").RDLCompiler()
    compiler.compile_file(str(SOURCE))
    return compiler.elaborate().top


class _Model:
    """What both are used for."""

    clock = "cpu"
    _top: Any

    def find(self) -> Any:
        """Find one register, from the top."""
        return self._top.W[1]

    def words(self, result: Any) -> Sequence[int]:
        """They are the result."""
        found: Sequence[int] = result
        return found

    def close(self) -> None:
        """The memory is the device's."""


class PeakRdl(_Model):
    """peakrdl-python, over its callbacks for single accesses."""

    name = "peakrdl-python"

    def __init__(self, device: Device) -> None:
        exporter = wanted("peakrdl_python.exporter").PythonExporter()
        exporter.export(_elaborated(), str(device.package("peakrdl_device")), skip_test_case_generation=True)
        words = device.words

        def read(addr: int, width: int, accesswidth: int) -> int:
            return words[addr >> 2]

        def write(addr: int, width: int, accesswidth: int, data: int) -> None:
            words[addr >> 2] = data

        model = import_module("peakrdl_device.device.reg_model")
        library = import_module("peakrdl_device.device.lib")
        callbacks = library.NormalCallbackSet(read_callback=read, write_callback=write)
        self._top = model.RegModel(callbacks=callbacks)

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return a loop of calls."""
        registers = [self._top.W[register] for register in range(REGISTERS)]
        return calls(
            steps,
            read=[register.read for register in registers],
            write=[register.write for register in registers],
            modify=[register.mid.write for register in registers],
            low=[register.low.read for register in registers],
            high=[register.high.read for register in registers],
        )

    def set_gain(self, value: int) -> None:
        """Set `gain` of CTRL."""
        self._top.CTRL.gain.write(value)


class PyRal(_Model):
    """PeakRDL-PyRAL, over its callbacks."""

    name = "PeakRDL-PyRAL"

    def __init__(self, device: Device) -> None:
        exporter = wanted("peakrdl_pyral.exporter").PyRALExporter()
        callback = wanted("peakrdl_pyral_runtime.hwio.callback").CallbackHWIO
        exporter.export(_elaborated(), str(device.package("pyral_device")))
        words = device.words

        def read(addr: int, size: int) -> int:
            return words[addr >> 2]

        def write(addr: int, value: int, size: int) -> None:
            words[addr >> 2] = value

        self._top = import_module("pyral_device.device").get_ral()
        self._top.attach_hwio(callback(read, write))

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return a loop of calls."""
        registers = [self._top.W[register] for register in range(REGISTERS)]
        return calls(
            steps,
            read=[register.read for register in registers],
            write=[register.write for register in registers],
            modify=[register.mid.change for register in registers],
            low=[register.low.read for register in registers],
            high=[register.high.read for register in registers],
        )

    def set_gain(self, value: int) -> None:
        """Set `gain` of CTRL."""
        self._top.CTRL.gain.change(value)
