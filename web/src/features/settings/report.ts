import { toFailure } from "@/api/queries";
import { toast } from "@/ui/Toasts";

/** What became of a change, in a toast: `said` on success, the server's words otherwise. */
export function report(
  said: string,
  undo?: () => void,
): { onSuccess: () => void; onError: (error: Error) => void } {
  return {
    onSuccess: () => toast(said, { status: "ok", ...(undo ? { undo } : {}) }),
    onError: (error) => toast(toFailure(error).message, { status: "crit" }),
  };
}
