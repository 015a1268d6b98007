"""`make test` is not green without its evidence: what it requires may not be skipped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NEEDY = "tests/runtime/test_kill.py::test_killed_on_qemu"


def without_qemu(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run a test that needs QEMU where no program is found at all."""
    kept = {name: value for name, value in os.environ.items() if name != "FIRSTLIGHT_REQUIRE"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", NEEDY],
        cwd=ROOT, env=kept | {"PATH": "/nonexistent"} | environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_required_peer_that_is_missing_fails_the_run() -> None:
    """With FIRSTLIGHT_REQUIRE=qemu a test that is skipped for want of QEMU fails, by name and with what to install."""
    done = without_qemu(FIRSTLIGHT_REQUIRE="something qemu")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{NEEDY} must not be skipped" in done.stdout
    assert "apt install" in done.stdout


@pytest.mark.parametrize("environment", [{}, {"FIRSTLIGHT_REQUIRE": "something"}])
def test_what_is_not_required_is_skipped(environment: dict[str, str]) -> None:
    """Without it the same test is skipped with its reason, and the run is well."""
    done = without_qemu(**environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 skipped" in done.stdout


def test_make_test_requires_qemu_and_the_engine() -> None:
    """`make test` is the run that requires QEMU, and the engine in C."""
    makefile = ROOT / "Makefile"
    if not makefile.is_file():
        pytest.skip("no Makefile here: not a checkout")
    command = r'^test:.*\n(?:\t.*\n)*\t@FIRSTLIGHT_REQUIRE="qemu engine" .*pytest'
    assert re.search(command, makefile.read_text(), re.MULTILINE)
