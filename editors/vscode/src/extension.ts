// The extension: starts `mongocd lsp`, and runs the program for the commands. In: settings and the editor; out: what
// the language server says, and the output of commands. Texts from files are arguments, never parts of a command line.
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";

import { register } from "./commands";
import { results } from "./results";
import { program, settings } from "./program";

let client: LanguageClient | undefined;

async function start(): Promise<void> {
  const server: ServerOptions = { command: program(), args: ["lsp"] };
  const options: LanguageClientOptions = {
    documentSelector: [{ scheme: "file", language: "weave" }],
    initializationOptions: {
      inputs: settings().get("inputs", {}), environment: settings().get("environment", ""), lenses: settings().get("lenses", "syncs"), showsResults: true,
    },
    synchronize: { configurationSection: "mongocd" },
    middleware: { executeCommand: (command, args, next) => results.of(async () => next(command, args)) },
  };
  client = new LanguageClient("mongocd", "mongocd", server, options);
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const open = "Open Settings";
    const chosen = await vscode.window.showErrorMessage(
      `mongocd: ${program()} lsp did not start: ${String(error)}. Install mongocd, or say in mongocd.path where it is.`, open);
    if (chosen === open) await vscode.commands.executeCommand("workbench.action.openSettings", "mongocd.path");
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  await running?.stop();
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const restart = async () => {
    await stop();
    await start();
  };
  register(context);
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(results.scheme, results),
    vscode.commands.registerCommand("mongocd.restart", restart),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("mongocd.path") || event.affectsConfiguration("mongocd.inputs")) await restart();
    }),
    { dispose: () => void stop() },
  );
  await start();
}

export const deactivate = stop;
