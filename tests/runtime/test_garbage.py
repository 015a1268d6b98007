"""The laws of collecting garbage while a chip comes up: what is old is not looked through, and all is put back."""

from __future__ import annotations

import gc
from collections.abc import Generator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import pytest

from runtime.garbage import only_new, sweep


@contextmanager
def collected() -> Generator[list[int]]:
    """Note the generation of each collection inside."""
    found: list[int] = []

    def note(phase: str, info: Mapping[str, Any]) -> None:
        if phase == "start":
            found.append(info["generation"])

    gc.callbacks.append(note)
    try:
        yield found
    finally:
        gc.callbacks.remove(note)


def test_what_is_old_is_not_looked_through() -> None:
    """However much is made and kept inside, only the two young generations are collected."""
    kept: list[list[object]] = []
    with only_new(), collected() as found:
        for _ in range(200_000):
            kept.append([kept])
    assert {0, 1} == set(found)


def test_what_is_new_and_garbage_goes() -> None:
    """Circles of garbage that are made inside are collected inside."""
    with only_new():
        gc.collect(1)
        before = len(gc.get_objects())
        for _ in range(200_000):
            circle: list[object] = []
            circle.append(circle)
        assert len(gc.get_objects()) - before < 20_000


@pytest.mark.parametrize("inside", [False, True])
def test_a_sweep_keeps_what_is_new_small(inside: bool) -> None:
    """While old things go as fast as new ones come, a sweep now and then looks through few; without it, through all."""
    old: list[list[object]] = [[] for _ in range(100_000)]
    new: list[list[object]] = []
    seen: list[int] = []

    def note(phase: str, info: Mapping[str, Any]) -> None:
        if phase == "start":
            seen.append(sum(len(gc.get_objects(generation)) for generation in range(info["generation"] + 1)))

    gc.callbacks.append(note)
    try:
        with only_new() if inside else nullcontext():
            gc.collect(1)
            seen.clear()
            while old:
                old.pop()
                new.append([new])
                if not len(new) % 1000:
                    sweep()
            gc.collect(1)
    finally:
        gc.callbacks.remove(note)
    assert (max(seen) < 3000) is inside, seen


@pytest.mark.parametrize("frozen", [False, True])
def test_afterwards_all_is_as_it_was(frozen: bool) -> None:
    """Thresholds are put back, also after an error; what somebody else froze stays frozen."""
    thresholds = gc.get_threshold()
    if frozen:
        gc.freeze()
    try:
        with suppress(KeyError), only_new():
            assert gc.get_freeze_count() > 0
            raise KeyError
        assert gc.get_threshold() == thresholds
        assert (gc.get_freeze_count() > 0) is frozen
    finally:
        gc.unfreeze()
