// @vitest-environment node
import { expect, test, vi } from "vitest";

vi.mock("./preferences.svelte", () => ({
  filmName: ({ title, year }: { title: string; year: number | null }) => (year === null ? title : `${title} (${year})`),
}));
const { filmsInLink, listAsLink, listAsText } = await import("./share");

const films = [{ movie_id: 6, title: "Heat", year: 1995 }, { movie_id: 1214, title: "Alien", year: null }];

test("a list is handed on with its question, and in its order", () => {
  expect(listAsText("films like Ronin", films)).toBe("films like Ronin\n1. Heat (1995)\n2. Alien");
  const link = listAsLink("http://films.example:8888/?a=b#films=9", films);
  expect(link).toBe("http://films.example:8888/?a=b#films=6,1214");
  expect(filmsInLink(new URL(link).hash)).toEqual([6, 1214]);
});

test.each([["#films=", []], ["#films=1,x", []], ["#films=2,2,1", [2, 1]], ["", []], [`#films=${"7,".repeat(500)}8`, [7, 8]]])(
  "from %j no more is taken than films", (hash, wanted) => {
    expect(filmsInLink(hash)).toEqual(wanted);
  },
);
