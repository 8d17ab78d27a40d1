import { expect, test } from "vitest";
import { changeOptimistically, confirm, emptyLedger, entriesOf, replaceConfirmed, settle, valueOf } from "./ledger";

const heat = { movie_id: 6, title: "Heat", year: 1995, genres: ["Crime"] };
const alien = { movie_id: 1214, title: "Alien", year: 1979, genres: ["Horror"] };
const empty = emptyLedger<number>();

test("a rating shows at once and stays when the server agrees", () => {
  const shown = changeOptimistically(empty, heat, 4.5, 1);
  expect(valueOf(shown, 6)).toBe(4.5);
  const agreed = settle(confirm(shown, heat, 4.5), 6, 1);
  expect(valueOf(agreed, 6)).toBe(4.5);
  expect(agreed.pending.size).toBe(0);
});

test("a rating that the server refuses goes back to what it was", () => {
  const before = confirm(empty, heat, 3);
  expect(valueOf(settle(changeOptimistically(before, heat, 5, 1), 6, 1), 6)).toBe(3);
  expect(valueOf(settle(changeOptimistically(empty, heat, 5, 1), 6, 1), 6)).toBeNull();
});

test("a second change made while the first is under way is what shows", () => {
  const twice = changeOptimistically(changeOptimistically(empty, heat, 2, 1), heat, 4, 2);
  expect(valueOf(settle(confirm(twice, heat, 2), 6, 1), 6)).toBe(4);
});

test("a rating taken back is gone from the list at once, and back again when refused", () => {
  const before = confirm(empty, heat, 3);
  const without = changeOptimistically(before, heat, null, 1);
  expect(entriesOf(without)).toEqual([]);
  expect(entriesOf(settle(without, 6, 1))).toEqual([{ movie: heat, value: 3 }]);
});

test("another tab's rating does not hide the change that is under way here", () => {
  const changing = changeOptimistically(empty, heat, 4, 1);
  expect(valueOf(confirm(changing, heat, 1), 6)).toBe(4);
});

test("the session's profile replaces what was known, latest film first in the list", () => {
  const stale = confirm(empty, heat, 3);
  const resumed = replaceConfirmed(stale, [{ movie: alien, value: 5 }, { movie: heat, value: 1 }]);
  expect(entriesOf(resumed).map(({ movie }) => movie.title)).toEqual(["Heat", "Alien"]);
});
