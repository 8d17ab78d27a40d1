// What only a server that obeys can show: events out of order, duplicates, refusals, hostile strings.

import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { ask, composer, ended, films, movieIds, rate, turns, visit, visitAndSkip } from "../e2e/page";

test("an answer that comes before its acknowledgement is shown once", async ({ page }) => {
  await visitAndSkip(page);
  await expect(films(await ask(page, "an early answer"))).toHaveCount(10);
  await expect(turns(page)).toHaveCount(1);
});

test("an answer that comes twice is shown once", async ({ page }) => {
  await visitAndSkip(page);
  await ask(page, "answer twice");
  await ask(page, "and another");
  await expect(page.getByTestId("answer")).toHaveCount(2);
});

test("a slow question shows its shards and can be cancelled, and the other tab sees both", async ({ context, page }) => {
  await visitAndSkip(page);
  const other = await context.newPage();
  await other.goto("/");
  await composer(page).fill("a slow one");
  await composer(page).press("Enter");
  const progress = page.getByRole("progressbar");
  await expect(progress).toHaveAttribute("aria-valuetext", "2 of 4 shards answered");
  await expect(other.getByRole("progressbar")).toHaveAttribute("aria-valuetext", "2 of 4 shards answered");
  await expect(turns(other).getByTestId("question")).toHaveText("a slow one");
  await turns(page).getByRole("button", { name: "Cancel" }).click();
  await expect(turns(page)).toContainText("Cancelled.");
  await expect(turns(other)).toContainText("Cancelled.");
});

test("a question that came too fast is sent again after the time the server asks for", async ({ page }) => {
  await visitAndSkip(page);
  await composer(page).fill("busy today");
  await composer(page).press("Enter");
  await expect(page.getByTestId("refusal")).toContainText(/too many questions at once/);
  await expect(page.getByTestId("refusal")).toContainText(/Trying again in [12] s/);
  await expect(films(turns(page).first())).toHaveCount(10);
  await expect(turns(page)).toHaveCount(1);
});

test("a failed question says why and what to do, and can be asked again", async ({ page }) => {
  await visitAndSkip(page);
  const turn = await ask(page, "please fail");
  await expect(turn).toContainText(/no worker answered/i);
  await expect(turn).toContainText("the farm status shows");
  await turn.getByRole("button", { name: "Ask again" }).click();
  await expect(turns(page)).toHaveCount(2);
});

test("an answer says that films were rated since, and one tap shows what that has changed", async ({ page }) => {
  await visitAndSkip(page);
  const turn = await ask(page, "films like Heat");
  const outdated = turn.getByTestId("outdated");
  await expect(outdated).toHaveCount(0);
  await rate(films(turn).first().getByRole("slider"), 4);
  await expect(outdated).toBeVisible();
  await outdated.click();
  await expect(turns(page)).toHaveCount(2);
  await expect(turns(page).last().getByTestId("changed")).toContainText(/(Nothing has changed|Changed) since you asked before/);
  await expect(turns(page).last().getByTestId("outdated")).toHaveCount(0);
  await expect(outdated).toHaveCount(0);
});

test("a list that was told to renews itself in its place, half a minute on, and not under the viewer's hands", async ({ context, page }) => {
  await visitAndSkip(page);
  const turn = await ask(page, "films like Heat");
  const someoneElse = await context.newPage();
  await visit(someoneElse);
  await page.bringToFront();
  const rateSomething = async (stars: 3 | 4 | 5) => rate(films(turns(someoneElse).first()).first().getByRole("slider"), stars);
  await rateSomething(4);

  const renews = turn.getByTestId("renews");
  await expect(renews).toBeVisible();
  await expect(renews).not.toBeChecked();
  await renews.check();
  const first = await movieIds(turn);
  const began = Date.now();
  await films(turn).first().hover();
  await page.evaluate(() => scrollBy({ top: -40, behavior: "instant" }));
  const place = await page.evaluate(() => scrollY);
  await page.waitForTimeout(31_500);
  expect(await movieIds(turn), "the pointer is on it").toEqual(first);
  await expect(turn.getByTestId("outdated")).toBeVisible();

  await page.mouse.move(2, 2);
  await expect(turn.getByTestId("outdated")).toHaveCount(0);
  expect(Date.now() - began).toBeGreaterThan(30_000);
  expect(await movieIds(turn)).not.toEqual(first);
  await expect(turn.getByTestId("renewed")).toContainText("Changed since you asked before");
  await expect(page.getByRole("log")).toContainText(/The list has renewed itself: \d+ films? (is|are) new\./);
  await expect(turns(page), "it is one question").toHaveCount(1);
  expect(await page.evaluate(() => scrollY), "nothing has moved").toBe(place);
  await expect(renews).toBeFocused();

  const second = await movieIds(turn);
  await rateSomething(5);
  await expect(turn.getByTestId("outdated")).toBeVisible();
  await page.waitForTimeout(2_500);
  expect(await movieIds(turn), "it has stood for seconds only").toEqual(second);

  await page.reload();
  await expect(turns(page)).toHaveCount(1);
  expect(await movieIds(turn)).toEqual(second);
  await expect(renews).toBeChecked();
  await renews.uncheck();
  await expect(turn.getByTestId("outdated")).toBeVisible();
  await page.reload();
  await expect(renews).not.toBeChecked();
});

