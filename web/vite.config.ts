import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const master = process.env.BASE_URL ?? "http://127.0.0.1:8888";

export default defineConfig({
  plugins: [svelte()],
  build: {
    // The page is served under `default-src 'self'`, which forbids data: addresses: no asset is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: {
    proxy: {
      "/api": master,
      "/socket.io": { target: master, ws: true },
    },
  },
  test: { include: ["src/**/*.test.ts"] },
});
