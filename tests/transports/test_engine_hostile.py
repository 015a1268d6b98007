"""No bytes make the engine in C crash or leave its window; see fuzz_engine.py, which runs apart: it may be killed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

from tests.transports.programs import needs_engine
from transports.native import ENGINE

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = int(os.environ.get("FIRSTLIGHT_EXAMPLES", "600"))

pytestmark = needs_engine


def test_no_program_leaves_its_window() -> None:
    """Whatever bytes, offset and values it is given, the engine ends well, within its window."""
    assert ENGINE == "c"
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(REPOSITORY))))
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("fuzz_engine.py"), str(random.getrandbits(32)), str(EXAMPLES)],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60 + EXAMPLES, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
    outcomes = json.loads(done.stdout.splitlines()[-1])
    assert sum(outcomes.values()) >= EXAMPLES // 2, outcomes
    assert {"no program", "done", "code 5"} <= set(outcomes), outcomes  # code 5: refused as outside
