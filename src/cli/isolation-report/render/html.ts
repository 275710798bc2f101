import { escapeHtml } from '../../../shared/escape-html.js';
import type {
  Block,
  Fact,
  Inline,
  ReportDocument,
  Section,
  TableBlock,
  Text,
} from '../document.js';
import { STYLE } from './html-style.js';
import { runs, visible } from './text.js';

/** Nothing runs and nothing is fetched, whatever stands in the database. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The report as one file that needs no other. */
export function renderHtml({ title, lead, facts, sections }: ReportDocument): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeText(title)}</h1>
${lead.map(renderBlock).join('\n')}
${factList(facts)}
</header>
<nav aria-labelledby="contents">
<h2 id="contents">Contents</h2>
<ol>
${sections.map(({ id, title }) => `<li><a href="#${id}">${escapeText(title)}</a></li>`).join('\n')}
</ol>
</nav>
<main>
${sections.map(renderSection).join('\n')}
</main>
</body>
</html>
`;
}

function renderSection({ id, title, blocks }: Section): string {
  const content = blocks.map(renderBlock).join('\n');
  return `<section aria-labelledby="${id}">\n<h2 id="${id}">${escapeText(title)}</h2>\n${content}\n</section>`;
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h3>${prose(block.text)}</h3>`;
    case 'paragraph':
      return `<p>${prose(block.text)}</p>`;
    case 'list':
      return `<ul>\n${block.items.map((item) => `<li>${prose(item)}</li>`).join('\n')}\n</ul>`;
    case 'facts':
      return factList(block.facts);
    case 'table':
      return renderTable(block);
    case 'code':
      return `<figure><figcaption>${escapeText(block.caption)}</figcaption><pre><code>${escapeText(block.text.trimEnd())}</code></pre></figure>`;
    case 'callout':
      return `<div class="callout ${block.tone}"><p class="callout-title">${escapeText(block.title)}</p><p>${prose(block.text)}</p></div>`;
  }
}

/** In a container that scrolls by itself, and that the keyboard can reach for that. */
function renderTable({ caption, columns, rows }: TableBlock): string {
  const head = columns.map((column) => `<th scope="col">${escapeText(column)}</th>`).join('');
  const body = rows.map(
    ([first = '', ...others]) =>
      `<tr><th scope="row">${prose(first)}</th>${others.map((cell) => `<td>${prose(cell)}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll" role="region" aria-label="${escapeText(caption)}" tabindex="0"><table>
<caption><span>${escapeText(caption)}</span></caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table></div>`;
}

function factList(facts: readonly Fact[]): string {
  const entries = facts.map(
    ([name, value]) => `<div><dt>${escapeText(name)}</dt><dd>${prose(value)}</dd></div>`,
  );
  return `<dl>\n${entries.join('\n')}\n</dl>`;
}

function prose(text: Text): string {
  return runs(text).map(renderInline).join('');
}

function renderInline(inline: Inline): string {
  if (typeof inline === 'string') return escapeText(inline);
  if ('code' in inline) return renderCode(inline.code);
  if ('strong' in inline) return `<strong>${escapeText(inline.strong)}</strong>`;
  if ('status' in inline) {
    return `<span class="status ${inline.status}">${escapeText(inline.text)}</span>`;
  }
  return `<a href="#${inline.link}">${escapeText(inline.text)}</a>`;
}

/** A short name stays in one line. */
function renderCode(text: string): string {
  const name = /^[\w.-]{1,32}$/.test(text) ? ' class="name"' : '';
  return `<code${name}>${escapeText(text)}</code>`;
}

function escapeText(text: string): string {
  return escapeHtml(visible(text));
}
