"""What all tests share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# An example's wall time says how busy the machine is, and failing by it would depend on that.
settings.register_profile("firstlight", deadline=None)
settings.load_profile("firstlight")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> dict[str, Path]:
    """Return every file that is, or will be, in the repository, by its path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    if listed.returncode == 0:
        paths = [path for path in listed.stdout.split("\0") if (ROOT / path).is_file()]
    else:  # not a clone but an unpacked sdist
        made = {"PKG-INFO", "setup.cfg", "firstlight.egg-info"}
        tops = [top for top in ROOT.iterdir() if top.name not in made and top.name[0] != "."]
        found = [file for top in tops for file in (top, *top.rglob("*")) if file.is_file()]
        paths = [str(file.relative_to(ROOT)) for file in found if file.suffix != ".pyc"]
    return {path: ROOT / path for path in sorted(paths)}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure when its reason names a word of FIRSTLIGHT_REQUIRE, as `make test` sets it.

    A run that is to be evidence must not be green because the peer that it was to be held against is missing.
    """
    report = yield
    required = [word.lower() for word in os.environ.get("FIRSTLIGHT_REQUIRE", "").split()]
    if report.skipped and isinstance(report.longrepr, tuple):  # an expected failure has no such tuple
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if any(word in reason.lower() for word in required):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} must not be skipped (FIRSTLIGHT_REQUIRE): {reason}"
    return report
