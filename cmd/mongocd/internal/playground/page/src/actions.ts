// Messages in the editor, each with the edits that remove it, and what an expression gives.
// In: diagnostics and code actions of the language server; out: marks with buttons, and
// edits of the files that they are about.

import { Action, Diagnostic, setDiagnostics } from '@codemirror/lint';
import { LSPClient, LSPClientExtension, LSPPlugin, serverDiagnostics } from '@codemirror/lsp-client';
import { EditorView } from '@codemirror/view';

interface Position { line: number; character: number }
interface Range { start: Position; end: Position }
interface Said { range: Range; severity?: number; code?: string; message: string }
interface Edits { documentChanges?: { textDocument: { uri: string }; edits: { range: Range; newText: string }[] }[] }
interface CodeAction { title: string; kind?: string; diagnostics?: Said[]; edit?: Edits; command?: { command: string; arguments: object[] } }

const same = (a: Said, b: Said): boolean => a.message === b.message && JSON.stringify(a.range) === JSON.stringify(b.range);

/** make makes the edits of an action, in every file that is open. */
function make(client: LSPClient, edit: Edits): void {
  for (const { textDocument, edits } of edit.documentChanges ?? []) {
    const view = client.workspace.getFile(textDocument.uri)?.getView();
    const plugin = view && LSPPlugin.get(view);
    if (!view || !plugin || !plugin.unsyncedChanges.empty) continue; // typed meanwhile: the message comes anew
    view.dispatch({ changes: edits.map((e) => ({ from: plugin.fromPosition(e.range.start, plugin.syncedDoc), to: plugin.fromPosition(e.range.end, plugin.syncedDoc), insert: e.newText })), userEvent: 'input.complete', scrollIntoView: true });
  }
}

/** messages are those of the language server; its edits follow when they are known. */
export function messages(): LSPClientExtension {
  const shown = new WeakMap<EditorView, number>();
  let count = 0;
  const show = (client: LSPClient, uri: string, version: number | undefined, said: Said[], actions: CodeAction[], turn?: number): boolean => {
    const file = client.workspace.getFile(uri);
    const view = file?.getView();
    const plugin = view && LSPPlugin.get(view);
    if (!file || !view || !plugin || (version !== undefined && version !== file.version) || (turn !== undefined && shown.get(view) !== turn)) return false;
    const at = (p: Position): number => plugin.unsyncedChanges.mapPos(plugin.fromPosition(p, plugin.syncedDoc));
    view.dispatch(setDiagnostics(view.state, said.map((d): Diagnostic => ({
      from: at(d.range.start), to: at(d.range.end), severity: d.severity === 1 ? 'error' : d.severity === 2 ? 'warning' : 'hint', message: d.message,
      actions: actions.filter((a) => a.edit && a.diagnostics?.some((o) => same(o, d))).map((a): Action => ({ name: a.title, apply: () => make(client, a.edit!) })),
    }))));
    if (turn !== undefined || said.length === 0) return true;
    shown.set(view, ++count);
    const mine = count;
    const end = plugin.toPosition(plugin.syncedDoc.length, plugin.syncedDoc);
    client.request<unknown, CodeAction[]>('textDocument/codeAction', { textDocument: { uri }, range: { start: { line: 0, character: 0 }, end }, context: { diagnostics: said, only: ['quickfix'] } })
      .then((offered) => { show(client, uri, version, said, offered ?? [], mine); }, () => {}); // the session is gone: the page says so
    return true;
  };
  return {
    ...serverDiagnostics(),
    clientCapabilities: { textDocument: { publishDiagnostics: { versionSupport: true }, codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix'] } } } }, workspace: { workspaceEdit: { documentChanges: true } } },
    notificationHandlers: {
      'textDocument/publishDiagnostics': (client, params: { uri: string; version?: number; diagnostics: Said[] }) => show(client, params.uri, params.version, params.diagnostics, []),
    },
  };
}

/** valueAt is what the expression at the cursor, or that is chosen, gives in an environment. */
export async function valueAt(client: LSPClient, view: EditorView, environment: string): Promise<{ title: string; text: string }> {
  client.sync();
  const plugin = LSPPlugin.get(view)!;
  const { from, to } = view.state.selection.main;
  return client.request('workspace/executeCommand', { command: 'mongocd.showResult', arguments: [{ uri: plugin.uri, environment, range: { start: plugin.toPosition(from), end: plugin.toPosition(to) } }] });
}
