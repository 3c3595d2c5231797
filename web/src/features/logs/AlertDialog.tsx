import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { useSaveLogQuery } from "@/api/logs";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import type { SearchMap } from "@/lib/url-state";
import { Button, TextField } from "@/ui/controls";
import { Dialog } from "@/ui/Dialog";
import { scopeOnly } from "@/ui/PageLink";

interface AlertDialogProps {
  scope: Scope;
  q: string;
  onClose: () => void;
}

/** A rule's expression on a counted search. */
export const alertExpression = (metric: string): string => `increase(${metric}[5m]) > 0`;

/** Makes the search a counter, then leads to the rule editor with a rule on it. */
export function AlertDialog({ scope, q, onClose }: AlertDialogProps): ReactNode {
  const navigate = useNavigate();
  const save = useSaveLogQuery(scope.project.id);
  const [name, setName] = useState(nameFrom(q));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate(
      { name: name.trim(), q },
      {
        onSuccess: (saved) => {
          void navigate({
            to: `/o/${scope.org.slug}/alerts`,
            search: (old: SearchMap) => ({
              ...scopeOnly(old),
              tab: "rules",
              sel: "new",
              q: alertExpression(saved.metric),
            }),
          });
        },
      },
    );
  };
  return (
    <Dialog title="Alert on this search" open onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p className="muted">
          Lines that match are counted from now on, as a series that any rule can use.
        </p>
        <p className="mono log-alert-q">{q}</p>
        <TextField
          label="Name of the count"
          value={name}
          onChange={setName}
          required
          maxLength={100}
          hint="becomes the label “query”"
          error={save.error ? toFailure(save.error).message : null}
        />
        <div className="foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind="primary"
            busy={save.isPending}
            reason={name.trim() === "" ? "Give it a name" : undefined}
          >
            Count it and write the rule
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const MOST_NAME = 60;

/** A first name out of the words of the search. */
export const nameFrom = (q: string): string =>
  q
    .toLowerCase()
    .replace(/[^\w]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, MOST_NAME);
