// The worker of the static page: loads the compiler, and gives each session a port.
// mongocd.bin is the WebAssembly with gzip, named so that no server decodes it on its way.

declare function importScripts(url: string): void;
declare const Go: new () => { importObject: WebAssembly.Imports; run(i: WebAssembly.Instance): Promise<void> };
declare const mongocdSession: (port: MessagePort) => void;

async function load(): Promise<void> {
  importScripts('wasm_exec.js');
  const packed = await fetch('mongocd.bin');
  if (!packed.ok || !packed.body) throw new Error(`mongocd.bin: ${packed.status} ${packed.statusText}`);
  const bytes = await new Response(packed.body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
  const go = new Go();
  const { instance } = await WebAssembly.instantiate(bytes, go.importObject);
  go.run(instance).then(() => postMessage('it has ended'), (e) => postMessage(String(e)));
}

const loaded = load();
loaded.catch((e) => postMessage(String(e)));
onmessage = (e: MessageEvent) => { loaded.then(() => mongocdSession(e.ports[0]!), () => {}); };
