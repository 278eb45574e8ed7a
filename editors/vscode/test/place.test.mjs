// Holds what the commands take from the place of the cursor; src/place.ts is bundled for it.
import assert from "node:assert/strict";
import test from "node:test";
import { build } from "esbuild";

const bundled = await build({ entryPoints: [new URL("../src/place.ts", import.meta.url).pathname], write: false, format: "esm", bundle: true });
const { collectionAt, pathAt } = await import("data:text/javascript;base64," + Buffer.from(bundled.outputFiles[0].contents).toString("base64"));

test("collectionAt", () => {
  const lines = ["weave x", "from a into b {", "  sync flags by name {", "    set x = 1", "  }", "  sync 'it''s' { }", "  sync all except c {", "    set y = 1", "  }", "}", "amend price-lists for prod {", "  set z = 1", "from a into b { sync one }"];
  const wanted = [undefined, undefined, "flags", "flags", "flags", "it's", undefined, undefined, undefined, undefined, "price-lists", "price-lists", "one"];
  assert.deepEqual(lines.map((_, i) => collectionAt(lines, i)), wanted);
});

test("pathAt", () => {
  const line = "    set limits.'day s'[0].x = this.größe + 1";
  assert.equal(pathAt(line, 9), "limits.'day s'[0].x");
  assert.equal(pathAt(line, line.indexOf("größe")), "größe");
  assert.equal(pathAt(line, 1), undefined);
});
