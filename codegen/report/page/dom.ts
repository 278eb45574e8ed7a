// Elements. Data is only ever given to them as text: the page's policy refuses
// anything else (Trusted Types, Content-Security-Policy).

type Content = Node | string | undefined | false; // '' and false are nothing

/** make an element: `div.row.on` with attributes and what is in it. */
export function el(tag: string, attributes: Record<string, string | (() => void)> = {}, ...content: Content[]): HTMLElement {
  const [element, ...classes] = tag.split('.');
  const e = document.createElement(element || 'div');
  if (classes.length) e.className = classes.join(' ');
  for (const [k, v] of Object.entries(attributes)) typeof v === 'string' ? e.setAttribute(k, v) : e.addEventListener(k, v);
  for (const c of content) if (c) e.append(c);
  return e;
}

/** plural: "1 document", "2 documents". */
export const plural = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

/** by id: it is in the page, or the page is another one. */
export const byId = (id: string): HTMLElement => document.getElementById(id)!;
