/** What the default rules are called on the page, and what they take out. */

export const DEFAULTS: readonly { readonly what: string; readonly words: string }[] = [
  {
    what: "By the name of a field",
    words:
      "Passwords, secrets, tokens, API keys, cookies, authorization, sessions, PINs, card and social security numbers: in headers, queries, bodies, variables, tags, everywhere",
  },
  {
    what: "By how text looks",
    words:
      "password=…, Bearer …, Cookie: …, passwords in URLs, private keys, tokens of well-known services, card numbers with a right check digit",
  },
  {
    what: "Numbers in SQL",
    words: "Of four digits and more become XXXX in statements and breadcrumbs",
  },
  {
    what: "In recordings of pages",
    words: "What people type becomes as many *; texts and addresses go through the same rules",
  },
];

const RULES: Readonly<Record<string, string>> = {
  secret_name: "name of a secret",
  denied_name: "name of a secret",
  assigned_secret: "password=…",
  bearer_token: "Bearer …",
  cookie_header: "Cookie: …",
  url_password: "password in a URL",
  private_key: "private key",
  known_token: "token by its shape",
  card_number: "card number",
  email: "e-mail address",
  ip_address: "IP address",
  sql_number: "number in SQL",
  source_line: "value in source code",
  too_deep: "nested too deep",
  name: "secret in a name",
};

/** `rule:2` is the second rule of the project. */
export function ruleWords(rule: string): string {
  const own = /^rule:(\d+)$/.exec(rule);
  return own ? `rule ${own[1]}` : (RULES[rule] ?? rule);
}

export const EMAILS = [
  { value: "hide", label: "Hide" },
  { value: "hash", label: "Hash: tells people apart" },
  { value: "keep", label: "Keep" },
] as const;

export const ADDRESSES = [
  { value: "hide", label: "Hide in fields made for them" },
  { value: "hide_everywhere", label: "Hide everywhere, in texts too" },
  { value: "keep", label: "Keep" },
] as const;

export const ATTACHMENTS = [
  { value: "pictures", label: "Keep texts, scrubbed, and pictures" },
  { value: "text", label: "Keep texts, scrubbed" },
  { value: "all", label: "Keep all, others unscrubbed" },
  { value: "none", label: "Keep none" },
] as const;

export const KINDS = [
  { value: "name", label: "name", example: "patient_no" },
  { value: "path", label: "path", example: "request.headers.x-foo" },
  { value: "text", label: "text", example: "PN-[0-9]{6}" },
] as const;

export const ACTIONS = [
  { value: "mask", label: "mask" },
  { value: "hash", label: "hash" },
  { value: "remove", label: "remove" },
  { value: "keep", label: "keep" },
] as const;

const SIGNALS: Readonly<Record<string, string>> = {
  errors: "Errors",
  logs: "Log lines",
  spans: "Spans",
  profiles: "Profiles",
  sessions: "Sessions",
  feedback: "Feedback",
  attachments: "Attachments",
  replays: "Replays",
  samples: "Metrics",
  exemplars: "Exemplars",
};

export const signalWords = (signal: string): string => SIGNALS[signal] ?? signal;

const PLACES: Readonly<Record<string, string>> = {
  meta: "relational store",
  columns: "events",
  blobs: "files",
  spool: "queue",
};

export const storeWords = (store: string): string => PLACES[store] ?? store;
