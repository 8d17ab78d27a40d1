// The steps of a test on a Swarm: each goes on from where the one before left the farm.

import { test } from "node:test";

const short = process.env.SHORT === "1";

/** A step after one that failed would only hide which it was. */
let broken = false;

export function step(name, body, { long = false } = {}) {
  test(name, { skip: long && short ? "left out of the short form" : false }, async (context) => {
    if (broken) return context.skip("an earlier step failed");
    try {
      await body(context);
    } catch (error) {
      broken = true;
      throw error;
    }
  });
}
