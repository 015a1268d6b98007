"""The blocks of a chip as HTML: a key to their states, and a table that the page's script filters and sorts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from runtime.summary import IN_SERVICE, State
from runtime.views.markup import text
from runtime.views.standing import STATES, Standing
from runtime.words import duration

COLUMNS = ("block", "type", "state", "rung", "began", "up after", "why")
TIMES = ("began", "up after")  # left out where none is known


def key(blocks: Mapping[str, Standing]) -> Iterator[str]:
    """Say how many blocks are in which state."""
    states = Counter(block.state for block in blocks.values())
    up = sum(states[state] for state in IN_SERVICE)  # degraded ones are up, too, with a tile of their own
    said = {state: f"{number} {state}" for state, number in states.items()}
    said |= {State.UP: f"{up} up", State.DEGRADED: f"{states[State.DEGRADED]} of them degraded"}
    yield '<div class="key">'
    for state in dict.fromkeys((*STATES, *states)):
        if states[state]:
            yield f'<span><span class="tile {state.replace(" ", "-")}"></span>{text(said[state])}</span>'
    yield "<span>point at a tile for its block; click it for its row below</span></div>"


def block_table(blocks: Mapping[str, Standing]) -> Iterator[str]:
    """List all blocks; the script makes the list sortable and shows the tools."""
    found = {block.state for block in blocks.values()}
    there = [state for state in STATES if state in found] + sorted(found - {*STATES})
    timed = any(block.began_s is not None or block.up_s is not None for block in blocks.values())
    yield '<div class="tools" id="tools" hidden=""><input id="words" type="search"'
    yield ' placeholder="words, like pcie failed" aria-label="filter by words"/>'
    yield '<select id="state" aria-label="filter by state"><option value="">every state</option>'
    yield from (f'<option value="{text(state)}">{text(state)}</option>' for state in there)
    yield '</select><span id="shown" class="soft" aria-live="polite"></span></div><div class="scroll">'
    yield '<table id="blocks"><thead><tr>'
    yield from (
        f'<th scope="col"><button type="button">{text(name)}</button></th>'
        for name in COLUMNS
        if timed or name not in TIMES
    )
    yield "</tr></thead><tbody>"
    for number, block in enumerate(blocks.values()):
        yield from _row(number, block, timed=timed)
    yield "</tbody></table></div>"


def _row(number: int, block: Standing, *, timed: bool) -> Iterator[str]:
    yield f'<tr id="b{number}" data-state="{text(block.state)}"><td class="name" data-key="{number}">'
    yield f"{text(block.block)}</td><td>{text(block.type)}</td>"
    yield f'<td class="state"><span class="tile {block.state.replace(" ", "-")}"></span>{text(block.state)}</td>'
    yield f"<td>{text(block.rung)}</td>"
    for time_s in (block.began_s, block.up_s) if timed else ():
        said = "" if time_s is None else duration(time_s)
        yield f'<td class="time" data-key="{-1 if time_s is None else time_s:.9f}">{said}</td>'
    yield f"<td>{text(block.reason)}</td></tr>"