test("markup in a title is shown as text and runs nothing", async ({ page }) => {
  await visitAndSkip(page);
  const turn = await ask(page, "hostile films");
  await expect(films(turn).first().getByTestId("film-title")).toContainText("<img src=x");
  await expect(turn.locator("img, b >> text=bold")).toHaveCount(0);
  await expect(page).toHaveTitle("Cineswarm");
});

test("a partial answer and a popular one say so above the films", async ({ page }) => {
  await visitAndSkip(page);
  await expect((await ask(page, "partial")).getByTestId("note")).toContainText("75% of the viewers were reached");
  await expect((await ask(page, "popular")).getByTestId("note")).toContainText("Popular films");
  await expect(await ask(page, "nothing at all")).toContainText("No film fits.");
});

test("a rating that the server refuses is taken back, with the reason", async ({ page }) => {
  await visitAndSkip(page);
  await page.getByRole("button", { name: "Rate some films" }).first().click();
  const slider = page.getByTestId("welcome").getByRole("slider").first();
  await rate(slider, 5);
  // The fake server refuses one film; it comes last when the least known are asked for.
  const turn = await ask(page, "less known");
  const refused = films(turn).filter({ hasText: "The Room" }).getByRole("slider");
  await refused.focus();
  await refused.press("5");
  await refused.press("Enter");
  await expect(page.getByText(/no film has the id/).last()).toBeVisible();
  await expect(refused).toHaveAttribute("aria-valuetext", "Not rated");
  await expect(slider).toHaveAttribute("aria-valuetext", "5 stars");
});

test("a rating can be given in half stars with the pointer, and taken back", async ({ page }) => {
  await visitAndSkip(page);
  const card = films(await ask(page, "popular")).first();
  const slider = card.getByRole("slider");
  const box = await slider.boundingBox();
  await slider.click({ position: { x: (box?.width ?? 0) * 0.68, y: (box?.height ?? 0) / 2 } });
  await expect(slider).toHaveAttribute("aria-valuetext", "3.5 stars");
  await card.getByRole("button", { name: /Take back/ }).click();
  await expect(slider).toHaveAttribute("aria-valuetext", "Not rated");
});

test("a film that is not wanted says so, and is not in the next answer", async ({ page }) => {
  await visitAndSkip(page);
  const card = films(await ask(page, "popular")).first();
  const movieId = await card.getAttribute("data-movie-id");
  await card.getByRole("button", { name: /Not for me/ }).click();
  await expect(card).toContainText("It will not come up again.");
  const next = await ask(page, "popular");
  await expect(next.locator(`[data-movie-id="${movieId}"]`)).toHaveCount(0);
});

test("help and its examples can be pressed", async ({ page }) => {
  await visitAndSkip(page);
  const turn = await ask(page, "help");
  await turn.getByRole("button", { name: "90s comedies" }).click();
  await expect(films(turns(page).nth(1))).toHaveCount(10);
});

test("the page breaks no rule of the strictest content security policy", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await visitAndSkip(page);
  const turn = await ask(page, "popular");
  await turn.getByTestId("work").locator("summary").click();
  const bar = turn.locator(".bar > span").nth(3);
  expect(await bar.evaluate((element) => getComputedStyle(element).width)).not.toBe("0px");
  expect(complaints).toEqual([]);
});

test("a conversation of sixty answers draws the latest twenty, and the earlier ones when asked", async ({ page }) => {
  test.setTimeout(90_000);
  await visitAndSkip(page);
  // Asked at once rather than one after another: the page takes them as they come.
  await page.evaluate(async () => {
    const input = document.querySelector<HTMLInputElement>("#question")!;
    for (let question = 0; question < 60; question++) {
      input.value = `question ${question}`;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    }
  });
  await expect(turns(page).filter({ has: page.getByTestId("answer") })).toHaveCount(20, { timeout: 40_000 });
  await expect(turns(page).last().getByTestId("question")).toHaveText("question 59");
  await page.getByRole("button", { name: "Show 20 earlier" }).click();
  await expect(turns(page)).toHaveCount(40);
});

test("what came while the viewer was away is marked as new after a reload", async ({ page }) => {
  await visitAndSkip(page);
  await ask(page, "first");
  await ask(page, "second");
  // As if the page had been closed before the second answer came.
  await page.evaluate(() => localStorage.setItem("cineswarm.offset", "1"));
  await page.reload();
  await expect(page.getByTestId("answer")).toHaveCount(2);
  await expect(page.getByText("While you were away")).toHaveCount(1);
  // What is replayed is not announced as news.
  await expect(page.getByRole("log")).toBeEmpty();
});

test("the keyboard goes on at the new question when the button that asked it is gone", async ({ page }) => {
  await visitAndSkip(page);
  await ask(page, "popular");
  await page.getByRole("button", { name: "More", exact: true }).press("Enter");
  await expect(films(await ended(page, 1))).toHaveCount(10);
  await expect(turns(page).last().getByRole("heading", { level: 2 })).toBeFocused();
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: "reduce" } });

    test("axe finds nothing wrong in the rarer states", async ({ page }) => {
      await visitAndSkip(page);
      const card = films(await ask(page, "partial")).first();
      await card.getByRole("button", { name: /Not for me/ }).click();
      await ask(page, "Cape Fear");
      await ask(page, "please fail");
      await composer(page).fill("slow");
      await composer(page).press("Enter");
      await expect(page.getByRole("progressbar")).toBeVisible();
      // It comes after a pause, so that a quick answer does not flash it.
      await expect(page.locator(".waiting")).toHaveCSS("opacity", "1");
      const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ failureSummary }) => failureSummary).join()}`)).toEqual([]);
    });
  });
}
