// What answers the page: the program that served it, over a WebSocket, or the same
// compiled to WebAssembly, in a worker. Both carry the same messages: an opening, its
// answer, then the Language Server Protocol. In: what to open; out: a session.

/** The first message: one of its fields (opening.go). */
export interface Opening {
  example?: string;
  here?: boolean;
  files?: { name: string; data: string }[];
  zip?: string;
  link?: string;
  inputs?: Record<string, string>;
}

export interface Opened {
  error?: string;
  files?: string[];
  examples: string[];
  here: boolean;
}

/** What @codemirror/lsp-client sends and receives messages with. */
export interface Transport {
  send(message: string): void;
  subscribe(handler: (message: string) => void): void;
  unsubscribe(handler: (message: string) => void): void;
}

export interface Session {
  opened: Opened;
  transport: Transport;
  close(): void;
}

/** Wire is a way for messages; lost is called when the other side is gone. */
interface Wire {
  send(message: string): void;
  close(): void;
  receive(message: (text: string) => void, lost: () => void): void;
}

const said = document.querySelector('meta[name=engine]')!.getAttribute('content')!;

/** served: a program answers. here: it was started in a workspace. */
export const served = said !== 'wasm';
export const here = said === 'here';

function socket(): Promise<Wire> {
  const address = new URL('session', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.hash = '';
  const s = new WebSocket(address);
  return new Promise((done, failed) => {
    s.onerror = () => failed(new Error('`mongocd playground` does not answer: it was stopped; start it again, and open the address that it prints'));
    s.onopen = () => done({
      send: (m) => s.send(m),
      close: () => s.close(),
      receive: (message, lost) => { s.onmessage = (e) => message(String(e.data)); s.onclose = lost; },
    });
  });
}

declare const trustedTypes: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } } | undefined;

let worker: Worker | undefined;

/** start begins to load the compiler. */
export function start(): void {
  if (served || worker) return;
  const url = 'worker.js';
  worker = new Worker(typeof trustedTypes === 'undefined' ? url : trustedTypes.createPolicy('worker', { createScriptURL: (u) => u }).createScriptURL(url));
}

function port(): Promise<Wire> {
  start();
  const { port1, port2 } = new MessageChannel();
  return new Promise((done, failed) => {
    worker!.onerror = (e) => failed(new Error('the compiler cannot be loaded: ' + e.message));
    worker!.onmessage = (e) => failed(new Error('the compiler cannot be loaded: ' + String(e.data)));
    worker!.postMessage('open', [port2]);
    done({
      send: (m) => port1.postMessage(m),
      close: () => { port1.postMessage(null); port1.close(); },
      receive: (message, lost) => {
        port1.onmessage = (e) => message(String(e.data));
        worker!.onerror = worker!.onmessage = lost; // it says something only when it failed
      },
    });
  });
}

/** open begins a session; an error says why there is none. */
export async function open(what: Opening, lost: () => void): Promise<Session> {
  const wire = await (served ? socket() : port());
  const handlers = new Set<(message: string) => void>();
  let gone = false; // what an editor asks when its session has ended is for nobody
  let first: ((text: string) => void) | undefined;
  const answer = new Promise<string>((done, failed) => {
    first = done;
    wire.receive((text) => {
      if (first) {
        first(text);
        first = undefined;
        return;
      }
      for (const h of handlers) h(text);
    }, () => {
      gone = true;
      first ? failed(new Error('the compiler went away before it answered')) : lost();
    });
  });
  wire.send(JSON.stringify(what));
  const opened = JSON.parse(await answer) as Opened;
  if (opened.error) {
    lost = () => {};
    wire.close();
    throw new Error(opened.error);
  }
  return {
    opened,
    transport: { send: (m) => { if (!gone) wire.send(m); }, subscribe: (h) => { handlers.add(h); }, unsubscribe: (h) => { handlers.delete(h); } },
    close: () => {
      gone = true;
      lost = () => {};
      wire.close();
    },
  };
}

/** reason is what went wrong, in words: errors of the session are objects with a message, and no Error. */
export const reason = (e: unknown): string => (typeof e === 'object' && e !== null && 'message' in e ? String(e.message) : String(e));
