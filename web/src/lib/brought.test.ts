import { describe, expect, test } from "vitest";
import { chosenOf, mended, rowsOf, withTaken } from "./brought";
import { decodePreview } from "./decode";

const film = (movie_id: number, title: string, year: number) => ({ movie_id, title, year, genres: [], ratings: 1, mean: 4 });
const heat = film(2, "Heat", 1995);
const alien = film(4, "Alien", 1979);
const nobody = () => null;

const preview = decodePreview({
  service: "Letterboxd",
  rows: 5,
  films: [
    { movie: heat, by: "title_and_year", place: "ratings.csv:3", said: "Heat (1995)", rating: 3, seen: true, wanted: false, rated_at: 5 },
    { movie: alien, by: "id", place: "watched.csv:2", said: "Alien", rating: null, seen: true, wanted: false },
    { movie: film(6, "Solaris", 1972), by: "id", place: "watchlist.csv:2", said: "Solaris", rating: null, seen: false, wanted: true },
  ],
  missed: [
    { why: "several", candidates: [heat, film(3, "Heat", 1986)], place: "ratings.csv:4", said: "Heat", rating: 4, seen: true, wanted: false, rated_at: 9 },
    { why: "unknown_title", candidates: [], place: "ratings.csv:5", said: "Nowhere", rating: 5, seen: true, wanted: false },
  ],
  missed_in_all: 2,
  left_out: [{ place: "ratings.csv:6", reason: "the rating 7 is not on the scale" }],
  left_out_in_all: 1,
  assumptions: [],
});

describe("what a viewer takes of a file", () => {
  test("is what was found and says something; what was not found comes first, and is left out", () => {
    const rows = rowsOf(preview, nobody);
    expect(rows.map(({ said, taken }) => [said, taken])).toEqual([
      ["Heat", false], ["Nowhere", false], ["Heat (1995)", true], ["Alien", true], ["Solaris", false],
    ]);
    expect(chosenOf(rows)).toEqual({
      ratings: [{ movie: heat, rating: 3, ratedAt: 5 }],
      seen: [alien],
    });
  });

  test("is mended by choosing the film, and of two rows with one film the later rating counts", () => {
    const rows = mended(rowsOf(preview, nobody), 0, heat, nobody);
    expect(rows[0]).toMatchObject({ movie: heat, taken: true, why: null });
    expect(chosenOf(rows).ratings).toEqual([{ movie: heat, rating: 4, ratedAt: 9 }]);
    expect(chosenOf(withTaken(rows, 0, false)).ratings).toEqual([{ movie: heat, rating: 3, ratedAt: 5 }]);
  });

  test("is not what was rated otherwise here, unless the viewer says so", () => {
    const here = (movieId: number) => (movieId === 2 ? 1.5 : null);
    const rows = rowsOf(preview, here);
    expect(rows[2]).toMatchObject({ own: 1.5, taken: false });
    expect(chosenOf(withTaken(rows, 2, true)).ratings).toHaveLength(1);
    expect(rowsOf(preview, (movieId) => (movieId === 2 ? 3 : null))[2]).toMatchObject({ own: null, taken: true });
  });

  test("cannot be a row without a film", () => {
    expect(chosenOf(withTaken(rowsOf(preview, nobody), 1, true)).ratings).toHaveLength(1);
  });
});

test("a preview that is none becomes an empty one", () => {
  for (const value of [null, "x", { films: [{}, 7], missed: "x", left_out: [null] }]) {
    const empty = decodePreview(value);
    expect([empty.films, empty.missed]).toEqual([[], []]);
  }
});
