import { type ReactNode, useEffect, useState } from "react";
import { createPortal } from "react-dom";

/** Where pages put controls beside the heading in the bar. */
export const PAGE_TOOLS_ID = "page-tools";

/** Controls beside the page's heading, such as previous and next. */
export function PageTools({ children }: { children: ReactNode }): ReactNode {
  const [host, setHost] = useState<HTMLElement | null>(null);
  useEffect(() => setHost(document.getElementById(PAGE_TOOLS_ID)), []);
  return host ? createPortal(children, host) : null;
}
