// A viewer's file from elsewhere: dropped or chosen, mended, left out, taken; and their ratings as files.

import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { films, openPanel, turns, visitAndSkip } from "../e2e/page";

const TABLE = "title,year,rating\nHeat,1995,4.5\nThe Matrix,1998,3\nNowhere at All,1990,5\nAmélie,2001,1\n";
const rows = (page: Page) => page.getByTestId("bring").getByTestId("brought-row");

async function choose(page: Page, name = "mine.csv", text = TABLE) {
  await page.locator("#bring-file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
}

test("a chosen file is shown as it was read, mended with the keyboard, and answered at once", async ({ page }) => {
  await visitAndSkip(page);
  await choose(page);
  const dialog = page.getByTestId("bring");
  await expect(dialog.getByRole("heading", { level: 2 })).toHaveText("Films in mine.csv");
  await expect(dialog).toContainText("2 films found, 2 not");
  await expect(rows(page)).toHaveCount(4);
  const matrix = rows(page).filter({ hasText: "The Matrix (1998)" });
  await expect(matrix).toContainText("of another year here");
  await matrix.getByRole("button", { name: "The Matrix (1999)" }).press("Enter");
  await expect(matrix.getByRole("checkbox")).toBeFocused();
  await expect(matrix.getByRole("checkbox")).toBeChecked();
  const nowhere = rows(page).filter({ hasText: "Nowhere at All" });
  await nowhere.getByRole("button", { name: "Choose the film for Nowhere at All (1990)" }).press("Enter");
  await nowhere.getByRole("searchbox").pressSequentially("alien");
  await nowhere.getByRole("button", { name: "Alien (1979)" }).press("Enter");
  await rows(page).filter({ hasText: "Amélie" }).getByRole("checkbox").press("Space");
  const take = dialog.getByRole("button", { name: "Take 3 ratings, and recommend" });
  await take.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(films(turns(page).last())).toHaveCount(10);
  await openPanel(page);
  await expect(page.getByTestId("rated-film")).toHaveCount(3);
});

test("a file is dropped on the page, and not opened in its place", async ({ page }) => {
  await visitAndSkip(page);
  const data = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "mine.csv", { type: "text/csv" }));
    return transfer;
  }, TABLE);
  await page.dispatchEvent("body", "dragover", { dataTransfer: data });
  await expect(page.getByText("Let go to read the file")).toBeVisible();
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
  await expect(rows(page)).toHaveCount(4);
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("bring")).toBeHidden();
  await expect(page.getByTestId("connection")).toHaveAttribute("data-state", "connected");
});

test("what was rated here stays, unless the viewer says otherwise", async ({ page }) => {
  await visitAndSkip(page);
  await choose(page);
  await page.getByRole("button", { name: /^Take 2 ratings/ }).click();
  await expect(films(turns(page).last())).toHaveCount(10);
  await choose(page, "mine.csv", "title,year,rating\nHeat,1995,1\nAmélie,2001,1\n");
  const heat = rows(page).filter({ hasText: "Heat" });
  await expect(heat).toContainText("rated 4.5 stars here, which stays");
  await expect(heat.getByRole("checkbox")).not.toBeChecked();
  await expect(page.getByRole("button", { name: "Take 1 rating, and recommend" })).toBeVisible();
});

test("a file that is not read says why, as text, and another can be chosen", async ({ page }) => {
  await visitAndSkip(page);
  await choose(page, "hostile.csv");
  const dialog = page.getByTestId("bring");
  await expect(dialog.getByRole("alert")).toContainText("hostile.csv is no table <b>of films</b>.");
  await choose(page, "empty.csv", "");
  await expect(dialog.getByRole("alert")).toContainText("The file is empty, or has more than 8 MiB.");
  await choose(page);
  await expect(rows(page)).toHaveCount(4);
});

test("the ratings can be taken along as a file", async ({ page }) => {
  await visitAndSkip(page);
  await choose(page);
  await page.getByRole("button", { name: /^Take 2 ratings/ }).click();
  await expect(page.getByTestId("bring")).toBeHidden();
  await openPanel(page);
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "As CSV for Letterboxd" }).click();
  expect((await saved).suggestedFilename()).toBe("cineswarm-letterboxd.csv");
});

test.describe("in Spanish", () => {
  test.use({ locale: "es-ES", contextOptions: { reducedMotion: "reduce" } });

  test("axe finds nothing wrong in what a file is shown as", async ({ page }) => {
    await visitAndSkip(page);
    await choose(page);
    await expect(page.getByTestId("bring")).toContainText("2 películas encontradas, 2 no");
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ failureSummary }) => failureSummary).join()}`)).toEqual([]);
  });
});
