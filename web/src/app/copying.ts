import { type Scope, spanNow } from "@/api/scope";
import { absolute } from "@/lib/time";
import { stringifySearch } from "@/lib/url-state";
import { toast } from "@/ui/Toasts";

/** Puts text on the clipboard and says `done`. */
export async function copyText(text: string, done: string): Promise<void> {
  await navigator.clipboard.writeText(text).then(
    () => toast(done),
    () => toast("The browser did not allow copying", { status: "warn" }),
  );
}

/** The address of this page with its range as instants, so that others see the same. */
export function copyLink(scope: Scope): Promise<void> {
  const search = Object.fromEntries(new URLSearchParams(location.search));
  const link =
    location.origin +
    location.pathname +
    stringifySearch({ ...search, ...absolute(spanNow(scope.range)) });
  return copyText(link, "Link copied, with this range as instants");
}
