"""What the product makes of blocks that are not wholly well: pure, from the rules and what came of each block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from blocks.chip import Rule, Verdict

DEFAULT = Rule()


def of_block(rules: Mapping[str, Rule], block: str) -> Verdict:
    """Return what a block counts as that is up but lessened."""
    return rules.get(block, DEFAULT).degraded


def of_chip(rules: Mapping[str, Rule], failed: Iterable[str], lessened: Iterable[str]) -> Verdict:
    """Return what the chip counts as.

    Args:
        failed: the blocks that failed, or wait for one that did.
        lessened: the blocks that are up but lessened.
    """
    verdicts = {of_block(rules, block) for block in lessened}
    broken = [rules.get(block, DEFAULT) for block in failed]
    counts = Counter(rule.group for rule in broken)
    verdicts |= {Verdict.FAILED if counts[rule.group] > rule.at_most else rule.failed for rule in broken}
    return next((verdict for verdict in (Verdict.FAILED, Verdict.DEGRADED) if verdict in verdicts), Verdict.UP)
