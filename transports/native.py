"""Which engine runs batches over mapped memory: the one in C where it is there, else its twin in Python.

The two give the same results. FIRSTLIGHT_ENGINE=python asks for the twin, FIRSTLIGHT_ENGINE=c for no other than C.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from transports.program import FORMAT, KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_BUILT = (
    "this installation has no engine in C: no C compiler worked when it was built; "
    "have one (Debian: apt-get install gcc libc6-dev python3-dev) and install firstlight again"
)


def choose(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the engine to use, "c" or "python", and why it is that one, as a sentence's end.

    Raises:
        ValueError: FIRSTLIGHT_ENGINE is neither of these names.
        ImportError: it says "c", and that engine cannot be had.
    """
    wanted = environment.get("FIRSTLIGHT_ENGINE", "")
    if wanted not in ("", "c", "python"):
        raise ValueError(f"FIRSTLIGHT_ENGINE is {wanted!r}; expected c, python or nothing")
    if wanted == "python":
        return "python", "FIRSTLIGHT_ENGINE=python asks for it"
    try:
        from transports import _engine

        if _engine.FORMAT != FORMAT:
            raise ImportError(
                f"{_engine.__file__} runs format {_engine.FORMAT}, this is format {FORMAT}; build it anew"
            )
    except ImportError as problem:
        why = f"the engine in C does not load: {problem}" if find_spec("transports._engine") else NOT_BUILT
        if wanted == "c":
            raise ImportError(f"FIRSTLIGHT_ENGINE=c asks for the engine in C, and {why}") from problem
        return "python", why
    _engine.register_types(KINDS)
    return "c", f"built for this machine: {_engine.__file__}"


ENGINE, ENGINE_REASON = choose(os.environ)
