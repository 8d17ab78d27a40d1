// Processes under test: started on free ports with captured output, awaited by what they say, ended by their own id.
// Knows nothing of what the processes do.

import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createServer, connect } from "node:net";
import { once } from "node:events";

/** How long anything may take before the test says what it was waiting for. The machine may be loaded. */
export const PATIENCE_MS = Number(process.env.E2E_PATIENCE_MS ?? 30_000);

const running = new Set();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** Waits for a promise, and says what it was when it takes too long. */
export async function within(promise, what, limitMs = PATIENCE_MS) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${limitMs} ms for ${typeof what === "function" ? what() : what}`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A port nobody listens on now. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until somebody listens on a port. */
export async function listening(port) {
  const tried = async () => {
    for (;;) {
      const socket = connect(port, "127.0.0.1");
      const opened = await new Promise((resolve) => {
        socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      });
      socket.destroy();
      if (opened) return;
      await pause(20);
    }
  };
  await within(tried(), `port ${port} to open`);
}

export class Process {
  #waiting = [];

  /** Starts a program. Of this process's environment it gets only what any program needs. */
  constructor(name, program, args, environment = {}, { cwd, patienceMs = PATIENCE_MS } = {}) {
    this.name = name;
    this.patienceMs = patienceMs;
    this.log = "";
    /** What of it went to standard output. */
    this.output = "";
    const { PATH, HOME, LANG, TMPDIR, LLVM_PROFILE_FILE } = process.env;
    const env = { PATH, HOME, LANG, TMPDIR, LLVM_PROFILE_FILE, RUST_BACKTRACE: "1", RUST_LOG: process.env.RUST_LOG ?? "info", ...environment };
    this.child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    running.add(this.child);
    this.child.stdout.on("data", (text) => (this.output += text));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.log += text;
        this.#waiting = this.#waiting.filter((look) => !look());
      });
    }
    this.ended = new Promise((resolve) => {
      this.child.once("error", (error) => resolve({ code: null, signal: null, error }));
      this.child.once("close", (code, signal) => resolve({ code, signal }));
    }).then((end) => {
      running.delete(this.child);
      this.end = end;
      return end;
    });
  }

  /** Waits until the output so far, or to come, matches; gives the match. */
  async says(pattern) {
    const found = new Promise((resolve) => {
      const look = () => {
        const match = pattern.exec(this.log);
        if (match) resolve(match);
        return match !== null;
      };
      if (!look()) this.#waiting.push(look);
    });
    const gone = this.ended.then(() => { throw new Error(`${this.name} ended before it said ${pattern}:\n${this.tail()}`); });
    gone.catch(() => {});
    return within(Promise.race([found, gone]), () => `${this.name} to say ${pattern}; it said:\n${this.tail()}`, this.patienceMs);
  }

  signal(name) {
    if (!this.end) this.child.kill(name);
  }

  /** Stops all threads, until SIGCONT. The signal is sent at once, but a busy machine takes its time with it. */
  async freeze() {
    this.signal("SIGSTOP");
    const tasks = `/proc/${this.child.pid}/task`;
    const frozen = () => readdirSync(tasks).every((task) => readFileSync(`${tasks}/${task}/stat`, "latin1").includes(") T "));
    for (const until = Date.now() + PATIENCE_MS; !frozen(); await pause(2)) {
      if (Date.now() > until) throw new Error(`waited ${PATIENCE_MS} ms for ${this.name} to be stopped`);
    }
  }

  /** Sends a signal and waits for the end; gives the exit code, or null if it was killed. */
  async stop(signal = "SIGTERM") {
    this.signal(signal);
    try {
      return (await within(this.ended, `${this.name} to end after ${signal}`)).code;
    } catch (error) {
      this.signal("SIGKILL");
      throw error;
    }
  }

  tail(lines = 40) {
    return this.log.split("\n").slice(-lines).join("\n");
  }
}

/** Runs a program to its end; gives its output, or throws with it. */
export async function run(program, args, environment = {}) {
  const process = new Process(program, program, args, environment);
  const { code, error } = await within(process.ended, `${program} ${args.join(" ")}`);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code ?? error}:\n${process.log}`);
  return process.log;
}
