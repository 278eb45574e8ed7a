// Holds what is in the package: dist/mongocd.vsix, which `npm run package` writes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import yauzl from "yauzl";

/** The names in a zip file. */
function entries(path) {
  return new Promise((done, fail) => {
    yauzl.open(path, { lazyEntries: true }, (error, zip) => {
      if (error) return fail(error);
      const names = [];
      zip.on("entry", (entry) => {
        names.push(entry.fileName);
        zip.readEntry();
      });
      zip.on("end", () => done(names.sort()));
      zip.on("error", fail);
      zip.readEntry();
    });
  });
}

test("the package", async () => {
  const names = await entries(new URL("../dist/mongocd.vsix", import.meta.url).pathname);
  assert.deepEqual(names, [
    "[Content_Types].xml",
    "extension.vsixmanifest",
    "extension/LICENSE.txt",
    "extension/dist/extension.js",
    "extension/language-configuration.json",
    "extension/package.json",
    "extension/readme.md",
    "extension/syntaxes/weave.tmLanguage.json",
    "extension/walkthrough/compile.md",
    "extension/walkthrough/install.md",
    "extension/walkthrough/workspace.md",
  ]);
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const script = readFileSync(new URL("../dist/extension.js", import.meta.url), "utf8");
  for (const { command } of manifest.contributes.commands) assert.ok(script.includes(command), `${command} is not in the script`);
});
