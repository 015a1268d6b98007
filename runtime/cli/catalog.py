"""Verbs that touch no device: chips, transports, doctor."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from runtime.cli.output import print_table


def run_chips(arguments: Namespace) -> int:
    """List the chips that are described here."""
    from blocks.chip import list_chips, load_chip

    rows: list[dict[str, Any]] = []
    for name in list_chips():
        chip = load_chip(name)
        types = sorted({instance.type for instance in chip.instances.values()})
        rows.append({"chip": name, "blocks": len(chip.instances), "types": types, "description": chip.description})
    if arguments.json:
        print(json.dumps(rows))
    else:
        print_table(
            ("chip", "blocks", "types", "what it is"),
            [(r["chip"], str(r["blocks"]), ", ".join(r["types"]), r["description"]) for r in rows],
        )
    return 0


def run_transports(arguments: Namespace) -> int:
    """List the targets that can be opened, and why not where they cannot."""
    rows = _transports()
    if arguments.json:
        print(json.dumps(rows))
    else:
        print_table(
            ("scheme", "from", "loads"),
            [(f"{r['scheme']}:", r["distribution"], f"no: {r['problem']}" if r["problem"] else "yes") for r in rows],
        )
    return 1 if any(r["problem"] for r in rows) else 0


def _transports() -> list[dict[str, Any]]:
    from transports.open import known_schemes

    return [
        {"scheme": s.name, "distribution": ", ".join(s.distributions), "problem": s.problem} for s in known_schemes()
    ]


def run_doctor(arguments: Namespace) -> int:
    """Say what is installed, which engine runs batches, what is reachable, and why not."""
    from transports.engine import ENGINE

    report: dict[str, Any] = {
        "firstlight": importlib.metadata.version("firstlight"),
        "python": platform.python_version(),
        "engine": ENGINE,
        "core": {name: _version(name) for name in ("trio", "attrs", "msgpack", "anyio", "crc32c")},
        "extras": {
            "rdl": _extra(("systemrdl",), "compiles SystemRDL"),
            "cli": _extra(("rich", "shtab"), "live progress and completion"),
        },
        "transports": _transports(),
        "reachable": {
            "sim": {"usable": True, "reason": "in this process"},
            "qemu": _qemu(),
            "pcie": _devices("/sys/bus/pci/devices", "PCIe functions"),
            "spi": _devices("/sys/class/spidev", "SPI devices"),
        },
    }
    if arguments.json:
        print(json.dumps(report))
    else:
        _print_doctor(report)
    missing = [name for name, version in report["core"].items() if version is None]
    broken = [row for row in report["transports"] if row["problem"]]
    return 1 if missing or broken else 0


def _print_doctor(report: Mapping[str, Any]) -> None:
    core = ", ".join(f"{name} {version or 'MISSING'}" for name, version in report["core"].items())
    rows: list[Sequence[str]] = [
        ("firstlight", f"{report['firstlight']} on Python {report['python']}"),
        ("core", core),
        ("engine", f"{report['engine']} (runs batches over mapped memory)"),
    ]
    rows += [(f"extra [{name}]", _said(state)) for name, state in report["extras"].items()]
    rows += [(f"{name}:", _said(state)) for name, state in report["reachable"].items()]
    rows += [
        (f"{row['scheme']}:", f"does not load: {row['problem']}") for row in report["transports"] if row["problem"]
    ]
    print_table(("what", "state"), rows)


def _said(state: Mapping[str, Any]) -> str:
    return f"{'yes' if state['usable'] else 'no'}: {state['reason']}"


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _extra(modules: tuple[str, ...], what: str) -> dict[str, Any]:
    absent = [name for name in modules if importlib.util.find_spec(name) is None]
    reason = f"{', '.join(absent)} not installed ({what})" if absent else what
    return {"usable": not absent, "reason": reason}


def _qemu() -> dict[str, Any]:
    binary = shutil.which("qemu-system-riscv64")
    reason = binary or "qemu-system-riscv64 is not on the PATH (Debian: apt-get install qemu-system-misc)"
    return {"usable": binary is not None, "reason": reason}


def _devices(folder: str, what: str) -> dict[str, Any]:
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return {"usable": False, "reason": f"no {folder} here"}
    except PermissionError:
        return {"usable": False, "reason": f"no permission to list {folder}"}
    # Seeing a device is not being able to drive it: no transport of this release opens them.
    return {"usable": False, "reason": f"{len(names)} {what} seen; no transport for them is installed"}
