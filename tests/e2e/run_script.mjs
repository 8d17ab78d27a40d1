// The one command a newcomer runs: scripts/run.sh, from any folder, with paths relative to it. It builds what it starts,
// so it is no part of the suites that test a given binary.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import assert from "node:assert/strict";

import { invent, sample } from "./datasets.mjs";
import { Process, freePort } from "./processes.mjs";
import { Viewer } from "./viewer.mjs";

const script = fileURLToPath(new URL("../../scripts/run.sh", import.meta.url));

test("scripts/run.sh starts a farm on the named ratings, says where it is, answers with two workers, and stops at Ctrl-C", async () => {
  const data = sample() ?? invent();
  const directory = mkdtempSync(join(tmpdir(), "cineswarm-run-"));
  const [port, grpcPort] = [await freePort(), await freePort()];
  const args = ["--port", String(port), "--grpc-port", String(grpcPort), "--data-dir", directory, "--workers", "2", "--data", `./${basename(data)}`];
  const { CARGO_HOME, RUSTUP_HOME, CARGO_TARGET_DIR } = process.env;
  const passedOn = Object.fromEntries(Object.entries({ CARGO_HOME, RUSTUP_HOME, CARGO_TARGET_DIR }).filter(([, value]) => value));
  const running = new Process("scripts/run.sh", script, args, passedOn, { cwd: dirname(data), patienceMs: 600_000 });
  try {
    const [, address] = await running.says(/ready: (http:\S+)/);
    assert.equal(address, `http://localhost:${port}`);
    const viewer = new Viewer(`http://127.0.0.1:${port}`, {}, {});
    await viewer.opened();
    const answer = await viewer.answered({ user_id: 1, n: 10 });
    viewer.close();
    assert.equal(answer.recommendations.length, 10);
    assert.equal(answer.meta.coverage, 1);
    assert.equal(answer.meta.workers.length, 2);
  } finally {
    const code = await running.stop("SIGINT");
    rmSync(directory, { recursive: true, force: true });
    assert.ok(code === 0 || code === 130, `it ended with ${code}:\n${running.tail()}`);
  }
});
