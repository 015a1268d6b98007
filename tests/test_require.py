"""`make test` is not green without its evidence: what it requires may not be skipped."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NEEDY = "tests/runtime/test_kill.py::test_killed_on_qemu"


def without_programs(needy: str = NEEDY, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a test that needs QEMU, or another, where no program is found at all."""
    kept = {name: value for name, value in os.environ.items() if name != "FIRSTLIGHT_REQUIRE"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", needy],
        cwd=ROOT, env=kept | {"PATH": "/nonexistent"} | environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_required_peer_that_is_missing_fails_the_run() -> None:
    """With FIRSTLIGHT_REQUIRE=qemu a test that is skipped for want of QEMU fails, by name and with what to install."""
    done = without_programs(FIRSTLIGHT_REQUIRE="something qemu")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{NEEDY} must not be skipped" in done.stdout
    assert "apt install" in done.stdout


@pytest.mark.parametrize("environment", [{}, {"FIRSTLIGHT_REQUIRE": "something"}])
def test_what_is_not_required_is_skipped(environment: dict[str, str]) -> None:
    """Without it the same test is skipped with its reason, and the run is well."""
    done = without_programs(**environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 skipped" in done.stdout


def test_a_required_browser_that_is_missing_fails_the_run() -> None:
    """With FIRSTLIGHT_REQUIRE=chromium no test of a page is skipped for want of a browser."""
    needy = "tests/runtime/views/test_browser.py::test_dark_is_dark"
    done = without_programs(needy, FIRSTLIGHT_REQUIRE="chromium")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{needy} must not be skipped" in done.stdout


@pytest.mark.parametrize("browser", ["", "chromium", "chromium-browser", "google-chrome"])
def test_make_test_requires_what_is_there(browser: str, tmp_path: Path) -> None:
    """`make test` is the run that requires QEMU, the engine in C, a cluster, and a browser if there is any."""
    if not (ROOT / "Makefile").is_file() or (make := shutil.which("make")) is None:
        pytest.skip("no Makefile here, or no make")
    if browser:
        (tmp_path / browser).touch(0o755)
    said = subprocess.run([make, "-n", "test"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout
    found = re.search(r'^(FIRSTLIGHT_REQUIRE=".*") \S*python -m pytest', said, re.MULTILINE)
    assert found, said
    done = subprocess.run(
        ["/bin/sh", "-c", f'{found[1]}; echo "$FIRSTLIGHT_REQUIRE"'],
        env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["qemu", "engine", "fleet", *(["chromium"] if browser else [])]
