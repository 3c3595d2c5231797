/** A request as a command for a shell, to send it again. */

type Request = Readonly<Record<string, unknown>>;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Values that were taken out by privacy stay as they are shown: they must be filled in. */
export function curlOf(request: Request): string {
  const method = typeof request.method === "string" ? request.method.toUpperCase() : "GET";
  const body = bodyOf(request.data);
  const words = [
    "curl",
    ...(method === "GET" && body === "" ? [] : ["-X", method]),
    quoted(urlOf(request)),
    ...pairsOf(request.headers)
      .filter(([name]) => !/^(?:host|content-length|cookie)$/i.test(name))
      .flatMap(([name, value]) => ["-H", quoted(`${name}: ${value}`)]),
    ...(body === "" ? [] : ["--data-raw", quoted(body)]),
  ];
  return words.join(" ");
}

function urlOf({ url, query_string }: Request): string {
  const bare = typeof url === "string" ? url : "";
  const query =
    typeof query_string === "string"
      ? query_string
      : new URLSearchParams(pairsOf(query_string)).toString();
  if (query === "" || bare.includes("?")) return bare;
  return `${bare}?${query.replace(/^\?/, "")}`;
}

/** Headers come as an object or as a list of pairs. */
function pairsOf(value: unknown): [string, string][] {
  if (Array.isArray(value))
    return value
      .filter((one): one is [unknown, unknown] => Array.isArray(one) && one.length === 2)
      .map(([name, inner]) => [String(name), String(inner)]);
  if (typeof value === "object" && value !== null)
    return Object.entries(value).map(([name, inner]) => [name, String(inner)]);
  return [];
}

function bodyOf(data: unknown): string {
  if (data === undefined || data === null || data === "") return "";
  return typeof data === "string" ? data : JSON.stringify(data);
}
