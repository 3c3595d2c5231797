// Packs the built files once, so that the server need not at each request.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const LEAST_BYTES = 1024;

for (const name of readdirSync(dist)) {
  if (!/\.(js|css|svg)$/.test(name)) continue;
  const file = new URL(name, dist);
  const bytes = readFileSync(file);
  if (bytes.length < LEAST_BYTES) continue;
  writeFileSync(new URL(`${name}.gz`, dist), gzipSync(bytes, { level: 9 }));
  writeFileSync(
    new URL(`${name}.br`, dist),
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  );
}
