// Posters are loaded only where the operator has said where they are and the viewer wants them, and nothing moves for them.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { ask, films, openPanel, visitAndSkip } from "../e2e/page";

const fakeServer = fileURLToPath(new URL("fake-server.mjs", import.meta.url));
const masterPort = 8898;
const poster = (color: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="300"><rect width="200" height="300" fill="${color}"/></svg>`;

let images: Server;
let master: ChildProcess;
/** What the host of the images was asked for. */
let asked: { film: number; headers: IncomingHttpHeaders }[] = [];
/** Films that it has no image of. */
let lacking: (film: number) => boolean = () => false;
/** Until when it holds its answers back, so that it is seen what comes without them. */
let held: Promise<void> = Promise.resolve();

function hold(): () => void {
  let release = () => {};
  held = new Promise((resolve) => (release = resolve));
  return release;
}

test.use({ baseURL: `http://127.0.0.1:${masterPort}` });

test.beforeAll(async () => {
  images = createServer(async (request, response) => {
    const film = Number(/\d+/.exec(request.url ?? "")?.[0]);
    asked.push({ film, headers: request.headers });
    await held;
    if (lacking(film)) return response.writeHead(404, { "cache-control": "no-store" }).end();
    return response.writeHead(200, { "content-type": "image/svg+xml", "cache-control": "no-store" }).end(poster(`hsl(${film * 47} 45% 45%)`));
  }).listen(0, "127.0.0.1");
  await once(images, "listening");
  const { port } = images.address() as AddressInfo;
  const env = { ...process.env, PORT: String(masterPort), STEP_MS: "20", POSTERS_URL: `http://127.0.0.1:${port}/{movie_id}.svg` };
  master = spawn(process.execPath, [fakeServer], { env, stdio: ["ignore", "pipe", "inherit"] });
  await once(master.stdout!, "data");
});

test.afterAll(async () => {
  master.kill();
  images.close();
});

test.beforeEach(() => {
  asked = [];
  lacking = () => false;
  held = Promise.resolve();
});

const posterSwitch = (page: Page) => page.getByTestId("posters");

async function turn(page: Page, on: boolean): Promise<void> {
  await openPanel(page);
  await posterSwitch(page).setChecked(on);
  await page.keyboard.press("Escape");
}

/** How far things have moved by themselves since the page was opened. */
async function watchMoves(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const moves = window as unknown as { moved: number };
    moves.moved = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
        if (!entry.hadRecentInput) moves.moved += entry.value;
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  return () => page.evaluate(() => (window as unknown as { moved: number }).moved);
}

/** Until what was drawn is on the screen, and the view has stopped. */
const settled = (page: Page) => page.waitForTimeout(400);

test("until the viewer turns posters on nothing is asked of their host, and nothing again once they are off", async ({ page }) => {
  await visitAndSkip(page);
  const list = await ask(page, "popular");
  await expect(films(list)).toHaveCount(10);
  await films(list).first().getByTestId("film-title").getByRole("button").click();
  await expect(page.getByTestId("film-dialog").getByRole("link", { name: /IMDb/ })).toBeVisible();
  await page.keyboard.press("Escape");
  await openPanel(page);
  await expect(posterSwitch(page)).not.toBeChecked();
  const { port } = images.address() as AddressInfo;
  await expect(posterSwitch(page)).toHaveAccessibleDescription(new RegExp(`from 127\\.0\\.0\\.1:${port}, which then sees your address`));
  await expect(page.getByTestId("poster")).toHaveCount(0);
  await page.waitForLoadState("networkidle");
  expect(asked).toEqual([]);

  await turn(page, true);
  await expect.poll(() => asked.length).toBeGreaterThan(0);
  await turn(page, false);
  await expect(page.getByTestId("poster")).toHaveCount(0);
  asked = [];
  await page.reload();
  await expect(films(page.getByTestId("turn"))).toHaveCount(10);
  await ask(page, "more");
  await page.waitForLoadState("networkidle");
  expect(asked).toEqual([]);
});

for (const width of [320, 375, 1440, 1920]) {
  test(`posters come where they were waited for, at ${width} px`, async ({ page }) => {
    const moved = await watchMoves(page);
    await page.setViewportSize({ width, height: 900 });
    const complaints: string[] = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await visitAndSkip(page);
    await turn(page, true);
    const release = hold();
    const list = await ask(page, "popular");
    const shown = films(list).first().getByTestId("poster").locator("img");
    await expect.poll(() => asked.length).toBeGreaterThan(0);
    await settled(page);
    const before = await moved();
    release();
    await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(200);
    await settled(page);
    expect(await moved(), "nothing moves when the images come").toBe(before);
    for (const { headers } of asked) expect(headers.referer, "the host is not told where it is shown").toBeUndefined();
    for (const box of await list.getByTestId("poster").all()) {
      const { width: across, height: down } = (await box.boundingBox())!;
      expect(Math.abs(down / across - 1.5), `${across} × ${down}`).toBeLessThan(0.03);
    }
    // Kept, and for every list, over a reload.
    await page.reload();
    await expect(films(page.getByTestId("turn"))).toHaveCount(10);
    await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(200);

    await films(list).nth(1).getByTestId("film-title").getByRole("button").click();
    const dialog = page.getByTestId("film-dialog");
    const large = dialog.getByTestId("poster").locator("img");
    await expect.poll(() => large.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(200);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    const wider = await dialog.evaluate((element) =>
      [element, ...element.querySelectorAll("div")].filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ className }) => className),
    );
    expect(wider, "nothing is wider than its room").toEqual([]);
    expect(await moved()).toBeLessThan(0.05);
    expect(complaints).toEqual([]);
  });
}

