// The commands. In: the editor and its place; out: runs of the program.
import * as vscode from "vscode";

import { inputs, run, settings } from "./program";
import { collectionAt, pathAt } from "./place";

/** The folder of the file that is open, else the first one: where `extracted/` is, upwards from the file. */
async function workspace(): Promise<vscode.Uri | undefined> {
  const document = vscode.window.activeTextEditor?.document;
  const folder = (document && vscode.workspace.getWorkspaceFolder(document.uri)) ?? vscode.workspace.workspaceFolders?.[0];
  if (!folder) {
    void vscode.window.showErrorMessage("mongocd: open the folder of a workspace first.");
    return undefined;
  }
  for (let at = document && vscode.Uri.joinPath(document.uri, ".."); at && at.path.startsWith(folder.uri.path); at = vscode.Uri.joinPath(at, "..")) {
    try {
      await vscode.workspace.fs.stat(vscode.Uri.joinPath(at, "extracted"));
      return at;
    } catch {
      // not here: one folder up
    }
    if (at.path === folder.uri.path) break;
  }
  return folder.uri;
}

async function saved(): Promise<vscode.Uri | undefined> {
  const folder = await workspace();
  return folder && (await vscode.workspace.saveAll(false)) ? folder : undefined;
}

async function compile(): Promise<void> {
  const folder = await saved();
  if (folder) await run(folder, ["compile", ...inputs()]);
}

async function diffCollection(): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const folder = await saved();
  if (!editor || !folder) return;
  const lines = editor.document.getText().split(/\r?\n/);
  const collection = collectionAt(lines, editor.selection.active.line) ??
    (await vscode.window.showInputBox({ title: "mongocd diff", prompt: "The collection, NAME or DATABASE.NAME" }));
  if (collection) await run(folder, ["diff", ...inputs(), "--collection", collection]);
}

async function explain(): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const folder = await saved();
  if (!editor || !folder) return;
  const { line, character } = editor.selection.active;
  const lines = editor.document.getText().split(/\r?\n/);
  const path = pathAt(lines[line] ?? "", character);
  const collection = collectionAt(lines, line);
  const document = await vscode.window.showInputBox({
    title: path ? `Where does ${path} come from?` : "Where does a document come from?",
    prompt: "The document: COLLECTION[field=value,…]",
    value: `${collection ?? "COLLECTION"}[]`,
    valueSelection: collection ? [collection.length + 1, collection.length + 1] : [0, 10],
  });
  if (document) await run(folder, ["explain", ...inputs(), "--document", document, ...(path ? ["--path", path] : [])]);
}

/** Asks the language server, which registers mongocd.showResult: text that is not saved counts. */
async function result(): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  const collection = collectionAt(editor.document.getText().split(/\r?\n/), editor.selection.active.line);
  const document = await vscode.window.showInputBox({
    title: "Show the result", prompt: "The document, or nothing for all of them",
    placeHolder: `${collection ?? "COLLECTION"}[field=value,…]`,
  });
  if (document === undefined) return;
  const { start, end } = editor.selection;
  const at = ({ line, character }: vscode.Position) => ({ line, character });
  await vscode.commands.executeCommand("mongocd.showResult", {
    uri: editor.document.uri.toString(), range: { start: at(start), end: at(end) }, environment: settings().get("environment", ""), document,
  });
}

async function report(context: vscode.ExtensionContext): Promise<void> {
  const folder = await saved();
  if (!folder || !context.storageUri) return;
  await vscode.workspace.fs.createDirectory(context.storageUri);
  const file = vscode.Uri.joinPath(context.storageUri, "diff.html");
  const code = await run(folder, ["diff", ...inputs(), "--html", file.fsPath]);
  if (code === 0 || code === 2) await vscode.env.openExternal(file);
}

export function register(context: vscode.ExtensionContext): void {
  const commands: Record<string, () => Promise<void>> = {
    "mongocd.compile": compile, "mongocd.diffCollection": diffCollection, "mongocd.explain": explain, "mongocd.result": result, "mongocd.report": () => report(context),
  };
  for (const [name, command] of Object.entries(commands)) context.subscriptions.push(vscode.commands.registerCommand(name, command));
}
