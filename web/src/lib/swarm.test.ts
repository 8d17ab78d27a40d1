import { expect, test } from "vitest";
import { swarmPath } from "./swarm";

const dots = (path: string) =>
  [...path.matchAll(/M(-?[\d.]+) (-?[\d.]+)a([\d.]+)/g)].map(([, x, y, dot]) => ({ x: Number(x) + Number(dot), y: Number(y) }));

test("there is one dot for each neighbour, all inside the circle and none over another", () => {
  const drawn = dots(swarmPath({ count: 40, radius: 50, dot: 3 }));
  expect(drawn).toHaveLength(40);
  for (const [index, { x, y }] of drawn.entries()) {
    expect(Math.hypot(x, y)).toBeLessThanOrEqual(47.2);
    for (const other of drawn.slice(index + 1)) expect(Math.hypot(x - other.x, y - other.y)).toBeGreaterThan(6);
  }
});

test("the arms together are the whole swarm", () => {
  const arms = Array.from({ length: 13 }, (_, index) => dots(swarmPath({ count: 100, radius: 50, dot: 2, arm: { index, of: 13 } })));
  const whole = dots(swarmPath({ count: 100, radius: 50, dot: 2 }));
  const sorted = (points: { x: number; y: number }[]) => points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).sort();
  expect(sorted(arms.flat())).toEqual(sorted(whole));
});

test("a count from a hostile server draws nothing or a bounded number of dots", () => {
  expect(swarmPath({ count: -3, radius: 50, dot: 2 })).toBe("");
  expect(swarmPath({ count: Number.NaN, radius: 50, dot: 2 })).toBe("");
  expect(dots(swarmPath({ count: 1e9, radius: 50, dot: 2 })).length).toBeLessThanOrEqual(400);
});
