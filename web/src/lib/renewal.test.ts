import { describe, expect, test } from "vitest";

import { filmsChanged } from "./renewal";

const list = (...ids: number[]) => ({
  recommendations: ids.map((movie_id, at) => ({ movie_id, title: `film ${movie_id}`, year: null, genres: [], rank: at + 1, score: 1, predicted_rating: null, neighbours: 0, because: [] })),
});

describe("an answer beside the one before", () => {
  test("has changed by the films that are new, not by their order", () => {
    expect(filmsChanged(list(1, 2, 3), list(3, 1, 2))).toBe(0);
    expect(filmsChanged(list(1, 2, 3), list(4, 1, 5))).toBe(2);
    expect(filmsChanged(list(), list(7))).toBe(1);
    expect(filmsChanged(list(7), list())).toBe(0);
  });
});
