// Says what is in the program, as CycloneDX 1.5. Standard input: `cargo metadata --format-version 1` for one platform;
// of its packages only those count that end up in the program, not what builds or tests it.

import { readFileSync } from "node:fs";

const metadata = JSON.parse(readFileSync(0, "utf8"));
const packages = new Map(metadata.packages.map((one) => [one.id, one]));
const nodes = new Map(metadata.resolve.nodes.map((one) => [one.id, one]));
const program = metadata.packages.find((one) => one.name === "cineswarm" && metadata.workspace_members.includes(one.id));
if (!program) throw new Error("there is no package cineswarm in this workspace");

// A macro runs in the compiler.
const isMacro = (id) => packages.get(id).targets.every((target) => target.kind.some((kind) => kind === "proc-macro" || kind === "custom-build"));
const linked = (id) =>
  nodes.get(id).deps.filter((one) => one.dep_kinds.some(({ kind }) => kind === null) && !isMacro(one.pkg)).map((one) => one.pkg);

const inside = new Set();
const toVisit = [program.id];
while (toVisit.length > 0) {
  const id = toVisit.pop();
  if (inside.has(id)) continue;
  inside.add(id);
  toVisit.push(...linked(id));
}

const reference = (id) => `pkg:cargo/${packages.get(id).name}@${packages.get(id).version}`;
const component = (id) => {
  const { name, version, license, source } = packages.get(id);
  return {
    type: id === program.id ? "application" : "library",
    "bom-ref": reference(id),
    name,
    version,
    ...(source ? { purl: reference(id) } : {}),
    ...(license ? { licenses: [{ expression: license.replaceAll("/", " OR ") }] } : {}),
  };
};
const ordered = [...inside].sort((a, b) => (reference(a) < reference(b) ? -1 : 1));
const bill = {
  bomFormat: "CycloneDX",
  specVersion: "1.5",
  version: 1,
  metadata: { component: component(program.id) },
  components: ordered.filter((id) => id !== program.id).map(component),
  dependencies: ordered.map((id) => ({ ref: reference(id), dependsOn: linked(id).map(reference).sort() })),
};
console.log(JSON.stringify(bill, null, 1));
