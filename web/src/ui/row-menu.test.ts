import { afterEach, describe, expect, it } from "vitest";
import { openMenu, rowMenu, showMenu, watchMenu } from "./row-menu";

afterEach(() => showMenu(null));

describe("the menu of a row", () => {
  it("tells whoever watches, until they stop", () => {
    let told = 0;
    const stop = watchMenu(() => {
      told += 1;
    });
    showMenu({ facts: { name: "up" }, x: 1, y: 2, from: null });
    stop();
    showMenu(null);
    expect(told).toBe(1);
    expect(openMenu()).toBeNull();
  });

  it("leaves the browser's own menu to Shift", () => {
    const { onContextMenu } = rowMenu(() => ({ name: "up" }));
    let isPrevented = false;
    const event = { shiftKey: true, preventDefault: () => (isPrevented = true) };
    onContextMenu({ ...event, target: null, currentTarget: null } as never);
    expect(isPrevented).toBe(false);
    expect(openMenu()).toBeNull();
  });
});
