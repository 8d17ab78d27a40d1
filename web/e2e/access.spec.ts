import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { ask, composer, ended, filmName, films, openPanel, starters, turns, visit, visitAndSkip } from "./page";

async function expectNoViolations(page: Page) {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]).analyze();
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`);
  expect(told).toEqual([]);
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const viewport of [{ width: 390, height: 844 }, { width: 1440, height: 900 }]) {
    test.describe(`${colorScheme} at ${viewport.width}x${viewport.height}`, () => {
      test.use({ colorScheme, viewport, contextOptions: { reducedMotion: "reduce" } });

      test("axe finds nothing wrong on a first visit, with suggestions, with an answer and in the panel", async ({ page, request }) => {
        const [liked] = await starters(request);
        await visit(page);
        await expect(page.getByTestId("starter").first()).toBeVisible();
        await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
        await expectNoViolations(page);

        await composer(page).pressSequentially(`films like ${liked!.title.slice(0, 12)}`);
        await expect(page.getByRole("option").first()).toBeVisible();
        await composer(page).press("ArrowDown");
        await expectNoViolations(page);

        const turn = await ask(page, `films like ${filmName(liked!)}`);
        await turn.getByTestId("work").locator("summary").click();
        await expectNoViolations(page);
        await openPanel(page);
        await expectNoViolations(page);
      });
    });
  }
}

test("who wants no motion sees another theme at once, however deep in the page", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await visit(page);
  await expect(page.getByTestId("starter").first()).toBeVisible();
  const [title, ink] = await page.getByTestId("starter").first().getByRole("button").first().evaluate((button) => {
    document.documentElement.dataset.theme = "dark";
    const fresh = document.body.appendChild(document.createElement("span"));
    fresh.style.color = "var(--ink)";
    return [getComputedStyle(button).color, getComputedStyle(fresh).color];
  });
  expect(title).toBe(ink);
});

for (const locale of ["en-GB", "es-ES"]) {
  test.describe(locale, () => {
    test.use({ locale, contextOptions: { reducedMotion: "reduce" } });

    test("nothing is wider than the screen, from the narrowest phone to the widest desk", async ({ page, request }) => {
      const [liked] = await starters(request);
      const widths = [320, 375, 768, 1280, 1920];
      const expectToFit = async () => {
        for (const width of widths) {
          await page.setViewportSize({ width, height: 800 });
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        }
      };
      await visit(page);
      await expectToFit();
      const turn = await ask(page, `${locale === "es-ES" ? "películas como" : "films like"} ${filmName(liked!)}`);
      await films(turn).first().getByRole("button", { name: /^(Seen it|Ya la vi)/ }).click();
      await turn.getByRole("button", { name: /^(Share|Compartir)$/ }).click();
      await turn.getByTestId("work").locator("summary").click();
      await expectToFit();
      await films(turn).nth(1).getByTestId("film-title").getByRole("button").click();
      const dialog = page.getByTestId("film-dialog");
      await expect(dialog.locator(".bars").getByRole("listitem")).toHaveCount(10);
      await expectToFit();
      const beside = page.getByTestId("also-liked").getByRole("button").first();
      const title = await beside.innerText();
      await beside.click();
      await expect(dialog.getByRole("heading")).toContainText(title);
    });
  });
}

test("everything can be done with the keyboard alone", async ({ page, request }) => {
  const [liked] = await starters(request);
  await visit(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the question box" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(composer(page)).toBeFocused();

  await page.keyboard.type(`films like ${liked!.title}`);
  await expect(page.getByRole("option").first()).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("option").first()).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("listbox")).toBeHidden();
  await page.keyboard.type(" ");
  await page.keyboard.press("Backspace");
  await expect(page.getByRole("option").first()).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(composer(page)).toHaveValue(/\(\d{4}\)$/);
  const question = await composer(page).inputValue();
  await page.keyboard.press("Enter");
  const turn = await ended(page, 0);
  await expect(films(turn)).toHaveCount(10);

  // The last question comes back with the up arrow.
  await expect(composer(page)).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(composer(page)).toHaveValue(question);
  await page.keyboard.press("ArrowDown");
  await expect(composer(page)).toHaveValue("");

  // Back from the question box into the films, to the stars of one.
  const slider = films(turn).last().getByRole("slider");
  for (let steps = 0; steps < 60 && !(await slider.evaluate((element) => element === document.activeElement)); steps++) {
    await page.keyboard.press("Shift+Tab");
  }
  await expect(slider).toBeFocused();
  await page.keyboard.press("4");
  await page.keyboard.press("ArrowUp");
  await expect(slider).toHaveAttribute("aria-valuetext", "4.5 stars");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("rated-film")).toHaveCount(1);
  await page.keyboard.press("Delete");
  await page.keyboard.press("Enter");
  await expect(slider).toHaveAttribute("aria-valuetext", "Not rated");
  await expect(page.getByTestId("rated-film")).toHaveCount(0);
  expect(await turns(page).count()).toBeGreaterThan(0);
});

test.describe("in Spanish", () => {
  test.use({ locale: "es-ES" });

  test("the page speaks Spanish from the start, asks in Spanish, and can be switched", async ({ page, request }) => {
    const [liked] = await starters(request);
    await visitAndSkip(page);
    await expect(page.locator("html")).toHaveAttribute("lang", "es");
    await expect(page.getByRole("heading", { name: "¿Qué vemos hoy?" })).toBeVisible();
    const turn = await ask(page, `películas como ${filmName(liked!)}`);
    await expect(films(turn)).toHaveCount(10);
    await expect(page.getByRole("log")).toContainText("10 películas:");

    await page.getByRole("button", { name: "Switch to English" }).click();
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    await expect(page.getByRole("button", { name: "Less known" })).toBeVisible();
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
  });
});

test("the theme that is chosen stays after a reload", async ({ page }) => {
  await visit(page);
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.getByRole("button", { name: "Switch to the dark theme" }).click();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});
