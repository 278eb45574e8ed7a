// What `mongocd lsp` answers to "show the result" and to tests: a text beside the editor. In: answers of
// mongocd.showResult and mongocd.runTest; out: one read-only document, which the next answer is put into.
import * as vscode from "vscode";

import { isAnswer, textOf } from "./answer";

class Results implements vscode.TextDocumentContentProvider {
  readonly scheme = "mongocd-result";
  private readonly uri = vscode.Uri.from({ scheme: this.scheme, path: "/mongocd result" });
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private text = "";

  provideTextDocumentContent(): string {
    return this.text;
  }

  /** Shows what a command answers, or why it answers nothing. */
  async of(ask: () => Promise<unknown>): Promise<unknown> {
    try {
      const answer = await ask();
      if (isAnswer(answer)) {
        this.text = textOf(answer);
        this.changed.fire(this.uri);
        await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(this.uri), { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true, preview: true });
      }
      return answer;
    } catch (error) {
      void vscode.window.showErrorMessage(`mongocd: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
}

export const results = new Results();
