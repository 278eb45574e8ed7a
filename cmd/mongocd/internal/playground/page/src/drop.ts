// What is dropped or chosen: a folder or a zip archive. In: files of the browser; out:
// an opening. Names and sizes are judged where it is opened (opening.go); here only what
// would be too much to read.

import { Opening } from './engine';

const most = 64 << 20; // bytes, mostBytes of memory.go

/** taken: whether a workspace is read from a file, so that .git and node_modules are left out. */
const taken = (name: string): boolean => !/(^|\/)(\.git|node_modules)\//.test(name) && (name.endsWith('.weave') || /(^|\/)extracted\//.test(name));

const tooLarge = (): Error => new Error(`the workspace is larger than ${most >> 20} MB, the most that the playground takes: leave collections out, or use the command line`);

async function base64(f: Blob): Promise<string> {
  const bytes = new Uint8Array(await f.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

async function opening(files: { name: string; file: File }[]): Promise<Opening> {
  const chosen = files.filter((f) => taken(f.name));
  if (chosen.reduce((sum, f) => sum + f.file.size, 0) > most) throw tooLarge();
  if (chosen.length === 0) throw new Error('there is no workspace in it: no .weave file and no folder extracted/');
  return { files: await Promise.all(chosen.map(async (f) => ({ name: f.name, data: await base64(f.file) }))) };
}

/** folder is a folder that was chosen. */
export const folder = (list: FileList): Promise<Opening> => opening([...list].map((file) => ({ name: file.webkitRelativePath || file.name, file })));

/** zipOf is an archive. */
export async function zipOf(f: File): Promise<Opening> {
  if (f.size > most) throw tooLarge();
  return { zip: await base64(f) };
}

/** dropped is what was dropped: an archive, or folders and files. */
export async function dropped(what: DataTransfer): Promise<Opening> {
  const entries = [...what.items].map((i) => i.webkitGetAsEntry()); // gone after the first wait
  const single = what.files[0];
  if (what.files.length === 1 && single && !entries[0]?.isDirectory && /\.zip$/i.test(single.name)) return zipOf(single);
  const found: { name: string; file: File }[] = [];
  for (const e of entries) if (e) await walk(e, found);
  return opening(found);
}

async function walk(e: FileSystemEntry, found: { name: string; file: File }[]): Promise<void> {
  const name = e.fullPath.replace(/^\//, '');
  if (e.isFile) {
    if (taken(name)) found.push({ name, file: await new Promise<File>((done, failed) => (e as FileSystemFileEntry).file(done, failed)) });
    return;
  }
  if (/(^|\/)(\.git|node_modules)$/.test(name)) return;
  const reader = (e as FileSystemDirectoryEntry).createReader();
  for (;;) { // some entries at a time, until there are none
    const more = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (more.length === 0) return;
    for (const m of more) await walk(m, found);
  }
}
