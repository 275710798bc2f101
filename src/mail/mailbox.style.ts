export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dee4, #373e47); --quiet: light-dark(#57606a, #9da7b3);
  --link: light-dark(#0550ae, #6cb6ff); --paper: light-dark(#fff, #1c2128); --ground: light-dark(#f6f8fa, #13171c); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 56rem; margin: 0 auto; padding: 1.5rem 1.25rem 0; }
main { padding-bottom: 3rem; }
h1 { margin: 0; font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 .5rem; font-size: 1rem; }
p { margin: .25rem 0 0; }
.quiet, time { color: var(--quiet); }
a { color: var(--link); overflow-wrap: anywhere; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
ol { margin: 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 8px;
  background: var(--paper); }
li { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; padding: .75rem 1rem; }
li + li { border-top: 1px solid var(--line); }
li a { font-weight: 600; }
li span { grid-column: 1 / -1; color: var(--quiet); overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1rem 0 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
pre, iframe { width: 100%; margin: 0; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); }
pre { padding: 1rem; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
iframe { height: 32rem; background: #fff; color-scheme: light; }
`;
