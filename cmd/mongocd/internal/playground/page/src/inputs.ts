// The values of `input` declarations. In: the declarations and what the address says; out:
// a field for each, and what was given.

import { el } from '../../../../../../codegen/report/page/dom';

export interface Input { name: string; value: string; given: boolean; declared: string }
export type Inputs = Record<string, string>;

/** fragment is what stands behind # in an address: `example=saas&input.rollout=20`. */
export function fragment(hash: string): { what: string; of: string; inputs: Inputs } {
  const inputs: Inputs = {};
  let what = '';
  let of = '';
  for (const part of hash.replace(/^#/, '').split('&')) {
    const [name = '', value = ''] = part.split(/=(.*)/s);
    if (name.startsWith('input.')) inputs[decode(name.slice('input.'.length))] = decode(value);
    else if (what === '') [what, of] = [name, value];
  }
  return { what, of, inputs };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text; // no encoding that was meant
  }
}

/** fields are one for each declaration; given is called with all that have a value. */
export function fields(into: HTMLElement, list: Input[], given: (inputs: Inputs) => void): void {
  const shape = JSON.stringify(list.map((i) => [i.name, i.declared]));
  if (into.dataset.shape === shape) return; // somebody may be typing there
  into.dataset.shape = shape;
  const values = (): Inputs => Object.fromEntries([...into.querySelectorAll('input')].filter((i) => i.value !== '').map((i) => [i.name, i.value]));
  into.hidden = list.length === 0;
  into.replaceChildren(...list.map((i) => el('label', { title: i.declared || 'no weave declares it' }, i.name + ' ',
    el('input', { type: 'text', name: i.name, value: i.value, placeholder: i.declared.replace(/^[^:]*:\s*/, ''), change: () => given(values()) }))));
}
