// HTML in a string -> how it looks, in a frame that may run and fetch nothing:
// sandboxed without scripts, under the page's own policy and a stricter one, and
// with everything taken out of it that would try.

import { el } from './dom';

interface Policy {
  createHTML(text: string): string;
}

// Where the browser knows Trusted Types, this is the one way to markup in the page.
const factory = (window as { trustedTypes?: { createPolicy(name: string, p: Policy): Policy } }).trustedTypes;
const policy: Policy = factory ? factory.createPolicy('preview', { createHTML: (text) => text }) : { createHTML: (text) => text };

/** isHTML: a text that has an element, and so something to look at. */
export const isHTML = (text: string): boolean => /<(!doctype|html|body|head|table|div|p|a|span|h[1-6]|ul|ol|img|br|section|article|b|i|strong|em)\b[^<>]*>/i.test(text);

const unwanted = 'script, iframe, frame, frameset, object, embed, link, meta, base, portal, template, audio, video, source, track';
const fetching = ['src', 'srcset', 'poster', 'background', 'data', 'action', 'formaction', 'ping', 'href', 'xlink:href'];

/** preview is the frame. */
export function preview(html: string, title: string): HTMLElement {
  // What is parsed here is inert: nothing in it runs or loads. Handlers and style sheets
  // have other names before, since browsers report to the console even so that the page
  // may not have them; <xmp> is read as <style> is.
  const quiet = html
    .replace(/<[^<>]*>/g, (tag) => tag.replace(/([\s/"'])on(?=[a-z]+\s*=)/gi, '$1data-on'))
    .replace(/<style\b/gi, '<xmp data-style ')
    .replace(/<\/style\b/gi, '</xmp');
  const parsed = new DOMParser().parseFromString(policy.createHTML(quiet), 'text/html');
  parsed.querySelectorAll(unwanted).forEach((e) => e.remove());
  const sheets = [...parsed.querySelectorAll('xmp[data-style]')].map((s) => {
    s.remove();
    return s.textContent ?? '';
  });
  styled(parsed, sheets.join('\n'));
  for (const e of parsed.querySelectorAll('*')) {
    for (const { name, value } of [...e.attributes]) {
      const local = /^\s*(data:image\/(png|jpeg|gif|webp);|#)/i.test(value);
      if (/^(data-)?on/i.test(name) || (fetching.includes(name.toLowerCase()) && !local)) e.removeAttribute(name);
      if (name === 'style' && /url\(|image|src\(|\\/i.test(value)) e.setAttribute('style', value.replace(/(?:url|image|image-set|cross-fade|src)\([^)]*\)|\\/gi, ''));
      if (e.localName === 'a' && name === 'href' && !local) e.setAttribute('title', value); // where it would lead
    }
  }
  const frame = el('iframe.preview', { sandbox: '', title, referrerpolicy: 'no-referrer' }) as HTMLIFrameElement;
  const csp = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`;
  frame.srcdoc = policy.createHTML(`<!doctype html><html><head>${csp}</head>${parsed.body.outerHTML}</html>`);
  return frame;
}

/** styled puts the rules of style sheets into the elements: the page's policy has no style sheets but its own. */
function styled(parsed: Document, text: string): void {
  if (text.trim() === '') return;
  const sheet = new CSSStyleSheet();
  try {
    sheet.replaceSync(text);
  } catch {
    return; // @import
  }
  for (const rule of sheet.cssRules) {
    if (!(rule instanceof CSSStyleRule)) continue;
    try {
      for (const e of parsed.querySelectorAll(rule.selectorText)) e.setAttribute('style', `${rule.style.cssText} ${e.getAttribute('style') ?? ''}`);
    } catch {
      // a selector of something that is not in a document
    }
  }
}
