"""How the page looks: light and dark, without anything from elsewhere."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --sheet: #f4f5f7; --ink: #1b1f24; --soft: #616975; --line: #dcdfe4;
  --up: #3f9d5a; --degraded: #d4a72c; --failed: #d1242f; --waiting: #aab2bd; --stopped: #6b4ba1; --unasked: #e4e7eb;
  --path: #b3125a; --link: #1f5fa8; --climb: #2f6fb7; --block: #1b7f79; --cluster: #a06a1c; --chip: #6a4fb3; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --sheet: #1c2026; --ink: #e6e8eb; --soft: #9aa3ad;
  --line: #31373f; --up: #2f8a4b; --degraded: #e0b84a; --failed: #f0616d; --waiting: #58616c; --stopped: #9b7fd1;
  --unasked: #262b32; --path: #ff6fae; --link: #7db4ef; --climb: #6fa8e8; --block: #4fc0b3; --cluster: #d9a866;
  --chip: #b294e0; } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1360px; padding: 20px 24px 60px; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0; display: flex; gap: 14px; align-items: center; flex-wrap: wrap }
h2 { font-size: 17px; margin: 34px 0 10px }
h3 { font-size: 13px; margin: 0 0 6px; font-weight: 600 }
h4 { font-size: 9.5px; letter-spacing: -0.2px; margin: 0 0 2px; font-weight: 400; color: var(--soft);
  white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; line-height: 13px }
a { color: var(--link) }
.soft { color: var(--soft) }
.badge { font-size: 14px; padding: 2px 12px; border-radius: 12px; color: #fff; background: var(--up) }
.badge.degraded { background: var(--degraded); color: #1b1f24 } .badge.failed { background: var(--failed) }
.numbers { display: flex; flex-wrap: wrap; gap: 8px; margin: 16px 0 0; padding: 0 }
.numbers div { background: var(--sheet); border-radius: 8px; padding: 8px 12px; min-width: 84px }
.numbers dt { color: var(--soft); font-size: 12px } .numbers dd { margin: 0; font-size: 17px; font-weight: 600 }
.numbers dd small { font-size: 12px; font-weight: 400; color: var(--soft) }
.key { display: flex; flex-wrap: wrap; gap: 6px 18px; margin: 0 0 10px; color: var(--soft) }
.key .tile { display: inline-block; width: 13px; height: 13px; min-height: 0; margin-right: 6px;
  text-align: center; vertical-align: -2px; overflow: hidden; line-height: 13px }
.map { border: 1px solid var(--line); border-radius: 8px; padding: 10px; background: var(--sheet); min-width: 0 }
.map .map { background: var(--paper) }
.plan { display: grid; gap: 5px } .flow { display: flex; flex-wrap: wrap; gap: 12px; align-items: flex-start }
.maps { display: flex; flex-wrap: wrap; gap: 12px; min-width: 0 } .maps > .map { flex: 1 1 560px }
.area { border: 1px solid var(--line); border-radius: 4px; padding: 2px 3px 4px; min-width: 0; display: flex;
  flex-direction: column }
.flow .area { min-width: 76px } .flow .area .tile { min-width: 16px }
.tiles { display: grid; gap: 3px; grid-auto-rows: minmax(13px, 1fr); flex: 1 }
.tile { display: flex; align-items: center; justify-content: center; min-height: 13px; border-radius: 2px;
  background: var(--unasked); color: #fff; font: 700 10px/1 system-ui, sans-serif; text-decoration: none }
.tile.up { background: var(--up) } .tile.degraded { background: var(--degraded); color: #1b1f24 }
.tile.failed { background: var(--failed) }
.tile.waiting, .tile.climbing, .tile.down, .tile.rested { background: var(--waiting) }
.tile.stopped { background: var(--stopped) }
.tile.degraded::after { content: "~" } .tile.failed::after { content: "\\00d7" } .tile.waiting::after { content: "..." }
.tile.stopped::after { content: "?" } .tile.rested::after { content: "_" }
.tile:hover, .tile:focus { outline: 2px solid var(--ink); outline-offset: 1px }
.scroll { overflow-x: auto } .scroll svg { display: block; max-width: 100%; height: auto }
.path { color: var(--path) }
.fault { border-left: 3px solid var(--failed); background: var(--sheet); border-radius: 0 6px 6px 0;
  padding: 8px 14px; margin: 0 0 12px }
.plain th { padding: 3px 8px }
.fault dl { display: grid; grid-template-columns: max-content 1fr; gap: 1px 14px; margin: 6px 0 }
.fault dt { color: var(--soft) } .fault dd { margin: 0; overflow-wrap: anywhere }
pre { margin: 6px 0 0; overflow-x: auto; font: 12px/1.4 ui-monospace, monospace }
.tools { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; margin-bottom: 8px }
input, select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line);
  border-radius: 6px; padding: 4px 8px }
input { width: 22em; max-width: 100% }
table { border-collapse: collapse; width: 100% }
th { text-align: left; border-bottom: 1px solid var(--line); padding: 0; white-space: nowrap; position: sticky; top: 0;
  background: var(--paper) }
th button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: 5px 8px;
  cursor: pointer }
th[aria-sort=ascending] button::after { content: " \\2191" }
th[aria-sort=descending] button::after { content: " \\2193" }
td { padding: 3px 8px; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
td.name, td.time { white-space: nowrap } td.time { text-align: right; font-variant-numeric: tabular-nums }
td.state span { display: inline-block; width: 10px; height: 10px; min-height: 0; margin-right: 6px }
td.state span.tile::after { content: none }
.level { border-radius: 2px; background: var(--climb) } .level.block { background: var(--block) }
.level.cluster { background: var(--cluster) } .level.chip { background: var(--chip) }
.level.down { background: var(--failed) }
.incidents { margin-bottom: 18px } th.time { text-align: right }
.incident-table td { white-space: nowrap } .incident-table td:nth-child(3) { white-space: normal; width: 36%;
  min-width: 16em }
.incident-table tr[id] td { border-bottom: 0; padding-bottom: 0 } .incident-table tr.more td { padding-top: 0 }
.incident-table details pre { white-space: pre-wrap } summary { color: var(--soft); cursor: pointer }
tr:target td { background: var(--sheet); box-shadow: inset 0 2px var(--path), inset 0 -2px var(--path) }
[hidden] { display: none }
@media print { .tools { display: none } th { position: static } }
"""
