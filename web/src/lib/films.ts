// The HTTP side of the master: title search and the films of a first visit. Holds no state.

import { decodeFilms } from "./decode";
import type { Film } from "./protocol";

async function getFilms(path: string, signal?: AbortSignal): Promise<Film[]> {
  const response = await fetch(path, { ...(signal ? { signal } : {}), headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`getting ${path}: status ${response.status}`);
  return decodeFilms(await response.json());
}

export function searchFilms(title: string, signal: AbortSignal): Promise<Film[]> {
  return getFilms(`/api/movies/search?q=${encodeURIComponent(title)}&limit=8`, signal);
}

export function starterFilms(): Promise<Film[]> {
  return getFilms("/api/movies/starters?limit=24");
}