test("images are loaded lazily, and say nothing that the title beside them does not", async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 500 });
  await visitAndSkip(page);
  await turn(page, true);
  const list = await ask(page, "popular");
  await expect.poll(() => asked.length).toBeGreaterThan(0);
  for (const image of await list.locator("img").all()) {
    await expect(image).toHaveAttribute("loading", "lazy");
    await expect(image).toHaveAttribute("alt", "");
  }
});

test("a film without an image, and a host that is gone, leave a drawn box of the same shape", async ({ page }) => {
  lacking = (film) => film % 2 === 0;
  const moved = await watchMoves(page);
  await visitAndSkip(page);
  await turn(page, true);
  const release = hold();
  const list = await ask(page, "popular");
  await expect.poll(() => asked.length).toBeGreaterThan(1);
  await settled(page);
  const before = await moved();
  release();
  const boxes = list.getByTestId("poster");
  await expect.poll(() => list.locator('[data-missing="true"]').count()).toBeGreaterThan(0);
  const missing = list.locator('[data-missing="true"]').first();
  await expect(missing.locator("img")).toHaveCount(0);
  await expect(missing.locator("svg")).toBeVisible();
  const [gone, there] = [await missing.boundingBox(), await list.locator('[data-missing="false"]').first().boundingBox()];
  expect([gone!.width, gone!.height]).toEqual([there!.width, there!.height]);
  await settled(page);
  expect(await moved()).toBe(before);

  lacking = () => true;
  await page.reload();
  await expect.poll(() => boxes.first().getAttribute("data-missing")).toBe("true");
});

for (const theme of ["light", "dark"] as const) {
  test(`the switch, the cards and the details with posters pass axe in the ${theme} theme`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await visitAndSkip(page);
    await turn(page, true);
    const list = await ask(page, "popular");
    await openPanel(page);
    await films(list).first().getByTestId("film-title").getByRole("button").click();
    await expect(page.getByTestId("film-dialog").getByTestId("poster")).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join()}`)).toEqual([]);
    await page.keyboard.press("Escape");
    const whole = await new AxeBuilder({ page }).analyze();
    expect(whole.violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join()}`)).toEqual([]);
  });
}

test("where the server knows of no posters the page has no switch for them, whatever the browser remembers", async ({ browser }) => {
  const page = await (await browser.newContext({ baseURL: "http://127.0.0.1:8899" })).newPage();
  await page.addInitScript(() => localStorage.setItem("cineswarm.posters", "images.example"));
  await visitAndSkip(page);
  await ask(page, "popular");
  await openPanel(page);
  await expect(posterSwitch(page)).toHaveCount(0);
  await expect(page.getByTestId("poster")).toHaveCount(0);
});

test("a yes to one host is none to another", async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem("cineswarm.posters", "images.example"));
  await visitAndSkip(page);
  await ask(page, "popular");
  await openPanel(page);
  await expect(posterSwitch(page)).not.toBeChecked();
  expect(asked).toEqual([]);
});
