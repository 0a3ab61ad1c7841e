export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --text: #1f2328; --faint: #59636e; --page: #ffffff; --panel: #f6f8fa; --line: #d1d9e0;
  --good: #1a7f37; --bad: #c21f2c; --S: #0b5cad; --D: #b3470b; --I: #00765a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6edf3; --faint: #9aa4af; --page: #0d1117; --panel: #161b22; --line: #3d444d;
    --good: #4ac26b; --bad: #ff7b72; --S: #79b8ff; --D: #ffa657; --I: #56d4ae;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { border: 1px solid var(--line); padding: .25rem .6rem; text-align: start; vertical-align: top; }
td { overflow-wrap: anywhere; min-width: 2.5rem; }
td code { overflow-wrap: break-word; }
th { background: var(--panel); white-space: nowrap; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid var(--S); outline-offset: 2px; }
th[aria-sort=ascending] button::after { content: " ▲"; }
th[aria-sort=descending] button::after { content: " ▼"; }
.number { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
code, .alignment { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: var(--panel); padding: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; display: block; margin: 0 0 1rem; }
audio { display: block; height: 2rem; margin: .4rem 0; }
input[type=search] { font: inherit; width: 100%; max-width: 30rem; padding: .3rem .6rem; margin-bottom: .5rem; }
.faint { color: var(--faint); }
.failed { color: var(--bad); font-weight: 600; }
.alignment { display: flex; flex-wrap: wrap; gap: .5rem .6rem; background: var(--panel); padding: .75rem; }
.step { display: flex; flex-direction: column; max-width: 100%; overflow-wrap: anywhere; }
.step span { min-height: 1.5em; }
.step b { min-height: 1.5em; font-size: .8em; }
.S { color: var(--S); font-weight: 600; }
.D { color: var(--D); font-weight: 600; }
.I { color: var(--I); font-weight: 600; }
.D span:first-child { text-decoration: line-through; }
.I span:nth-child(2) { text-decoration: underline; }
[hidden] { display: none; }
@media print {
  main { max-width: none; padding: 0; }
  audio, input, output { display: none; }
  .scroll { overflow: visible; }
  tr, .utterance, img { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  thead { display: table-header-group; }
  .alignment, pre, th { print-color-adjust: exact; }
}
`
