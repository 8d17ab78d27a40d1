// What a viewer does on the page, in the page's own terms; shared by every browser test. Knows no film by name.

import { expect, type APIRequestContext, type Locator, type Page } from "@playwright/test";

export interface Film {
  movie_id: number;
  title: string;
  year: number | null;
}

export const filmName = ({ title, year }: Film) => (year === null ? title : `${title} (${year})`);

export async function starters(request: APIRequestContext): Promise<Film[]> {
  const response = await request.get("/api/movies/starters?limit=24");
  expect(response.ok()).toBe(true);
  const { movies } = (await response.json()) as { movies: Film[] };
  expect(movies.length).toBeGreaterThanOrEqual(6);
  return movies;
}

/** Opens the page and waits until the session is there. */
export async function visit(page: Page): Promise<void> {
  await page.goto("/");
  await expect(page.getByTestId("connection")).toHaveAttribute("data-state", "connected");
}

/** Opens the page as someone who would rather ask than rate. */
export async function visitAndSkip(page: Page): Promise<void> {
  await visit(page);
  await page.getByTestId("welcome").getByRole("button", { name: /^(Skip|Saltar)$/ }).click();
  await expect(page.getByTestId("welcome")).toBeHidden();
}

export const composer = (page: Page) => page.getByRole("combobox");
export const turns = (page: Page) => page.getByTestId("turn");
export const films = (turn: Locator) => turn.getByTestId("film");

/** Asks in words and waits for the end of that turn; when the server asks which film is meant, takes the first. */
export async function ask(page: Page, text: string): Promise<Locator> {
  const before = await turns(page).count();
  await composer(page).fill(text);
  await composer(page).press("Enter");
  return ended(page, before);
}

/** The turn after the first `before` ones, once it has an answer. */
export async function ended(page: Page, before: number): Promise<Locator> {
  const turn = turns(page).nth(before);
  await expect(turn).toHaveAttribute("data-state", /answered|replied|failed|refused/);
  if ((await turn.getAttribute("data-state")) !== "replied") return turn;
  const which = turn.locator('[data-kind="clarify"]').getByRole("button").first();
  if (!(await which.isVisible())) return turn;
  await which.click();
  return ended(page, before + 1);
}

export async function movieIds(turn: Locator): Promise<string[]> {
  return films(turn).evaluateAll((cards) => cards.map((card) => card.getAttribute("data-movie-id") ?? ""));
}

/** Rates with the keyboard: whole stars by digit, and Enter to have it sent at once. */
export async function rate(slider: Locator, stars: 1 | 2 | 3 | 4 | 5): Promise<void> {
  await slider.focus();
  await slider.press(String(stars));
  await slider.press("Enter");
  await expect(slider).toHaveAttribute("aria-valuenow", String(stars));
}

/** The panel with the ratings is beside the conversation, or behind a button on a narrow screen. */
export async function openPanel(page: Page): Promise<void> {
  const button = page.getByRole("banner").getByRole("button", { name: /ratings and farm|notas y granja/i });
  // What was visible a moment ago may be gone where the width has just changed.
  await expect(async () => {
    if (await button.isVisible()) await button.click({ timeout: 1_000 });
    await expect(page.getByTestId("my-ratings")).toBeVisible({ timeout: 1_000 });
  }).toPass();
}
