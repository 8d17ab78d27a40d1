// Names for questions, which nobody else gives.

/** crypto.randomUUID is missing on plain http from another machine, which is how a farm at home is opened. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");
}
