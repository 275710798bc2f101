import { describe, expect, it } from '@jest/globals';
import { mailOf, nameInMail, tokenLink } from './letter.js';

describe('a letter', () => {
  it('says the same as text and as HTML', () => {
    const mail = mailOf({
      to: 'ada@example.com',
      subject: 'Hello',
      paragraphs: ['First.', 'Second.'],
      link: { label: 'Go on', url: 'https://app.example.com/x#token=a' },
      closing: ['Bye.'],
    });
    expect(mail).toEqual({
      to: 'ada@example.com',
      subject: 'Hello',
      text: 'First.\n\nSecond.\n\nhttps://app.example.com/x#token=a\n\nBye.\n',
      html: '<p>First.</p>\n<p>Second.</p>\n<p><a href="https://app.example.com/x#token=a">Go on</a></p>\n<p>Bye.</p>',
    });
  });

  it('has no HTML but its own', () => {
    const evil = `<img src=x onerror="alert('1')"> & <a href=x>`;
    const { html, text } = mailOf({ to: 'a@b.example', subject: 's', paragraphs: [evil] });
    expect(html).toBe(
      '<p>&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; &lt;a href=x&gt;</p>',
    );
    expect(text).toContain(evil);
  });
});

describe('a link', () => {
  it('has the token where browsers keep it to themselves', () => {
    const url = new URL(tokenLink('https://app.example.com/base', 'verify-email', 'rhv_abc'));
    expect([url.pathname, url.search, url.hash]).toEqual([
      '/base/verify-email',
      '',
      '#token=rhv_abc',
    ]);
  });
});

describe('a name in a mail', () => {
  it.each([
    ['Ada Lovelace', 'Ada Lovelace'],
    ['Acme & Sons <Ltd>', 'Acme & Sons <Ltd>'],
    ['Zoë Ångström 李', 'Zoë Ångström 李'],
    ['J. R. Smith Jr.', 'J. R. Smith Jr.'],
    ['https://evil.example/login', 'https: evil. example/login'],
    ['www.evil.example', 'www. evil. example'],
    ['http:\\\\evil.example', 'http: evil. example'],
    ['ada@evil.example', 'ada@evil. example'],
    ['evil。example', 'evil。 example'],
    ['evil．example', 'evil. example'],
    ['ev\u200bil\u2060.\u200bexample', 'evil. example'],
    ['Ada\r\nBcc: all@example.com', 'Ada Bcc: all@example. com'],
    ['\u202eelpmaxe.live', 'elpmaxe. live'],
    ['a\u2028b\u0085c\td', 'a b c d'],
  ])('%j is written %j', (name, written) => {
    expect(nameInMail(name)).toBe(written);
  });

  it('is cut where it is long', () => {
    expect(nameInMail('😀'.repeat(120))).toBe(`${'😀'.repeat(59)}…`);
  });
});
