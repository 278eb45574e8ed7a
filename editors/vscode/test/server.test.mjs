// Speaks to the built server as the extension does: the same protocol library over the stdio of `mongocd lsp`.
// In: MONGOCD, the program. Out: an example with a mistake gets its message, the edit, and the one style.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import test from "node:test";
import { build } from "esbuild";

const bundled = await build({ entryPoints: [new URL("../src/answer.ts", import.meta.url).pathname], write: false, format: "esm", bundle: true });
const { isAnswer, textOf } = await import("data:text/javascript;base64," + Buffer.from(bundled.outputFiles[0].contents).toString("base64"));
const require = createRequire(import.meta.url);
const protocol = require("vscode-languageserver-protocol/node");
const root = fileURLToPath(new URL("../../../", import.meta.url));

test("a session", { timeout: 120_000 }, async () => {
  const work = mkdtempSync(join(tmpdir(), "mongocd-vscode-"));
  const server = spawn(process.env.MONGOCD ?? join(root, "bin/mongocd"), ["lsp"], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = new Promise((done) => server.once("exit", done));
  try {
    cpSync(join(root, "examples/planets"), work, { recursive: true });
    const connection = protocol.createProtocolConnection(server.stdout, server.stdin, undefined);
    const uri = pathToFileURL(join(work, "planets.weave")).toString();
    const said = new Map();
    let heard = () => {};
    connection.onNotification("textDocument/publishDiagnostics", (params) => {
      said.set(params.uri, params.diagnostics);
      heard();
    });
    connection.onRequest("client/registerCapability", () => null);
    connection.onRequest("workspace/configuration", (params) => params.items.map(() => null));
    connection.onRequest("window/workDoneProgress/create", () => null);
    connection.onRequest((method) => (method.startsWith("workspace/") ? null : new protocol.ResponseError(-32601, method)));
    connection.listen();
    const until = async (wanted) => {
      while (!wanted(said.get(uri))) await new Promise((done) => (heard = done));
      return said.get(uri);
    };
    const result = await connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(work).toString(),
      workspaceFolders: [{ uri: pathToFileURL(work).toString(), name: "planets" }],
      initializationOptions: { inputs: {}, showsResults: true },
      capabilities: {
        general: { positionEncodings: ["utf-16"] },
        textDocument: { publishDiagnostics: { relatedInformation: true }, codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix"] } } } },
      },
    });
    assert.equal(result.capabilities.positionEncoding ?? "utf-16", "utf-16");
    await connection.sendNotification("initialized", {});
    const fine = readFileSync(join(work, "planets.weave"), "utf8");
    assert.ok(fine.includes("preserve visits"));
    const text = fine.replace("preserve visits", "preserv visits");
    await connection.sendNotification("textDocument/didOpen", { textDocument: { uri, languageId: "weave", version: 1, text } });
    // The file as it is on the disk may be told of before it is opened, with messages of its own.
    const diagnostics = await until((found) => found?.some((d) => d.code === "unknown-statement"));
    const mistake = diagnostics.find((d) => d.code === "unknown-statement");
    const before = text.slice(0, text.indexOf("preserv visits")).split("\n");
    assert.deepEqual(mistake.range.start, { line: before.length - 1, character: before.at(-1).length });
    const actions = await connection.sendRequest("textDocument/codeAction", { textDocument: { uri }, range: mistake.range, context: { diagnostics: [mistake] } });
    assert.ok(actions.some((a) => JSON.stringify(a).includes('"preserve"')), JSON.stringify(actions));
    await connection.sendNotification("textDocument/didChange", { textDocument: { uri, version: 2 }, contentChanges: [{ text: fine.replace("set mainAtmosphere", "set  mainAtmosphere") }] });
    await until((found) => !found?.some((d) => d.code === "unknown-statement"));
    // "show the result", as the extension asks for it and shows what is answered: no message besides.
    await connection.sendNotification("workspace/didChangeConfiguration", { settings: { mongocd: { environment: "prod", lenses: "expressions" } } });
    const messages = [];
    connection.onNotification("window/showMessage", (message) => messages.push(message));
    const lenses = await connection.sendRequest("textDocument/codeLens", { textDocument: { uri } });
    const lens = lenses.find((l) => l.command.title === "show the result in prod" && fine.split("\n")[l.range.start.line].includes("create slug = lower(name)"));
    assert.ok(lens, JSON.stringify(lenses));
    const answer = await connection.sendRequest("workspace/executeCommand", lens.command);
    assert.ok(isAnswer(answer) && !answer.failed, JSON.stringify(answer));
    assert.match(textOf(answer), /^lower\(name\) in prod\n\n8 values [^]*1 × "earth" /);
    const offered = await connection.sendRequest("textDocument/codeAction", { textDocument: { uri }, range: lens.range, context: { diagnostics: [], only: ["show"] } });
    assert.deepEqual(await connection.sendRequest("workspace/executeCommand", offered[0].command), answer);
    assert.deepEqual(messages, []);
    const edits = await connection.sendRequest("textDocument/formatting", { textDocument: { uri }, options: { tabSize: 2, insertSpaces: true } });
    assert.ok(edits.length > 0);
    await connection.sendRequest("shutdown");
    await connection.sendNotification("exit");
    assert.equal(await exited, 0);
    connection.dispose();
  } finally {
    server.kill();
    rmSync(work, { recursive: true, force: true });
  }
});
