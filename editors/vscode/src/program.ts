// The program mongocd. In: settings; out: its path, its arguments, and what a run of it printed.
import { execFile } from "node:child_process";
import * as vscode from "vscode";

export const settings = () => vscode.workspace.getConfiguration("mongocd");

export const program = (): string => settings().get("path", "mongocd") || "mongocd";

/** The flags of the settings `inputs`. */
export function inputs(): string[] {
  return Object.entries(settings().get<Record<string, string>>("inputs", {})).flatMap(([name, value]) => ["--input", `${name}=${value}`]);
}

let output: vscode.OutputChannel | undefined;

/** Runs the program in a folder and shows what it says. The exit code; undefined when it did not start. */
export function run(folder: vscode.Uri, args: string[]): Promise<number | undefined> {
  output ??= vscode.window.createOutputChannel("mongocd run");
  const shown = output;
  shown.clear();
  shown.appendLine(`mongocd ${args.join(" ")}`);
  shown.show(true);
  return new Promise((done) => {
    execFile(program(), args, { cwd: folder.fsPath, maxBuffer: 64 << 20, env: { ...process.env, NO_COLOR: "1" } }, (error, stdout, stderr) => {
      shown.append(stdout);
      shown.append(stderr);
      const code = error === null ? 0 : error.code;
      if (typeof code !== "number") {
        shown.appendLine(`${program()} did not run: ${error?.message}. Say in mongocd.path where it is.`);
        done(undefined);
        return;
      }
      done(code);
    });
  });
}
