/** Light and dark by what the reader's system wants; no colour says anything that is not said in words or by a mark, too. */
export const style = `
:root { color-scheme: light dark; --page: #f6f7f8; --card: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --ref: #aab2bb; --now: #0b62c4; --then: #a8470a; --bad: #b3261e; --badpage: #fdecea; --warn: #8a5a00; --good: #1f7a43; --pass: #b9dcc5; --few: #d8dee4 }
@media (prefers-color-scheme: dark) { :root { --page: #0d1117; --card: #151b23; --ink: #e6edf3; --soft: #9aa4af; --line: #30363d; --ref: #565f69; --now: #6cb2ff; --then: #f0a35e; --bad: #ff8f86; --badpage: #2b1613; --warn: #e3b341; --good: #6fcf97; --pass: #2b5a3c; --few: #30363d } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 60px }
h1 { font-size: 26px; margin: 0 0 4px; overflow-wrap: anywhere } h1 small { font-weight: 400; color: var(--soft) }
h2 { font-size: 18px; margin: 34px 0 10px }
h3 { font-size: 15px; margin: 0 0 6px }
p { margin: 6px 0 }
code { font: 13px ui-monospace, "SF Mono", "DejaVu Sans Mono", Consolas, monospace; background: var(--page); padding: 1px 5px; border-radius: 4px; overflow-wrap: anywhere }
.soft { color: var(--soft) } .bad { color: var(--bad) } .good { color: var(--good) } .warn { color: var(--warn) }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; margin: 10px 0 }
.verdict { border-left: 5px solid var(--good); font-size: 17px } .verdict.fail { border-left-color: var(--bad); background: var(--badpage) } .verdict.quiet { border-left-color: var(--ref) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 12px 0 }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px } .tile b { display: block; font-size: 20px; font-weight: 600 } .tile span { color: var(--soft); font-size: 13px }
.incident { border-left: 5px solid var(--bad) } .incident.warning { border-left-color: var(--warn) } .incident.info { border-left-color: var(--ref) }
.incident ul { margin: 6px 0; padding-left: 20px }
svg { display: block; max-width: 100%; height: auto } svg text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Arial, sans-serif; fill: var(--soft) } svg .strong { fill: var(--ink) }
.ref { fill: var(--ref) } .now { fill: var(--now); fill-opacity: .22; stroke: var(--now); stroke-width: 1.6; vector-effect: non-scaling-stroke }
.bar { fill: var(--now) } .grid { stroke: var(--line); fill: none } .bound { stroke: var(--bad); stroke-dasharray: 6 4; fill: none } .refline { stroke: var(--ref); fill: none; stroke-width: 2 }
.real { stroke: var(--now); fill: none; stroke-width: 2 } .realband { fill: var(--now); fill-opacity: .16 } .realdot { fill: var(--now) } .prov { fill: var(--card); stroke: var(--now); stroke-width: 1.5 }
.est { stroke: var(--then); fill: none; stroke-width: 2; stroke-dasharray: 5 3 } .estband { fill: var(--then); fill-opacity: .14 } .estdot { fill: var(--then) }
.vf { fill: var(--bad) } .vp { fill: var(--pass) } .vi { fill: var(--few) } .ve { fill: var(--warn) }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); margin: 4px 0 } .key i { display: inline-block; width: 14px; height: 10px; border-radius: 2px; margin-right: 6px }
.columns { background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden }
.row { display: grid; grid-template-columns: 18px minmax(140px, 2.2fr) minmax(90px, 1.3fr) repeat(3, 74px) 110px 126px; gap: 0 12px; align-items: center; padding: 6px 14px; font-variant-numeric: tabular-nums }
.row.head { font-size: 12px; color: var(--soft); border-bottom: 1px solid var(--line) } .row .n { text-align: right } .row .name { font-weight: 600; overflow-wrap: anywhere } .row .name small { font-weight: 400; color: var(--soft) }
.column { border-top: 1px solid var(--line) } .head + .column { border-top: 0 } .column > summary { cursor: pointer; list-style: none } .column > summary::-webkit-details-marker { display: none } .column > summary:hover { background: var(--page) } .column[open] > summary { background: var(--page) }
.row svg { width: 100%; height: 30px } .row svg.marks { height: 14px }
.inside { display: grid; grid-template-columns: minmax(280px, 1fr) minmax(280px, 1fr); gap: 10px 26px; padding: 8px 16px 18px 44px }
.inside .wide { grid-column: 1 / -1 }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums } caption { text-align: left; color: var(--soft); padding-bottom: 4px } th, td { padding: 3px 8px 3px 0; border-bottom: 1px solid var(--line); text-align: left; font-weight: 400; overflow-wrap: anywhere } thead th { color: var(--soft); font-size: 12px } .n { text-align: right; white-space: nowrap } td, thead th { overflow-wrap: break-word }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0 } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
.card.wide { overflow-x: auto }
@media (max-width: 760px) { .card.wide > svg, .card.wide > table { min-width: 720px; max-width: none } .row { grid-template-columns: 18px 1fr 1fr } .row .wideonly { display: none } .inside { grid-template-columns: 1fr; padding-left: 16px } }
@media print { body { background: #fff } .card, .columns, .tile { break-inside: avoid } }
`;
