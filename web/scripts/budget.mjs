// Fails when a page's JavaScript (gzip) outgrows its budget. Reads the manifest of the last build.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const KB = 1000;
const SHELL = "index.html";
/** JavaScript a page may add to the shell, in kB gzip; others have the default. */
const PAGES = {
  "src/features/alerts/AlertsPage.tsx": 45,
  "src/features/data-health/DataHealthPage.tsx": 20,
  "src/features/errors/ErrorsPage.tsx": 45,
  "src/features/errors/IssuePage.tsx": 55,
  "src/features/explore/ExplorePage.tsx": 190,
  "src/features/home/HomePage.tsx": 45,
  "src/features/logs/LogsPage.tsx": 45,
  "src/features/session/FirstRunPage.tsx": 20,
  "src/features/session/LoginPage.tsx": 10,
  "src/features/settings/SettingsPage.tsx": 25,
  "src/features/traces/TracePage.tsx": 40,
  "src/features/traces/TracesPage.tsx": 45,
};
const SHELL_KB = 130;
const DEFAULT_KB = 45;

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", dist), "utf8"));
const sizes = new Map();

const gzipped = (file) => {
  if (!sizes.has(file))
    sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length);
  return sizes.get(file);
};

/** Files that an entry loads at once, by its static imports. */
function files(entry, found = new Set()) {
  const chunk = manifest[entry];
  if (chunk === undefined || found.has(chunk.file)) return found;
  if (chunk.file.endsWith(".js")) found.add(chunk.file);
  for (const one of chunk.imports ?? []) files(one, found);
  return found;
}

const sum = (names) => [...names].reduce((total, name) => total + gzipped(name), 0);
const shell = files(SHELL);
const rows = [["shell", sum(shell), SHELL_KB]];
for (const [entry, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry || !/Page\.tsx$/.test(entry)) continue;
  const own = [...files(entry)].filter((file) => !shell.has(file));
  rows.push([entry, sum(own), PAGES[entry] ?? DEFAULT_KB]);
}

let failed = false;
for (const [name, bytes, limit] of rows) {
  const isShort = bytes > limit * KB;
  failed ||= isShort;
  console.log(
    `${isShort ? "OVER" : "ok  "} ${(bytes / KB).toFixed(1).padStart(6)} kB of ${limit} kB  ${name}`,
  );
}
process.exit(failed ? 1 : 0);
