"""Builds the engine in C, where there is a C compiler; all else about the distribution stands in pyproject.toml.

There are two wheels on purpose. With the engine it is one for CPython 3.11 and all later (cp311-abi3); without, for any
Python anywhere (py3-none-any). A wheel that says the first and holds the second would be worse than either, and is what
an optional extension gives; so whether the engine can be built is tried before anything is named.

FIRSTLIGHT_WHEEL=abi3 builds with the engine or fails, =pure without; else with it if it can be built.
FIRSTLIGHT_SANITIZE=1 builds it with AddressSanitizer and UndefinedBehaviorSanitizer, for `make sanitize`.
"""

from __future__ import annotations

import os
import sys
import tempfile

from setuptools import Distribution, Extension, setup
from setuptools.command.build_ext import build_ext

BUILDING = {"build", "build_ext", "bdist_wheel", "editable_wheel", "develop", "install"}  # not: sdist, egg_info
PARTS = ("_engine", "_program", "_walk")
STRICT = ["-Wall", "-Wextra", "-Werror"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-O1"]


def engine() -> Extension:
    """Return what the engine is built from, and how."""
    sanitize = SANITIZE if os.environ.get("FIRSTLIGHT_SANITIZE") else []
    return Extension(
        "transports._engine",
        [f"transports/{part}.c" for part in PARTS],
        depends=["transports/_engine.h"],
        py_limited_api=True,
        # Memory of a device has no type: no access may be reasoned away by the type of another.
        extra_compile_args=[*STRICT, "-std=gnu11", "-O2", "-fno-strict-aliasing", "-fvisibility=hidden", *sanitize],
        extra_link_args=sanitize,
    )


def problem() -> str:
    """Build the engine into a folder that is thrown away; return why that cannot be done, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        command = build_ext(Distribution({"name": "firstlight", "ext_modules": [engine()]}))
        command.build_lib = command.build_temp = folder
        command.ensure_finalized()
        try:
            command.run()
        except Exception as failure:  # each compiler class has its own, and a missing program is an OSError
            return f"{type(failure).__name__}: {failure}"
    return ""


def wanted() -> list[Extension]:
    """Return the engine where this build is to have it.

    Raises:
        SystemExit: FIRSTLIGHT_WHEEL is no word that is known.
    """
    wheel = os.environ.get("FIRSTLIGHT_WHEEL", "")
    if wheel not in ("", "abi3", "pure"):
        raise SystemExit(f"FIRSTLIGHT_WHEEL is {wheel!r}; expected abi3, pure or nothing")
    if wheel == "pure" or not BUILDING & set(sys.argv):
        return []
    if wheel == "" and (why := problem()):
        print(f"firstlight: the engine in C cannot be built ({why}); the one in Python does its work", file=sys.stderr)
        return []
    return [engine()]


extensions = wanted()
setup(ext_modules=extensions, options={"bdist_wheel": {"py_limited_api": "cp311"}} if extensions else {})
