// npm's `@fal-ai/client`, as published. Reads {base, key, files: [{path, name, type}], lifecycle, proxy, nested} and
// answers with the URLs.
import { readFile } from "node:fs/promises";
import { createFalClient } from "@fal-ai/client";

const { base, key, files, lifecycle, proxy, nested = true } = JSON.parse(await readFile("/dev/stdin", "utf8"));
const elsewhere = async (request) => ({ ...request, url: request.url.replace("https://rest.fal.ai", base) });
const fal = createFalClient({
  credentials: key,
  ...(proxy ? { proxyUrl: { url: base + "/api/fal/proxy", when: "always" } } : { requestMiddleware: elsewhere }),
});

const blobs = await Promise.all(
  files.map(async ({ path, name, type }) => {
    const bytes = await readFile(path);
    return name ? new File([bytes], name, { type }) : new Blob([bytes], { type });
  }),
);

try {
  const urls = [];
  for (const blob of blobs) urls.push(await fal.storage.upload(blob, { lifecycle }));
  if (nested) urls.push((await fal.storage.transformInput({ nested: [{ deeper: blobs[0] }] })).nested[0].deeper);
  console.log(JSON.stringify({ urls }));
} catch (error) {
  console.log(JSON.stringify({ name: error.name, message: error.message, status: error.status }));
}
