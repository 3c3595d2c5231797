/** Completion of the search language of traces: fields first, then the values of a field. */
import type { SearchFields, SearchValues } from "@/api/traces";
import { searchValue } from "@/lib/search-terms";
import { compact } from "@/lib/units";
import { type Offers, type Suggestion, type Typing, wordAt } from "@/ui/QueryField";

export interface Asked {
  /** `service`, `attr.http.target`; empty while the field itself is typed. */
  readonly field: string;
  readonly prefix: string;
}

/** Which field's values are being typed at the cursor. */
export function askedAt({ text, cursor }: Typing): Asked {
  const { word } = wordAt(text, cursor);
  const hit = /^([\w.@/-]+):([<>=!]*)"?(.*)$/.exec(word);
  return hit ? { field: hit[1] ?? "", prefix: hit[3] ?? "" } : { field: "", prefix: word };
}

/** Terms that may stand at the cursor. */
export function offersAt(
  typing: Typing,
  known: SearchFields | null,
  values: SearchValues["values"],
): Offers {
  const { word, from, to } = wordAt(typing.text, typing.cursor);
  const { field, prefix } = askedAt(typing);
  const options =
    field === "" ? fieldOptions(known, prefix) : valueOptions(field, word, prefix, values);
  return { text: typing.text, from, to, options: options.filter((one) => one.insert !== word) };
}

function fieldOptions(known: SearchFields | null, prefix: string): Suggestion[] {
  if (known === null) return [];
  const wanted = prefix.toLowerCase();
  const fields = known.fields.map(({ name, example, doc }) => ({
    label: `${name}:`,
    insert: `${name}:`,
    note: doc || example,
  }));
  const attributes = known.attributes.map((key) => ({
    label: `attr.${key}:`,
    insert: `attr.${key}:`,
    note: "attribute",
  }));
  const all = [...fields, ...attributes].filter(({ label }) =>
    label.toLowerCase().includes(wanted),
  );
  return all.sort(
    (a, b) =>
      Number(b.label.toLowerCase().startsWith(wanted)) -
      Number(a.label.toLowerCase().startsWith(wanted)),
  );
}

function valueOptions(
  field: string,
  word: string,
  prefix: string,
  values: SearchValues["values"],
): Suggestion[] {
  const operator = /^[\w.@/-]+:([<>=!]*)/.exec(word)?.[1] ?? "";
  return values
    .filter(({ value }) => value.toLowerCase().startsWith(prefix.toLowerCase()))
    .map(({ value, count }) => ({
      label: value === "" ? "(empty)" : value,
      insert: `${field}:${operator}${searchValue(value)}`,
      note: `${compact(count)} spans`,
    }));
}

const STATUSES = ["ok", "error", "unset"];

/** Values that need no server. */
export const fixedValues = (field: string): SearchValues["values"] =>
  field === "status" ? STATUSES.map((value) => ({ value, count: 0 })) : [];
