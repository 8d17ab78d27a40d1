import { expect, test } from "vitest";
import { confirm, emptyProfile, rateOptimistically, ratedFilms, ratingOf, replaceConfirmed, settle } from "./profile";

const heat = { movie_id: 6, title: "Heat", year: 1995, genres: ["Crime"] };
const alien = { movie_id: 1214, title: "Alien", year: 1979, genres: ["Horror"] };

test("a rating shows at once and stays when the server agrees", () => {
  const shown = rateOptimistically(emptyProfile, heat, 4.5, 1);
  expect(ratingOf(shown, 6)).toBe(4.5);
  const agreed = settle(confirm(shown, heat, 4.5), 6, 1);
  expect(ratingOf(agreed, 6)).toBe(4.5);
  expect(agreed.pending.size).toBe(0);
});

test("a rating that the server refuses goes back to what it was", () => {
  const before = confirm(emptyProfile, heat, 3);
  expect(ratingOf(settle(rateOptimistically(before, heat, 5, 1), 6, 1), 6)).toBe(3);
  expect(ratingOf(settle(rateOptimistically(emptyProfile, heat, 5, 1), 6, 1), 6)).toBeNull();
});

test("a second change made while the first is under way is what shows", () => {
  const twice = rateOptimistically(rateOptimistically(emptyProfile, heat, 2, 1), heat, 4, 2);
  expect(ratingOf(settle(confirm(twice, heat, 2), 6, 1), 6)).toBe(4);
});

test("a rating taken back is gone from the list at once, and back again when refused", () => {
  const before = confirm(emptyProfile, heat, 3);
  const without = rateOptimistically(before, heat, null, 1);
  expect(ratedFilms(without)).toEqual([]);
  expect(ratedFilms(settle(without, 6, 1))).toEqual([{ movie: heat, rating: 3 }]);
});

test("another tab's rating does not hide the change that is under way here", () => {
  const changing = rateOptimistically(emptyProfile, heat, 4, 1);
  expect(ratingOf(confirm(changing, heat, 1), 6)).toBe(4);
});

test("the session's profile replaces what was known, latest film first in the list", () => {
  const stale = confirm(emptyProfile, heat, 3);
  const resumed = replaceConfirmed(stale, [{ movie: alien, rating: 5 }, { movie: heat, rating: 1 }]);
  expect(ratedFilms(resumed).map(({ movie }) => movie.title)).toEqual(["Heat", "Alien"]);
});
