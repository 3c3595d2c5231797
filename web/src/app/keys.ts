import type { KeyHelp } from "@/ui/useKeys";

/** The keys that work on every page; letters after `G` are those of the rooms. */
export const EVERYWHERE: KeyHelp = [
  ["Ctrl K", "Find or run"],
  ["/", "The page's filter"],
  ["T", "Time range"],
  ["[  ]", "Half a range back, forward"],
  ["Z", "Back, after zooming"],
  ["V", "Compare with another period"],
  ["L", "Live on, off"],
  ["Space", "Hold the page still; again: catch up"],
  ["Shift C", "Copy link, range made absolute"],
  ["Esc", "Close; then clear the selection"],
  ["?", "These keys"],
];
