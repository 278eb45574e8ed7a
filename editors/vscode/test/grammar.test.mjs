// Holds the TextMate grammar with vscode-tmgrammar-test: words.weave says scope by scope what is expected;
// snapshots/ has the scopes of every weave of examples/ and testdata/language, rewritten with UPDATE_GOLDEN=1.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import test from "node:test";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const grammar = join(here, "../syntaxes/weave.tmLanguage.json");
const snapshots = join(here, "snapshots");

function run(program, cwd, args) {
  const script = join(here, "../node_modules/vscode-tmgrammar-test/dist", program + ".js");
  const ran = spawnSync(process.execPath, [script, "-g", grammar, ...args], { cwd, encoding: "utf8" });
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  return ran.stdout;
}

function weaves(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".weave"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

test("words.weave", () => run("unit", here, ["words.weave"]));

test("the weaves of the examples", () => {
  const work = mkdtempSync(join(tmpdir(), "mongocd-grammar-"));
  const update = process.env.UPDATE_GOLDEN === "1";
  try {
    const files = [...weaves(join(root, "examples")), ...weaves(join(root, "testdata/language"))];
    assert.ok(files.length > 12, `${files.length} weaves only: the test looks in the wrong place`);
    const names = files.map((file) => relative(root, file).replaceAll(/[\\/]/g, "+"));
    for (const [i, name] of names.entries()) {
      const golden = join(snapshots, name + ".snap");
      copyFileSync(files[i], join(work, name));
      if (!update) {
        assert.ok(existsSync(golden), `${golden} is missing: UPDATE_GOLDEN=1 npm test`);
        copyFileSync(golden, join(work, name + ".snap"));
      }
    }
    run("snapshot", work, ["-s", "source.weave", "*.weave", ...(update ? ["-u"] : [])]);
    if (update) {
      rmSync(snapshots, { recursive: true, force: true });
      mkdirSync(snapshots);
      for (const name of names) copyFileSync(join(work, name + ".snap"), join(snapshots, name + ".snap"));
    }
    assert.deepEqual(readdirSync(snapshots), names.map((name) => name + ".snap").sort());
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
