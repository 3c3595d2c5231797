import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.WATCHKEEPER_URL ?? "http://127.0.0.1:8099";

export default defineConfig(({ command }) => ({
  plugins: [react()],
  // The server answers assets under /assets/ and index.html for every page.
  base: command === "build" ? "/assets/" : "/",
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { port: 5173, strictPort: true, proxy: { "/api": server, "/p": server } },
  build: {
    target: "es2022",
    assetsDir: "",
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], environment: "node" },
}));
