"""How the page of a campaign looks, beside what all pages have."""

from __future__ import annotations

STYLE = """
.badge.passed { background: var(--up) }
code.line { font: 12px/1.4 ui-monospace, monospace; user-select: all; cursor: copy;
  overflow-wrap: anywhere }
td code.line { white-space: nowrap }
.repeat { display: flex; flex-wrap: wrap; gap: 0 14px; margin-top: 4px; align-items: baseline }
.repeat span { min-width: 13em; color: var(--soft) } .fault summary { margin-top: 4px }
.matrix { width: auto; border-collapse: separate; border-spacing: 3px }
.matrix th { position: static; border: 0; padding: 2px 4px; font-size: 12px; font-weight: 600;
  vertical-align: bottom }
.matrix th[scope=row] { position: sticky; left: 0; z-index: 1; text-align: right; vertical-align: middle }
.matrix thead th { text-align: center }
.matrix td { padding: 0; border: 0; border-radius: 4px; min-width: 54px; height: 38px; vertical-align: middle;
  text-align: center;  --shade: 22%; background: color-mix(in srgb, var(--up) var(--shade), var(--paper)) }
.matrix td.s1 { --shade: 30% } .matrix td.s2 { --shade: 38% } .matrix td.s3 { --shade: 46% }
.matrix td.s4 { --shade: 54% }
.matrix td.bad { background: var(--failed); color: var(--paper) } .matrix td.none { background: var(--sheet) }
.matrix td a, .matrix td > span { display: flex; flex-direction: column; justify-content: center; min-height: 38px;
  padding: 2px 6px; color: inherit; text-decoration: none }
.matrix td a:hover, .matrix td a:focus { outline: 2px solid var(--ink); border-radius: 4px }
.matrix td b { white-space: nowrap; font-weight: 600;
  font-variant-numeric: tabular-nums }
.matrix td small { font-size: 11px; line-height: 1.2; white-space: nowrap }
.matrix td:not([class*=" s"]):not(.bad):not(.none) { --shade: 12% }
.times td { vertical-align: middle }
.times td.bad { color: var(--failed); font-weight: 600 }
.scroll svg.histogram { min-width: 720px } .scroll td svg.histogram { min-width: 0 }
.times svg { display: block } .slowest { width: auto } h3.apart { margin: 16px 0 4px }
.arms { display: flex; flex-wrap: wrap; gap: 10px; align-items: flex-start }
.arms ul { list-style: none; margin: 0; padding: 0 } .arms .map { min-width: 150px }
.arms li { display: flex; justify-content: space-between; align-items: baseline; gap: 16px; padding: 1px 6px;
  margin: 1px 0; border: 1px solid transparent; border-radius: 4px }
.arms li small { color: var(--soft); font-variant-numeric: tabular-nums }
.arms li.unreached { border: 1px dashed var(--failed); color: var(--failed) }
.arms li.unreached small { color: inherit }
"""
