"""The frame of a page: one HTML file that needs nothing else and asks nobody.

No network, no fonts, no frameworks. Light and dark as the viewer's system is. It is well-formed XML too, so that
programs can read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runtime.views.markup import text
from runtime.views.page_script import SCRIPT
from runtime.views.page_style import STYLE

NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def document(title: str, parts: Iterable[str], *, style: str = "", script: str = SCRIPT) -> str:
    """Return a page of these parts.

    Args:
        style: of this kind of page alone, beside that of all.
        script: wants the table of blocks among the parts; empty: none.
    """
    does = f"<script>//<![CDATA[\n{script}//]]></script>" if script else ""
    return "".join((
        '<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>',
        f'<meta http-equiv="Content-Security-Policy" content="{text(NOTHING_ELSE)}"/>',
        '<meta name="viewport" content="width=device-width, initial-scale=1"/><link rel="icon" href="data:,"/>',
        f"<title>{text(title)}</title><style>{STYLE}{style}</style></head><body>",
        *parts,
        f"{does}</body></html>\n",
    ))  # fmt: skip


def heading(name: str, verdict: str, said: str) -> Iterator[str]:
    """Say what it is of, and what it comes to."""
    yield f'<header><h1>{text(name)} <span class="badge {verdict}">{text(verdict)}</span></h1>'
    yield f'<div class="soft">{text(said)}</div></header>'


def numbers(said: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Show numbers: of each what it counts, itself, and more of it in small letters."""
    yield '<dl class="numbers">'
    for name, number, more in said:
        yield f"<div><dt>{text(name)}</dt><dd>{text(number)} <small>{text(more)}</small></dd></div>"
    yield "</dl>"


def plain_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Return a table of texts."""
    heads = "".join(f"<th>{text(name)}</th>" for name in head)
    yield f'<div class="scroll"><table class="plain"><thead><tr>{heads}</tr></thead><tbody>'
    for row in rows:
        yield f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in row)}</tr>"
    yield "</tbody></table></div>"
