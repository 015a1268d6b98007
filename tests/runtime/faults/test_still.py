"""The laws of a state that is taken and put back."""

from __future__ import annotations

import pytest

from blocks.chip import load_chip
from blocks.sim import SimChip
from runtime.faults.heap import Bringup, Controller, registers_of
from runtime.faults.still import Still


@pytest.mark.parametrize("name", ["mini", "atlas"])
def test_a_look_changes_nothing(name: str) -> None:
    """The state of a chip that is up is the same after it was looked at, of every block."""
    chip = load_chip(name)
    sim = SimChip(chip)
    control = Controller(chip)
    Bringup(control, sim).run()
    models = [sim.model(block) for block in chip.instances]
    Bringup(control, sim).run()  # what is looked at for the first time is there from then on
    before = Still(models)

    Bringup(control, sim).run()

    assert before.same(Still(models))


@pytest.mark.parametrize("name", ["mini", "atlas"])
def test_what_was_put_back_is_as_it_was(name: str) -> None:
    """A chip that was taken after its reset, brought up and put back has the registers of a chip after reset."""
    chip = load_chip(name)
    sim, other = SimChip(chip), SimChip(chip)
    models = [sim.model(block) for block in chip.instances]
    still, fresh = Still(models), registers_of(other)
    Bringup(Controller(chip), sim).run()
    assert not still.same(Still(models))

    still.put_back()

    held = registers_of(sim)
    assert {b: {p: held[b][p] for p in paths} for b, paths in fresh.items()} == fresh


def test_an_unknown_kind_of_state_is_an_error() -> None:
    """A model that holds an object of a kind that nobody knows how to take is refused, and the kind is named."""
    sim = SimChip(load_chip("mini"))
    model = sim.model("refpll")
    object.__setattr__(model, "odd", memoryview(b""))

    with pytest.raises(TypeError, match=r"refpll holds a builtins\.memoryview"):
        Still([model])
