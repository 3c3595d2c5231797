// Sets the theme before the first paint. Its own file: the pages allow no inline script.
(() => {
  let kept = "system";
  try {
    kept = localStorage.getItem("wk.theme") || "system";
  } catch {
    /* storage switched off: follow the system */
  }
  const dark =
    kept === "dark" || (kept !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
