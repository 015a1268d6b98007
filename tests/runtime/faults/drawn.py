"""Shards of trials that are drawn, with what they come to; and a campaign of them as a process that can be killed.

    python -m tests.runtime.faults.drawn RESULTS ENGINE JOBS SHARDS KILLED_AFTER

kills itself when so many shards are done (0: never), and prints what all came to as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from hashlib import pbkdf2_hmac
from pathlib import Path

from attrs import frozen

from runtime.faults.engines import engine_of
from runtime.faults.results import Results
from runtime.faults.scale import Progress, Scale
from runtime.faults.tally import FAILURES_MAX, Failed, Tally
from transports.faulty.kinds import Kind

TYPES = ("pll", "crg", "hbm", "noc")
TRIALS = 30  # of a shard
CAMPAIGN = "drawn trials, seed 7"
ROUNDS = 5_000  # of a digest, for each shard: some 2 ms, so that processes share them


@frozen
class Drawn:
    """A part of a campaign.

    Attributes:
        kills: a file; who runs this shard takes one byte off it and dies, while there is one.
    """

    part: int
    of: int
    seed: int = 7
    kills: str = ""

    @property
    def key(self) -> str:
        return f"drawn seed {self.seed} {self.part}/{self.of}"


def run(shard: Drawn) -> Tally:
    """Return a tally of drawn trials, many of which failed."""
    if shard.kills and (held := Path(shard.kills)).stat().st_size:
        os.truncate(held, held.stat().st_size - 1)
        os.kill(os.getpid(), signal.SIGKILL)
    pbkdf2_hmac("sha256", b"", b"", ROUNDS)
    draw = random.Random(shard.key)
    tally = Tally(accesses=400, possible={f"{name}.on" for name in TYPES} | {"never.taken"})
    for number in range(TRIALS):
        kind, name = str(draw.choice(list(Kind))), draw.choice(TYPES)
        block, replay = (
            f"{name}[{draw.randrange(4)}]",
            f"bring-up:{shard.seed}:{kind}@{shard.part * TRIALS + number + 1}",
        )
        tally.trials += 1
        tally.points += (points := draw.randrange(1, 9))
        tally.cell(kind, name).points += points
        if draw.random() < 0.2:
            tally.fail(Failed(replay, kind, block, name, "CTRL.on reads 0; expected 1", points))
        else:
            tally.took(kind, name, block, 10 ** draw.uniform(-7, -1), replay)
            tally.arms[f"{name}.on"] += 1
    tally.cpu_s = draw.random()
    return tally


def shards(number: int) -> list[Drawn]:
    """Return the shards of a campaign, whose failures are more than a tally tells of."""
    return [Drawn(part, number) for part in range(1, number + 1)]


def serially(which: list[Drawn]) -> Tally:
    """Return what the shards come to, one after the other, without anything of what runs shards."""
    whole = Tally()
    for shard in which:
        whole.add(run(shard))
    assert whole.failures > FAILURES_MAX or len(which) < 20
    return whole


def main(results: str, engine: str, jobs: str, number: str, killed_after: str) -> None:
    """Run a campaign, or a part of one."""

    def die(progress: Progress) -> None:
        if int(killed_after) and progress.done - progress.found >= int(killed_after):
            os.kill(os.getpid(), signal.SIGKILL)

    with Results(Path(results), CAMPAIGN) as kept:
        found = len(kept.done())
        tally = Scale(shards(int(number)), run, engine_of(engine, int(jobs)), kept, die).all()
    print(json.dumps({"found": found, "tally": tally.to_data()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
