// Reads what LLVM counted (lcov, on standard input), and tells how many lines were run, by crate, and which files have the
// most that were not. For scripts/coverage.sh.

import { existsSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";

const AIM = 80;
const FILES_SHOWN = 15;
const root = fileURLToPath(new URL("..", import.meta.url));

/** Of each file how often each of its lines was run. */
function readCounts(lcov) {
    const files = new Map();
    let lines;
    for (const row of lcov.split("\n")) {
        if (row.startsWith("SF:")) {
            lines = new Map();
            files.set(relative(root, row.slice(3)), lines);
        }
        const [, line, count] = /^DA:(\d+),(\d+)/.exec(row) ?? [];
        if (line) lines.set(Number(line), Number(count));
    }
    return files;
}

/** Whether a file is one of the workspace's that is no test, and what it has before its own tests; clippy holds them last. */
function product(name, text) {
    if (name.startsWith("..") || /(^|\/)(tests|benches|examples)\/|(^|\/)build\.rs$/.test(name) || isTestModule(name)) return undefined;
    const tests = text.search(/^#\[cfg\(test\)\]\nmod \w+ \{/m);
    return tests < 0 ? Infinity : text.slice(0, tests).split("\n").length;
}

/** Whether the file that has this one as a module, or one further up, has it for tests only. */
function isTestModule(name) {
    const module = name.replace(/\/mod\.rs$/, "").replace(/\.rs$/, "");
    const folder = dirname(module);
    if (folder === "." || !/(^|\/)src\//.test(module)) return false;
    const parents = [`${folder}.rs`, `${folder}/mod.rs`, `${folder}/lib.rs`, `${folder}/main.rs`];
    const stem = module.slice(folder.length + 1);
    const declared = new RegExp(`^#\\[cfg\\(test\\)\\]\\n(#.*\\n)*(pub(\\(.*\\))? )?mod ${stem};`, "m");
    const isDeclared = (parent) => existsSync(root + parent) && declared.test(readFileSync(root + parent, "utf8"));
    return parents.some(isDeclared) || isTestModule(folder);
}

const crateOf = (name) => (name.startsWith("src/") ? "cineswarm" : name.split("/src/")[0]);
const sum = (all) => all.reduce((one, other) => ({ lines: one.lines + other.lines, run: one.run + other.run }), { lines: 0, run: 0 });
const share = ({ lines, run }) => (lines ? ((100 * run) / lines).toFixed(1) : "-");

function row(name, { lines, run }) {
    console.log(`${name.padEnd(44)} ${String(run).padStart(6)} of ${String(lines).padStart(6)} lines ${share({ lines, run }).padStart(6)} %`);
}

const files = [];
for (const [name, counts] of readCounts(readFileSync(0, "utf8"))) {
    if (!existsSync(root + name)) continue;
    const end = product(name, readFileSync(root + name, "utf8"));
    if (end === undefined) continue;
    const kept = [...counts].filter(([line]) => line < end);
    files.push({ name, lines: kept.length, run: kept.filter(([, count]) => count > 0).length });
}
for (const crate of [...new Set(files.map(({ name }) => crateOf(name)))].sort()) {
    row(crate, sum(files.filter(({ name }) => crateOf(name) === crate)));
}
row("all", sum(files));
console.log("\nmost lines that no test runs:");
const missing = ({ lines, run }) => lines - run;
for (const file of files.sort((a, b) => missing(b) - missing(a)).slice(0, FILES_SHOWN)) row(file.name, file);
console.log(`\n${share(sum(files))} % of the lines are run; ${AIM} % are aimed at`);
