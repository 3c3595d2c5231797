// Pictures of pages, for judging by eye, with axe's and the layout's verdict beside each.
//   node dev/shots.mjs OUT_DIR [path …]      (the mock server must be running, the UI built)
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [out = "shots", ...paths] = process.argv.slice(2);
const base = process.env.BASE ?? "http://127.0.0.1:8099";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const sizes = { "1440x900": { width: 1440, height: 900 }, "390x844": { width: 390, height: 844 } };
mkdirSync(out, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
for (const path of paths.length > 0 ? paths : ["/o/academy/home"]) {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const theme of ["dark", "light"]) await shoot(path, size, viewport, theme);
  }
}
await browser.close();

async function shoot(path, size, viewport, theme) {
  const context = await browser.newContext({
    viewport,
    colorScheme: theme,
    timezoneId: "Europe/Berlin",
    locale: "en-GB",
    isMobile: viewport.width < 500,
    hasTouch: viewport.width < 500,
  });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) =>
    message.type() === "error" ? problems.push(message.text()) : undefined,
  );
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.addInitScript(measure);
  await page.goto(base + path);
  await page.waitForLoadState("load");
  await page.waitForTimeout(900);
  const name = `${path.replace(/^\/o\/\w+\//, "").replace(/[^\w]+/g, "-") || "root"}-${theme}-${size}`;
  await page.screenshot({ path: `${out}/${name}.png` });
  const { cls, lcp } = await page.evaluate(() => globalThis.vitals);
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  const session = await context.newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const result = await page.evaluate(() =>
    globalThis.axe.run({
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  const found = result.violations.map(
    (one) =>
      `${one.id} (${one.impact}): ${one.nodes
        .map((node) => node.target.join(" "))
        .slice(0, 3)
        .join(" | ")}`,
  );
  console.log(
    `${name}  cls ${cls.toFixed(4)}  lcp ${Math.round(lcp)} ms${sideways ? "  SCROLLS SIDEWAYS" : ""}`,
  );
  for (const line of [...found, ...problems]) console.log(`   ${line}`);
  await context.close();
}

function measure() {
  globalThis.vitals = { cls: 0, lcp: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if (!entry.hadRecentInput) globalThis.vitals.cls += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) globalThis.vitals.lcp = entry.startTime;
  }).observe({ type: "largest-contentful-paint", buffered: true });
}
