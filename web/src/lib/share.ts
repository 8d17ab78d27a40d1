// A list of films to hand on: as text, or as a link that shows it on the page. The ids stand behind the #.

import { filmName } from "./preferences.svelte";

interface Named {
  movie_id: number;
  title: string;
  year: number | null;
}

const most = 50;
const pattern = /^#films=([0-9]+(?:,[0-9]+)*)$/;

export function listAsText(question: string, films: readonly Named[]): string {
  return [question, ...films.map((film, index) => `${index + 1}. ${filmName(film)}`)].join("\n");
}

export function listAsLink(address: string, films: readonly Named[]): string {
  return `${address.split("#")[0]}#films=${films.slice(0, most).map(({ movie_id }) => movie_id).join(",")}`;
}

export function filmsInLink(hash: string): number[] {
  const ids = pattern.exec(hash)?.[1]?.split(",").map(Number) ?? [];
  return [...new Set(ids.filter(Number.isSafeInteger))].slice(0, most);
}
