// docs/GUARANTEES.md names tests; a promise whose test was renamed or removed would be held by nobody.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);
const text = readFileSync(new URL("docs/GUARANTEES.md", root), "utf8");
const promises = text.slice(text.indexOf("## Promises"), text.indexOf("## How soon")).split(/^\*\*(?=\d+\. )/m).slice(1);

const named = (part) => [...part.matchAll(/^- `([^`]+)`: "([^"]+)"$/gm)].map(([, file, name]) => ({ file, name }));

test("each promise names a test, and each test that is named exists", () => {
  assert.ok(promises.length >= 10, `${promises.length} promises were read`);
  for (const [at, promise] of promises.entries()) {
    assert.ok(promise.startsWith(`${at + 1}. `), `promise ${at + 1} begins ${promise.slice(0, 40)}`);
    const lines = promise.split("\n").filter((line) => line.startsWith("- "));
    assert.equal(named(promise).length, lines.length, `a line of promise ${at + 1} is not a file and a name`);
    assert.ok(lines.length > 0, `promise ${at + 1} has no test`);
    for (const { file, name } of named(promise)) {
      const source = readFileSync(fileURLToPath(new URL(file, root)), "utf8");
      const there = file.endsWith(".rs") ? new RegExp(`fn ${name}\\b`).test(source) : source.includes(`test("${name}"`);
      assert.ok(there, `${file} has no test "${name}"`);
    }
  }
});
