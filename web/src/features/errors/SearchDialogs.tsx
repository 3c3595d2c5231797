import { type FormEvent, type ReactNode, useState } from "react";
import { type KeptSearch, useSearchAct } from "@/api/issue-search";
import type { Scope } from "@/api/scope";
import type { SearchMap } from "@/lib/url-state";
import { Button, Checkbox, TextField } from "@/ui/controls";
import { Dialog } from "@/ui/Dialog";
import { toast } from "@/ui/Toasts";
import { refused } from "./actions";
import { queryOf, severityOf, sortOf, viewOf } from "./views";

interface SearchDialogsProps {
  scope: Scope;
  search: SearchMap;
  searches: readonly KeptSearch[];
  open: "keep" | "manage";
  onClose: () => void;
}

/** Keeps the search of the address, or changes those that were kept. */
export function SearchDialogs(props: SearchDialogsProps): ReactNode {
  const { scope, search, searches, open, onClose } = props;
  if (open === "keep")
    return (
      <Dialog title="Save this search" open onClose={onClose}>
        <Keep scope={scope} search={search} onDone={onClose} />
      </Dialog>
    );
  return (
    <Dialog title="Saved searches" wide open onClose={onClose}>
      <Manage scope={scope} searches={searches} />
    </Dialog>
  );
}

function Keep({
  scope,
  search,
  onDone,
}: Pick<SearchDialogsProps, "scope" | "search"> & { onDone: () => void }): ReactNode {
  const view = viewOf(search.tab);
  const query = queryOf(search.q ?? "", severityOf(search.severity), view);
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(false);
  const [isDefault, setDefault] = useState(false);
  const { run, isBusy } = useSearchAct(scope.project.id);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const sort = view.sort ?? sortOf(search.sort);
    const kept = { name: name.trim(), query, sort, is_shared: isShared, is_default: isDefault };
    run({ act: "add", search: kept }).then(() => {
      toast(`“${kept.name}” saved`, { status: "ok" });
      onDone();
    }, refused);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <p className="mono pre">{query || "every issue"}</p>
      <TextField label="Name" value={name} onChange={setName} required maxLength={100} autoFocus />
      <Checkbox label="Everybody in the project sees it" checked={isShared} onChange={setShared} />
      <Checkbox
        label={isShared ? "The list opens with it, for everybody" : "My list opens with it"}
        checked={isDefault}
        onChange={setDefault}
      />
      <div className="foot">
        <Button type="submit" kind="primary" busy={isBusy}>
          Save
        </Button>
      </div>
    </form>
  );
}

function Manage({ scope, searches }: { scope: Scope; searches: readonly KeptSearch[] }): ReactNode {
  const { run } = useSearchAct(scope.project.id);
  if (searches.length === 0) return <p className="muted">No search is saved.</p>;
  const forget = (one: KeptSearch): void => {
    const { name, query, sort, is_shared, is_default } = one;
    const undo = (): void =>
      void run({ act: "add", search: { name, query, sort, is_shared, is_default } }).catch(refused);
    run({ act: "delete", id: one.id }).then(
      () => toast(`“${name}” deleted`, { status: "ok", undo }),
      refused,
    );
  };
  const patch = (one: KeptSearch, what: { is_shared?: boolean; is_default?: boolean }): void =>
    void run({ act: "change", id: one.id, patch: what }).catch(refused);
  return (
    <ul className="kept">
      {searches.map((one) => (
        <li key={one.id}>
          <span className="m">{one.name}</span>
          <span className="mono faint s trunc" title={one.query}>
            {one.query || "every issue"}
          </span>
          <Checkbox
            label="Shared"
            checked={one.is_shared}
            onChange={(on) => patch(one, { is_shared: on })}
          />
          <Checkbox
            label="Default"
            checked={one.is_default}
            onChange={(on) => patch(one, { is_default: on })}
          />
          <Button small kind="quiet" aria-label={`Delete ${one.name}`} onClick={() => forget(one)}>
            Delete
          </Button>
        </li>
      ))}
    </ul>
  );
}
