// Finds circles between the files of a crate: of two files that use each other neither can be understood, tested or taken
// out alone. A file and the folder's own `mod.rs` or `lib.rs` are no circle: the one puts together what the other is.
//
//   node scripts/circles.mjs        names each circle and the uses that make it, and fails if there is one

import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The code of a file that is deployed, without comments, texts and tests. */
function code(file) {
  const text = readFileSync(file, "utf8")
    .replace(/\/\/[^\n]*/g, "")
    .replace(/"(?:[^"\\]|\\.)*"/gs, '""');
  const tests = text.search(/#\[cfg\(test\)\]\s*(?:pub\S*\s+)?mod \w+\s*\{/);
  return tests < 0 ? text : text.slice(0, tests);
}

/** Every path that a `use` tree names: `a::{b, c::d as e}` is `a::b` and `a::c::d`. */
function paths(tree) {
  const open = tree.indexOf("{");
  if (open < 0) return [tree.replace(/\s+as\s+\w+/, "").trim()];
  const before = tree.slice(0, open).trim();
  const parts = [];
  let depth = 0;
  let part = "";
  for (const letter of tree.slice(open + 1, tree.lastIndexOf("}"))) {
    depth += letter === "{" ? 1 : letter === "}" ? -1 : 0;
    if (letter === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += letter;
  }
  return [...parts, part].filter((it) => it.trim()).flatMap((it) => paths(it).map((path) => before + path));
}

function modules(source) {
  const found = new Map();
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== "bin" && entry.name !== "tests") walk(file);
      } else if (entry.name.endsWith(".rs") && !/(^|_)tests\.rs$/.test(entry.name)) {
        const names = relative(source, file).slice(0, -".rs".length).split("/");
        if (["mod", "lib", "main"].includes(names.at(-1))) names.pop();
        found.set(names.join("::"), { file, names, code: code(file) });
      }
    }
  };
  walk(source);
  return found;
}

/** Where a path leads: the file of its longest part that is a module, and on through what that one passes on. */
function resolve(all, names, depth = 0) {
  let length = names.length;
  while (length > 0 && !all.has(names.slice(0, length).join("::"))) length -= 1;
  const module = all.get(names.slice(0, length).join("::"));
  if (!module || length === names.length || depth > 8) return module;
  const wanted = names[length];
  for (const [, tree] of module.code.matchAll(/pub(?:\([^)]*\))?\s+use\s+([^;]+);/g)) {
    for (const path of paths(tree)) {
      const parts = absolute(module, path);
      if (parts?.at(-1) === wanted && parts.join() !== names.join()) return resolve(all, parts, depth + 1);
    }
  }
  return module;
}

/** From the crate's root on; none for what is of another crate. */
function absolute(module, path) {
  const parts = path.split("::").map((part) => part.trim());
  let from;
  if (parts[0] === "crate") from = [];
  else if (parts[0] === "self") from = module.names;
  else if (parts[0] === "super") from = module.names.slice(0, -1);
  else if (new RegExp(`\\bmod ${parts[0]}\\s*;`).test(module.code)) return [...module.names, ...parts];
  else return undefined;
  parts.shift();
  from = [...from];
  while (parts[0] === "super") {
    parts.shift();
    from.pop();
  }
  return [...from, ...parts];
}

function uses(all, module) {
  const found = new Set();
  const named = [...module.code.matchAll(/\buse\s+([^;]+);/g)].flatMap(([, tree]) => paths(tree));
  const inline = [...module.code.matchAll(/\b((?:crate|super)(?:::\w+)+)/g)].map(([, path]) => path);
  for (const path of [...named, ...inline]) {
    const names = absolute(module, path.replace(/::\*$/, ""));
    const used = names && resolve(all, names);
    const isAround = (one, other) => other.names.slice(0, one.names.length).join() === one.names.join();
    if (used && used !== module && !isAround(used, module) && !isAround(module, used)) found.add(used);
  }
  return found;
}

/** Files that can be reached from each other, by Tarjan. */
function circles(graph) {
  const state = new Map();
  const stack = [];
  const found = [];
  const visit = (node) => {
    const mine = { index: state.size, low: state.size, open: true };
    state.set(node, mine);
    stack.push(node);
    for (const next of graph.get(node)) {
      if (!state.has(next)) mine.low = Math.min(mine.low, visit(next).low);
      else if (state.get(next).open) mine.low = Math.min(mine.low, state.get(next).index);
    }
    if (mine.low === mine.index) {
      const circle = stack.splice(stack.indexOf(node));
      for (const it of circle) state.get(it).open = false;
      if (circle.length > 1) found.push(circle);
    }
    return mine;
  };
  for (const node of graph.keys()) if (!state.has(node)) visit(node);
  return found;
}

const manifest = readFileSync(join(root, "Cargo.toml"), "utf8");
const crates = [".", ...[...manifest.match(/members = \[([^\]]*)\]/)[1].matchAll(/"([^"]+)"/g)].map(([, name]) => name)];
let count = 0;
for (const name of crates) {
  const all = modules(join(root, name, "src"));
  const graph = new Map([...all.values()].map((module) => [module, uses(all, module)]));
  for (const circle of circles(graph)) {
    count += 1;
    console.log(`a circle of ${circle.length} files in ${name}:`);
    for (const module of circle)
      for (const used of graph.get(module))
        if (circle.includes(used)) console.log(`  ${relative(root, module.file)} uses ${relative(root, used.file)}`);
  }
}
console.log(count ? `${count} circles` : `no circle between the files of ${crates.length} crates`);
process.exit(count ? 1 : 0);
