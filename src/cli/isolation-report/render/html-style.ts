/** Colours have a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3); a status is told by its sign and word, too. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1c2330; --muted: #566072; --line: #d8dde6; --soft: #f4f6f9; --accent: #2b4fa3;
  --good: #17653a; --good-soft: #e9f5ee; --bad: #a3231f; --bad-soft: #fcecea; --open: #6b5312; --open-soft: #fbf4df;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14181f; --ink: #e4e8ef; --muted: #a2acbd; --line: #333b49; --soft: #1d232d; --accent: #9db8f5;
    --good: #7fd6a3; --good-soft: #14291d; --bad: #f59a94; --bad-soft: #331a19; --open: #e3c878; --open-soft: #2c2615;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 3rem 1.5rem 5rem; max-width: 68rem; background: var(--page); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: break-word;
}
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { margin: 0 0 1.25rem; font-size: 2.1rem; letter-spacing: -0.015em; }
h2 { margin: 3.5rem 0 1rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: 1.45rem; }
h3 { margin: 2.25rem 0 0.75rem; font-size: 1.1rem; overflow-wrap: anywhere; }
p, ul, figure { max-width: 46rem; }
p { margin: 0 0 1rem; }
ul { margin: 0 0 1rem; padding-left: 1.3rem; }
li { margin: 0.25rem 0; }
a { color: var(--accent); text-underline-offset: 0.15em; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { font-size: 0.88em; overflow-wrap: anywhere; }
dl { margin: 0 0 1.5rem; border-top: 1px solid var(--line); }
dl > div { display: grid; grid-template-columns: 13rem 1fr; gap: 0 1.5rem; padding: 0.4rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--muted); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
header dl { margin-top: 2rem; }
nav { margin-top: 2.5rem; padding: 1.25rem 1.5rem; background: var(--soft); border-radius: 0.5rem; }
nav h2 { margin: 0 0 0.5rem; padding: 0; border: 0; font-size: 1.05rem; }
nav ol { columns: 3 14rem; margin: 0; padding-left: 1.5rem; }
nav li { margin: 0; padding: 0.125rem 0; break-inside: avoid; }
.scroll { margin: 0 0 1.75rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 0.5rem; }
.scroll:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; font-size: 0.92rem; line-height: 1.45; }
caption { padding: 0.7rem 0.9rem; text-align: left; font-weight: 600; }
caption span { display: block; max-width: calc(100vw - 4rem); overflow-wrap: anywhere; }
th, td { padding: 0.5rem 0.9rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { background: var(--soft); color: var(--muted); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 400; min-width: 9rem; }
td { min-width: 5rem; }
td code, th code { overflow-wrap: break-word; }
.status { font-weight: 600; white-space: nowrap; }
.status::before { display: inline-block; width: 1.2em; }
.good.status { color: var(--good); } .good.status::before { content: "\\2713"; content: "\\2713" / ""; }
.bad.status { color: var(--bad); } .bad.status::before { content: "\\2717"; content: "\\2717" / ""; }
.open.status { color: var(--open); } .open.status::before { content: "\\2013"; content: "\\2013" / ""; }
.callout { margin: 0 0 1.5rem; padding: 1rem 1.25rem; border-left: 0.3rem solid; border-radius: 0.25rem; }
.callout p { margin: 0; color: var(--ink); }
.callout .callout-title { margin-bottom: 0.25rem; font-size: 1.15rem; font-weight: 650; color: inherit; }
.callout.good { color: var(--good); background: var(--good-soft); }
.callout.bad { color: var(--bad); background: var(--bad-soft); }
.callout.open { color: var(--open); background: var(--open-soft); }
figure { margin: 0 0 1.5rem; max-width: none; }
figcaption { margin-bottom: 0.35rem; color: var(--muted); font-size: 0.92rem; }
pre { margin: 0; padding: 0.9rem 1.1rem; background: var(--soft); border-radius: 0.5rem; font-size: 0.85rem; line-height: 1.55; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 2; }
pre code { font-size: inherit; }
@media screen and (min-width: 60rem) { td .name, th .name { white-space: nowrap; } }
@media (max-width: 40rem) {
  body { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.7rem; }
  dl > div { grid-template-columns: 1fr; }
}
@media print {
  @page { margin: 18mm 16mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  h1, h2, h3, h3 + p, figcaption, caption { break-after: avoid; }
  h2 { margin-top: 2rem; }
  tr, dl, li, figure, .callout { break-inside: avoid; }
  tbody tr:first-child { break-before: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; border-radius: 0; }
  caption span { max-width: none; }
  table { font-size: 8pt; }
  th, td { padding: 0.3rem 0.45rem; min-width: 0; }
  tbody th { min-width: 6rem; }
  td code, th code { overflow-wrap: anywhere; }
  td:has(code:not(.name)) { min-width: 10rem; }
  .name { white-space: nowrap; }
  pre { border: 1px solid var(--line); font-size: 7.5pt; }
  nav { break-after: page; }
  a { color: inherit; text-decoration: none; }
  * { print-color-adjust: exact; }
}
`;
