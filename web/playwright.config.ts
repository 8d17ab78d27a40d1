// Two suites. `e2e` runs against a master at BASE_URL, whatever its films; `page` runs the page against the fake server.
// With FAKE_SERVER=1 the e2e suite too runs against the fake server, which keeps the suite itself honest.
import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";

const fakePort = 8899;
const fakeAddress = `http://127.0.0.1:${fakePort}`;
const fakeWanted = process.env.FAKE_SERVER === "1" || process.argv.includes("--project=page");

const webServer: PlaywrightTestConfig["webServer"] = {
  command: "node test/fake-server.mjs",
  url: `${fakeAddress}/health`,
  env: { PORT: String(fakePort), STEP_MS: "40" },
};

export default defineConfig({
  // axe reads the whole page several times, on machines that may be busy.
  timeout: 90_000,
  expect: { timeout: 10_000 },
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  reporter: process.env.CI ? [["line"]] : [["list"]],
  outputDir: "test-results",
  ...(fakeWanted ? { webServer } : {}),
  use: {
    browserName: "chromium",
    locale: "en-GB",
    viewport: { width: 1440, height: 900 },
    trace: "off",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
      ],
    },
  },
  projects: [
    {
      name: "e2e",
      testDir: "e2e",
      use: { baseURL: process.env.FAKE_SERVER === "1" ? fakeAddress : (process.env.BASE_URL ?? "http://127.0.0.1:8888") },
    },
    { name: "page", testDir: "test", use: { baseURL: fakeAddress } },
  ],
});
