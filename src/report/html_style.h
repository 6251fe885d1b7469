// How the HTML form of a report looks: on a screen, in the dark and on paper.
#pragma once

namespace ringfence::report {

// Every pair of a text and its ground has a contrast of at least 4.5
// (tests/report/look.py measures it).
inline constexpr char kStyle[] = R"css(
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f5f6f8; --text: #1b1f24; --quiet: #535c68;
  --line: #d5dae1; --accent: #1f4b7a;
  --good: #17613a; --good-ground: #e4f2ea;
  --bad: #a11226; --bad-ground: #fbe6e8;
  --warn: #7a4a00; --warn-ground: #fbf0da;
  --none: #4a5360; --none-ground: #eceff3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --raised: #1c2026; --text: #e4e7eb; --quiet: #a4adb9;
    --line: #343b45; --accent: #8fbcec;
    --good: #86d6a6; --good-ground: #16301f;
    --bad: #ff9ea8; --bad-ground: #3b171c;
    --warn: #f0c274; --warn-ground: #352710;
    --none: #b3bcc8; --none-ground: #272d35;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 16px/1.55 "Source Sans 3", "Noto Sans", "Helvetica Neue", Arial, sans-serif;
  font-feature-settings: "kern", "liga"; overflow-wrap: break-word;
}
.page { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1, h2, h3 { line-height: 1.2; font-weight: 650; text-wrap: balance; }
h1 { font-size: 2rem; margin: 0 0 .4rem; letter-spacing: -.015em; }
h2 { font-size: 1.4rem; margin: 3.2rem 0 .6rem; padding-top: 1rem; border-top: 2px solid var(--text); }
h3 { font-size: 1.12rem; margin: 2.2rem 0 .5rem; }
p { margin: .5rem 0; max-width: 44rem; }
a { color: var(--accent); text-underline-offset: .15em; }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
code, .mono { font: .86em/1.5 "Source Code Pro", "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.kicker { margin: 0 0 .6rem; font-size: .8rem; font-weight: 650; letter-spacing: .09em; text-transform: uppercase; color: var(--accent); }
.meta { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; margin: .8rem 0 0; padding: 0; color: var(--quiet); font-size: .92rem; }
.meta div { display: flex; gap: .4rem; } .meta dt::after { content: ":"; } .meta dd { margin: 0; color: var(--text); }
.verdict { margin: 2rem 0 1.2rem; padding: 1.1rem 1.3rem; border-left: 6px solid; border-radius: 2px; }
.verdict p { margin: 0; } .verdict .big { font-size: 1.25rem; font-weight: 650; line-height: 1.3; }
.verdict.holds { background: var(--good-ground); color: var(--good); }
.verdict.fails { background: var(--bad-ground); color: var(--bad); }
.verdict.undecided { background: var(--warn-ground); color: var(--warn); }
.claims { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0 2.5rem; }
.claims h2 { margin: 1rem 0 .5rem; padding: 0; border: 0; font-size: 1.12rem; }
.claims ul { list-style: none; margin: 0; padding: 0; }
.claims li { display: grid; grid-template-columns: 6.6rem 1fr; gap: .6rem; padding: .5rem 0; border-top: 1px solid var(--line); align-items: baseline; }
.state { display: inline-block; padding: .05rem .5rem; border-radius: 3px; font-size: .82rem; font-weight: 650; white-space: nowrap; justify-self: start; }
.s-good { background: var(--good-ground); color: var(--good); }
.s-bad { background: var(--bad-ground); color: var(--bad); }
.s-warn { background: var(--warn-ground); color: var(--warn); }
.s-none { background: var(--none-ground); color: var(--none); }
nav ol { columns: 14rem; column-gap: 2rem; margin: .4rem 0 0; padding-left: 1.3rem; }
nav li { padding: .1rem 0; break-inside: avoid; }
.scroll { overflow-x: auto; margin: .8rem 0 1.4rem; }
table { width: 100%; border-collapse: collapse; font-size: .93rem; line-height: 1.45; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 650; padding: 0 0 .5rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .9rem .5rem 0; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-size: .82rem; color: var(--quiet); font-weight: 650; border-bottom: 1.5px solid var(--text); white-space: nowrap; }
tbody th { font-weight: 600; }
@media (min-width: 40.01rem) {
  tbody th { min-width: 8.5rem; } .log tbody th { min-width: 0; }
  .log td:nth-child(2) { white-space: nowrap; }
  .log td:nth-child(4), .log td:last-child { min-width: 7rem; overflow-wrap: anywhere; }
}
.number { text-align: right; } th.number { text-align: right; }
.cells td, .cells thead th:not(:first-child) { text-align: center; }
td ul { margin: 0; padding: 0; list-style: none; } td li + li { margin-top: .35rem; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: .84em/1.5 "Source Code Pro", "DejaVu Sans Mono", Menlo, Consolas, monospace; }
dl.bounds { display: grid; grid-template-columns: minmax(8rem, 12rem) 1fr; gap: .35rem 1.2rem; margin: .6rem 0 1rem; }
dl.bounds dt { color: var(--quiet); } dl.bounds dd { margin: 0; }
.level { margin-top: 2.4rem; padding: .2rem 1.4rem 1rem; background: var(--raised); border-radius: 4px; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .88rem; }
@media (max-width: 40rem) {
  .page { padding: 1.4rem 1rem 3rem; }
  h1 { font-size: 1.6rem; } main > h2 { font-size: 1.25rem; }
  .level { margin-left: -1rem; margin-right: -1rem; padding: .2rem 1rem 1rem; border-radius: 0; }
  dl.bounds { grid-template-columns: 1fr; gap: 0; } dl.bounds dd { margin-bottom: .6rem; }
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack, .stack caption, .stack tbody, .stack tr, .stack th, .stack td { display: block; text-align: left; padding-right: 0; }
  .stack tr { padding: .7rem 0; border-bottom: 1px solid var(--line); }
  .stack th, .stack td { border: 0; padding: .1rem 0; }
  .stack td[data-label]::before { content: attr(data-label); display: block; color: var(--quiet); font-size: .8rem; }
}
@media print {
  :root {
    color-scheme: light; --ground: #fff; --raised: #fff; --text: #000; --quiet: #444;
    --line: #bbb; --accent: #000; --good: #0d4a2a; --bad: #8a0f20; --warn: #5c3800; --none: #333;
    --good-ground: #fff; --bad-ground: #fff; --warn-ground: #fff; --none-ground: #fff;
  }
  @page { size: A4; margin: 18mm 16mm; }
  body { font-size: 10pt; } .page { max-width: none; padding: 0; }
  nav { display: none; } a { text-decoration: none; }
  h2 { break-after: avoid; } h3, caption { break-after: avoid; }
  tr, .verdict, .claims li { break-inside: avoid; } thead { display: table-header-group; }
  .scroll { overflow: visible; } .level { padding: 0; } .state { border: 1px solid; padding: 0 .35rem; }
}
)css";

}  // namespace ringfence::report
