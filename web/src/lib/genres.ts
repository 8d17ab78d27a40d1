// The colour of a film: a hue (degrees, OKLCH) for each genre. There are no posters, so the genre is the look.

const hues: Record<string, number> = {
  Action: 30,
  Adventure: 62,
  Animation: 330,
  Children: 90,
  Comedy: 78,
  Crime: 255,
  Documentary: 165,
  Drama: 18,
  Fantasy: 300,
  "Film-Noir": 275,
  Horror: 5,
  IMAX: 215,
  Musical: 345,
  Mystery: 285,
  Romance: 358,
  "Sci-Fi": 205,
  Thriller: 235,
  War: 120,
  Western: 48,
};

/** A film of several genres takes the most telling: most films are dramas, few are noir. */
const mostTelling = [
  "Film-Noir", "Western", "Horror", "Sci-Fi", "Animation", "Documentary", "Musical", "War", "Crime", "Fantasy", "Mystery",
  "Romance", "Thriller", "Comedy", "Children", "Adventure", "Action", "Drama",
];

export function hueOf(genres: readonly string[]): number | null {
  const telling = mostTelling.find((genre) => genres.includes(genre)) ?? genres.find((genre) => genre in hues);
  return telling === undefined ? null : (hues[telling] ?? null);
}
