"""The verb `doctor`: what runs here, what it stands on, and which devices may be opened; it opens none itself."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from runtime.cli.catalog import transport_rows
from runtime.cli.exits import NOT_WELL, OK
from runtime.cli.output import print_table
from runtime.words import count

EXTRAS = {  # what is not worth naming to who runs a chip, is not here: dev
    "rdl": ({"systemrdl-compiler": "systemrdl"}, "compiles SystemRDL"),
    "cli": ({"rich": "rich", "shtab": "shtab"}, "live progress and completion"),
    "fleet": ({"distributed": "distributed"}, "fault campaigns on a Dask cluster"),
}


@frozen
class Nodes:
    """Files that a driver of the kernel gives to user space.

    Attributes:
        pattern: of their paths, from the root.
        need: what makes them be there.
    """

    name: str
    pattern: str
    need: str


NODES = (
    Nodes("pcie", "sys/bus/pci/devices/*/resource0", "a PCIe function with a BAR"),
    Nodes("vfio", "dev/vfio/[0-9]*", "a device bound to vfio-pci, and an IOMMU"),
    Nodes("uio", "dev/uio[0-9]*", "a device bound to a uio driver"),
    Nodes("spi", "dev/spidev*", "a device bound to spidev"),
    Nodes("gpio", "dev/gpiochip*", "a GPIO controller"),
)


def run_doctor(arguments: Namespace) -> int:
    """Say which engine runs batches and why, what is installed, which devices may be opened, and why not."""
    report = examined()
    if arguments.json:
        print(json.dumps(report))
    else:
        print_table(("what", "state"), rows(report))
    missing = [name for name, version in report["core"].items() if version is None]
    broken = [row for row in report["transports"] if row["problem"]]
    return NOT_WELL if missing or broken else OK


def examined(root: Path = Path("/")) -> dict[str, Any]:
    """Return the whole report as plain values; device files are looked for under `root`."""
    from transports.native import ENGINE, ENGINE_REASON

    return {
        "firstlight": importlib.metadata.version("firstlight"),
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "executable": sys.executable,
        },
        "kernel": {"system": platform.system(), "release": platform.release(), "machine": platform.machine()},
        "engine": ENGINE,
        "engine_reason": ENGINE_REASON,
        "core": {name: version_of(name) for name in core_names(importlib.metadata.requires("firstlight") or ())},
        "extras": {name: _extra(name, modules, what) for name, (modules, what) in EXTRAS.items()},
        "transports": transport_rows(),
        "simulators": {"sim": {"usable": True, "reason": "in this process"}, "qemu": _qemu()},
        "devices": [asdict(seen(nodes, root)) for nodes in NODES],
    }


def core_names(required: Iterable[str]) -> list[str]:
    """Return the distributions that are needed always, from requirements as a wheel states them."""
    always = [text for text in required if "extra ==" not in text]
    return [re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in always]


def version_of(distribution: str) -> str | None:
    """Return the version that is installed, None where it is not."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _extra(extra: str, modules: Mapping[str, str], what: str) -> dict[str, Any]:
    """Return whether an extra is there: its distributions, each with the module that it brings; how to get it."""
    versions = {name: version_of(name) for name, module in modules.items() if importlib.util.find_spec(module)}
    absent = [name for name in modules if name not in versions]
    how = f"pip install 'firstlight[{extra}]', or in a checkout pip install -e '.[{extra}]'"
    reason = f"{', '.join(absent)} not installed ({what}); {how}" if absent else what
    return {"usable": not absent, "reason": reason, "versions": versions}


def _qemu() -> dict[str, Any]:
    binary = shutil.which("qemu-system-riscv64")
    reason = binary or "qemu-system-riscv64 is not on the PATH (Debian: apt-get install qemu-system-misc)"
    return {"usable": binary is not None, "reason": reason}


@frozen
class Seen:
    """What there is of one kind of device files.

    Attributes:
        writable: those of `present` that this user may read and write.
    """

    name: str
    pattern: str
    present: tuple[str, ...]
    writable: tuple[str, ...]
    reason: str


def seen(nodes: Nodes, root: Path) -> Seen:
    """Return what there is of these files, and what this user may do with them; opens none."""
    present = sorted(str(path) for path in root.glob(nodes.pattern))
    writable = [path for path in present if os.access(path, os.R_OK | os.W_OK)]
    if not present:
        reason = f"none: no {root / nodes.pattern} (needs {nodes.need})"
    elif len(writable) < len(present):
        reason = f"{len(writable)} of {count(len(present), 'file')} may be written by user {os.geteuid()}"
    else:
        reason = f"{count(len(present), 'file')}, read and written by user {os.geteuid()}"
    return Seen(nodes.name, str(root / nodes.pattern), tuple(present), tuple(writable), reason)


def rows(report: Mapping[str, Any]) -> list[Sequence[str]]:
    """Return the report as lines of a table."""
    python, kernel = report["python"], report["kernel"]
    core = ", ".join(f"{name} {version or 'MISSING'}" for name, version in report["core"].items())
    shown: list[Sequence[str]] = [
        ("firstlight", report["firstlight"]),
        ("python", f"{python['implementation']} {python['version']}, {python['executable']}"),
        ("kernel", f"{kernel['system']} {kernel['release']} {kernel['machine']}"),
        ("engine", f"{report['engine']}: {report['engine_reason']}"),
        ("core", core),
    ]
    for name, extra in report["extras"].items():
        versions = ", ".join(f"{each} {version}" for each, version in extra["versions"].items())
        shown.append((f"extra [{name}]", _said(extra) + (f"; {versions}" if versions else "")))
    shown += [(f"{name}:", _said(state)) for name, state in report["simulators"].items()]
    shown += [(device["name"], device["reason"]) for device in report["devices"]]
    for row in report["transports"]:
        loads = f"does not load: {row['problem']}" if row["problem"] else f"loads, from {row['distribution']}"
        shown.append((f"transport {row['scheme']}:", loads))
    return shown


def _said(state: Mapping[str, Any]) -> str:
    return f"{'yes' if state['usable'] else 'no'}: {state['reason']}"
