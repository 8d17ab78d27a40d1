// How an answer differs from the one before to the same question. Pure.

import type { Answer } from "./protocol";

/** How many films of the later answer are not in the earlier one. */
export function filmsChanged(before: Pick<Answer, "recommendations">, after: Pick<Answer, "recommendations">): number {
  const known = new Set(before.recommendations.map(({ movie_id }) => movie_id));
  return after.recommendations.filter(({ movie_id }) => !known.has(movie_id)).length;
}
