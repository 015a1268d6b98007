"""The verb `completion`: a script for a shell, with the chips and targets that there are when it is printed."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from runtime.cli.exits import UsageError
from runtime.cli.parser import CHIP_NAME, FILE, TARGET_URL, build

# What shtab calls it in each shell; tcsh gets nothing where it would need more than a word list.
_FILES = {
    "bash": "_shtab_compgen_files",
    "zsh": "_files",
    "tcsh": "f",
    "fish": "(__fish_complete_path (commandline -ct))",
}


def run_completion(arguments: Namespace) -> int:
    """Print a completion script for one shell."""
    if importlib.util.find_spec("shtab") is None:
        how = "pip install 'firstlight[cli]', or in a checkout pip install -e '.[cli]'"
        raise UsageError(f"completion needs shtab: {how}")
    import shtab

    from blocks.chip import list_chips
    from transports.open import GROUP

    schemes = sorted({f"{point.name}:" for point in importlib.metadata.entry_points(group=GROUP)})
    completions = {
        FILE: _FILES,
        CHIP_NAME: _words("chips", list_chips(), files="*.toml"),
        TARGET_URL: _words("targets", schemes),
    }
    print(shtab.complete(build(importlib.metadata.version("firstlight"), completions), shell=arguments.shell))
    return 0


def _words(name: str, words: Sequence[str], files: str = "") -> Mapping[str, Any]:
    """Return what completes to one of these words, or a file that matches a pattern."""
    function, listed = f"_firstlight_{name}", " ".join(words)
    bash = [f'compgen -W "{listed}" -- "$1"', *([f"compgen -f -X '!{files}' -- \"$1\""] if files else [])]
    zsh = [f"compadd {listed}", *([f"_files -g '{files}'"] if files else [])]
    return {
        "bash": function,
        "zsh": function,
        "fish": listed,
        "preamble": {
            shell: "\n  ".join([f"{function}() {{", *lines]) + "\n}" for shell, lines in (("bash", bash), ("zsh", zsh))
        },
    }
