// The editors: one for each weave, which the language server knows, and one for a file
// of data. In: names and texts of files; out: editors, and what was typed.

import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab, toggleComment } from '@codemirror/commands';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { lintGutter, lintKeymap } from '@codemirror/lint';
import { findReferencesKeymap, formatKeymap, hoverTooltips, jumpToDefinitionKeymap, LSPClient, LSPPlugin, renameKeymap, serverCompletion, signatureHelp, signatureKeymap, Workspace } from '@codemirror/lsp-client';
import { searchKeymap } from '@codemirror/search';
import { ChangeSet, EditorState, Extension, StateEffect, StateField, Text } from '@codemirror/state';
import { Decoration, DecorationSet, EditorView, highlightActiveLine, keymap, lineNumbers, ViewPlugin, ViewUpdate } from '@codemirror/view';

import { messages } from './actions';
import { Transport } from './engine';

/** uri is the address of a file as the language server has it. */
export const uri = (name: string): string => 'file:///' + name.split('/').map(encodeURIComponent).join('/');

type Markup = string | { kind?: string; language?: string; value: string };
declare const trustedTypes: { createPolicy(name: string, rules: { createHTML(text: string): string }): { createHTML(text: string): string } } | undefined;
const docs = typeof trustedTypes === 'undefined' ? { createHTML: (s: string) => s } : trustedTypes.createPolicy('docs', { createHTML: (s) => s });

/**
 * html is what the language server says of data and rules: text with `code`, **names** and
 * fences. Everything is escaped first, so that no value of a document becomes markup,
 * which the renderer of lsp-client would let through.
 */
export function html(said: Markup | Markup[]): string {
  const text = [said].flat().map((s) => (typeof s === 'string' ? s : s.value)).join('\n\n');
  const escaped = text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  return docs.createHTML(escaped.split(/^```\w*\n([\s\S]*?)\n?^```$/m).map((part, i) => (i % 2 ? `<pre>${part}</pre>`
    : part.split(/(`+)(.+?)\1/).map((s, j) => (j % 3 === 1 ? '' : j % 3 === 2 ? `<code>${s}</code>` : s.replace(/\*\*(.+?)\*\*/g, '<b>$1</b>').trim().replace(/\n/g, '<br>'))).join(' '))).join(''));
}
LSPPlugin.prototype.docToHTML = html;

/** The files that are open: all weaves, each in its editor. */
class Open extends Workspace {
  files: { uri: string; languageId: string; version: number; doc: Text; view: EditorView; getView(): EditorView }[] = [];
  constructor(client: LSPClient, readonly show: (uri: string) => EditorView | null) { super(client); }
  openFile(uri: string, languageId: string, view: EditorView): void {
    const file = { uri, languageId, version: 0, doc: view.state.doc, view, getView: () => view };
    this.files.push(file);
    this.client.didOpen(file);
  }
  closeFile(uri: string): void {
    this.files = this.files.filter((f) => f.uri !== uri);
    this.client.didClose(uri);
  }
  syncFiles(): { file: Open['files'][0]; prevDoc: Text; changes: ChangeSet }[] {
    return this.files.flatMap((file) => {
      const plugin = LSPPlugin.get(file.view);
      if (!plugin || plugin.unsyncedChanges.empty) return [];
      const update = { file, prevDoc: file.doc, changes: plugin.unsyncedChanges };
      file.doc = file.view.state.doc;
      file.version++;
      plugin.clear();
      return [update];
    });
  }
  override displayFile(uri: string): Promise<EditorView | null> { return Promise.resolve(this.show(uri)); }
}

/** connect begins the language server's side of a session. */
export async function connect(transport: Transport, show: (uri: string) => EditorView | null): Promise<LSPClient> {
  const client = new LSPClient({
    rootUri: 'file:///', timeout: 60_000, workspace: (c) => new Open(c, show), unhandledNotification: () => {},
    extensions: [serverCompletion(), hoverTooltips(), signatureHelp(), messages(), keymap.of([...signatureKeymap, ...formatKeymap, ...renameKeymap, ...jumpToDefinitionKeymap, ...findReferencesKeymap])],
  }).connect(transport);
  await client.initializing;
  return client;
}

const painted = StateEffect.define<DecorationSet>();
const colours = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (old, tr) => tr.effects.reduce((now, e) => (e.is(painted) ? e.value : now), old.map(tr.changes)),
  provide: (f) => EditorView.decorations.from(f),
});

/** words colours the words as the language server tells them apart: there is no other grammar here. */
const words = ViewPlugin.fromClass(class {
  timer = 0;
  constructor(readonly view: EditorView) { this.later(0); }
  update(u: ViewUpdate): void { if (u.docChanged) this.later(60); }
  destroy(): void { clearTimeout(this.timer); }
  later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => { this.paint().catch(() => {}); }, ms); // the session is gone: the page says so
  }
  async paint(): Promise<void> {
    const plugin = LSPPlugin.get(this.view);
    if (!plugin) return;
    const legend = plugin.client.serverCapabilities?.semanticTokensProvider?.legend.tokenTypes ?? [];
    plugin.client.sync();
    const doc = this.view.state.doc;
    const { data } = await plugin.client.request<unknown, { data: number[] }>('textDocument/semanticTokens/full', { textDocument: { uri: plugin.uri } });
    if (this.view.state.doc !== doc) return;
    const marks = [];
    for (let i = 0, line = 0, column = 0; i < data.length; i += 5) {
      const [down, right, length, kind] = data.slice(i, i + 4) as [number, number, number, number];
      if (down) column = 0;
      line += down;
      column += right;
      const from = doc.line(line + 1).from + column;
      if (length) marks.push(Decoration.mark({ class: 'w-' + legend[kind] }).range(from, from + length));
    }
    this.view.dispatch({ effects: painted.of(Decoration.set(marks, true)) });
  }
});

/** changed: a text, else where its cursor is. */
type Changed = (text: boolean) => void;

const common = (changed: Changed): Extension => [
  lineNumbers(), history(), bracketMatching(), closeBrackets(), highlightActiveLine(), indentUnit.of('  '), EditorState.tabSize.of(2),
  keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, { key: 'Mod-/', run: toggleComment }, indentWithTab]),
  EditorView.updateListener.of((u) => { if (u.docChanged || u.selectionSet) changed(u.docChanged); }),
];

/** weave is the editor of a weave. */
export function weave(client: LSPClient, name: string, text: string, changed: Changed): EditorView {
  return new EditorView({ doc: text, extensions: [common(changed), lintGutter(), colours, words, EditorState.languageData.of(() => [{ commentTokens: { line: '#', block: { open: '/*', close: '*/' } } }]),
    EditorView.contentAttributes.of({ 'aria-label': name }), client.plugin(uri(name), 'weave')] });
}

/** data is the editor of a file of data. */
export function data(name: string, text: string, changed: Changed): EditorView {
  return new EditorView({ doc: text, extensions: [common(changed), EditorView.lineWrapping, EditorView.contentAttributes.of({ 'aria-label': name })] });
}
