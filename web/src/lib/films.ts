// The HTTP side of the master: title search and the films of a first visit. Holds no state.

import { decodeFilmDetails, decodeFilms } from "./decode";
import type { Film, FilmDetails } from "./protocol";

async function get(path: string, signal?: AbortSignal): Promise<unknown> {
  const response = await fetch(path, { ...(signal ? { signal } : {}), headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`getting ${path}: status ${response.status}`);
  return response.json();
}

async function getFilms(path: string, signal?: AbortSignal): Promise<Film[]> {
  return decodeFilms(await get(path, signal));
}

export async function filmDetails(movieId: number): Promise<FilmDetails> {
  const path = `/api/movies/${movieId}`;
  const details = decodeFilmDetails(await get(path));
  if (!details) throw new Error(`getting ${path}: it has no film`);
  return details;
}

export function searchFilms(title: string, signal: AbortSignal): Promise<Film[]> {
  return getFilms(`/api/movies/search?q=${encodeURIComponent(title)}&limit=8`, signal);
}

export function starterFilms(): Promise<Film[]> {
  return getFilms("/api/movies/starters?limit=24");
}
