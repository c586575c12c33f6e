# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a report looks: light and dark, on paper, and on a phone."""

from __future__ import annotations

# Colours of text have a contrast of at least 4.5 on what is behind them (tests/browser measures
# it), those of bars at least 3. What colours say, words and patterns say as well.
STYLE = """\
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --sheet: #ffffff; --ink: #1c2430; --soft: #56606e; --line: #d9dee5;
  --good: #1a7f4b; --bad: #c0262d; --open: #1f64b4; --calm: #6b7480; --wait: #9aa4b1;
  --good-tint: #e2f4ea; --bad-tint: #fdeaea; --open-tint: #e5f0fc; --calm-tint: #eceff3;
  --good-ink: #14613a; --bad-ink: #9c1c22; --open-ink: #174f90; --calm-ink: #4a525e;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --sheet: #1b212a; --ink: #e6eaf0; --soft: #a3adba; --line: #343d4a;
    --good: #3fae74; --bad: #ef6a6f; --open: #5b9fe8; --calm: #8b95a3; --wait: #66717f;
    --good-tint: #173527; --bad-tint: #43201f; --open-tint: #1a2f49; --calm-tint: #2a323d;
    --good-ink: #8adcb0; --bad-ink: #ffb1b3; --open-ink: #a6cdf9; --calm-ink: #c3cad4;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 3rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
main { max-width: 68rem; margin: 0 auto; }
h1 { font-size: clamp(1.5rem, 5vw, 2.125rem); line-height: 1.2; margin: 0 0 0.375rem; }
h2 { font-size: 1.1875rem; margin: 0 0 0.75rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0; }
header, section {
  background: var(--sheet); border: 1px solid var(--line); border-radius: 0.75rem;
  padding: clamp(0.875rem, 3vw, 1.5rem); margin-bottom: 1rem;
}
header { border-top: 0.375rem solid var(--tone); }
code { font: 0.875em/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
.soft { color: var(--soft); }
.good { --tone: var(--good); --tint: var(--good-tint); --toned: var(--good-ink); }
.bad { --tone: var(--bad); --tint: var(--bad-tint); --toned: var(--bad-ink); }
.open { --tone: var(--open); --tint: var(--open-tint); --toned: var(--open-ink); }
.calm { --tone: var(--calm); --tint: var(--calm-tint); --toned: var(--calm-ink); }

.figures { display: flex; flex-wrap: wrap; gap: 0.625rem; margin: 1.125rem 0 0; padding: 0; }
.figures > div {
  flex: 1 1 8.5rem; padding: 0.5rem 0.875rem; border-radius: 0.5rem; background: var(--tint);
  color: var(--toned);
}
.figures dt { font-size: 0.875rem; }
.figures dd { margin: 0; font-size: 1.25rem; font-weight: 650; line-height: 1.25; }
.remark { margin-top: 1rem; padding-left: 0.75rem; border-left: 0.1875rem solid var(--tone); }

.case { border-left: 0.25rem solid var(--tone); padding: 0.125rem 0 0.125rem 0.875rem; }
.case + .case { margin-top: 1.25rem; }
.case p { margin-top: 0.25rem; white-space: pre-line; }
.case .advice { color: var(--toned); font-weight: 600; }

.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0 0 1rem; padding: 0; }
.legend li { list-style: none; display: flex; align-items: center; gap: 0.5rem; }
.legend i { width: 1.75rem; height: 0.75rem; border-radius: 0.1875rem; }
.legend, .axis, .state { font-size: 0.875rem; }

.chart { position: relative; margin: 0; padding: 1.75rem 0 0; --name: 15rem; --state: 11.5rem; }
.axis { position: absolute; top: 0; bottom: 0; left: var(--name); right: var(--state); }
.axis span {
  position: absolute; top: 0; bottom: 0; border-left: 1px solid var(--line);
  padding-left: 0.3125rem; color: var(--soft); line-height: 1.25rem; white-space: nowrap;
}
.row {
  list-style: none; position: relative; display: grid; align-items: center; padding: 0.25rem 0;
  grid-template-columns: var(--name) 1fr var(--state);
}
.row .name { padding-right: 0.875rem; line-height: 1.3; }
.row .state { padding-left: 0.875rem; line-height: 1.3; color: var(--toned); }
.row small { display: block; font-size: 0.8125rem; color: var(--soft); }
.track { position: relative; height: 1.125rem; }
.bar { position: absolute; top: 0; bottom: 0; min-width: 0.25rem; border-radius: 0.1875rem; }
.bar, .legend i { background: var(--tone); }
.queue {
  background: repeating-linear-gradient(90deg, var(--wait) 0 2px, transparent 2px 6px) !important;
  border: 1px solid var(--wait);
}
.bad .bar, .legend i.bad {
  background: repeating-linear-gradient(45deg, var(--bad) 0 6px, var(--bad-ink) 6px 9px);
}
.open .bar, .legend i.open {
  background: linear-gradient(90deg, var(--open) 60%, var(--open-tint));
  border: 1px solid var(--open);
}

.facts { width: 100%; border-collapse: collapse; font-size: 0.9375rem; }
.facts th, .facts td {
  text-align: left; vertical-align: top; padding: 0.625rem 0.75rem 0.625rem 0;
}
.facts thead th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); }
.facts tbody tr { border-bottom: 1px solid var(--line); }
.facts tbody th { font-weight: 650; width: 27%; }
.facts .times { width: 16%; }
.facts .ids { width: 32%; }
.facts code { font-size: 0.8125rem; }
.facts small { display: block; color: var(--soft); font-size: 0.875rem; font-weight: 400; }
.facts ul {
  margin: 0.25rem 0 0; padding-left: 1.125rem; color: var(--soft); font-size: 0.875rem;
  font-weight: 400;
}
.pill {
  display: inline-block; padding: 0 0.5rem; border-radius: 1rem; font-size: 0.875rem;
  font-weight: 600; background: var(--tint); color: var(--toned); white-space: nowrap;
}
footer { color: var(--soft); font-size: 0.875rem; padding: 0 0.25rem; }
footer p + p { margin-top: 0.5rem; }

@media screen and (max-width: 46rem) {
  .chart { --name: 0rem; --state: 0rem; }
  .row { grid-template-columns: 1fr; padding: 0.4375rem 0; row-gap: 0.125rem; }
  .row .name, .row .state { padding: 0; background: var(--sheet); justify-self: start; }
  .row small { display: inline; }
  .row small::before { content: ", "; }
  .facts thead {
    position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden;
  }
  .facts, .facts tbody, .facts tr, .facts th, .facts td { display: block; width: auto !important; }
  .facts tbody tr { padding: 0.625rem 0; }
  .facts tbody th, .facts td { padding: 0.1875rem 0; }
  .facts td[data-of]::before { content: attr(data-of) " "; color: var(--soft); }
}
@media print {
  :root { color-scheme: light; }
  body { background: none; padding: 0; font-size: 10pt; }
  header, section { border: 0; padding: 0; margin-bottom: 14pt; }
  header { border-top: 0.375rem solid var(--tone); padding-top: 8pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .row, .case, .facts tr { break-inside: avoid; }
  h2 { break-after: avoid; }
}
"""
