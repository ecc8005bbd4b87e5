import { extname } from "node:path/posix";

const text = "text/plain; charset=utf-8";

// What browsers would run (html, xhtml, xml, js, css) is text like any other: to be read, never to be executed.
const textExtensions =
  "txt log err out cfg conf cnf cf ini properties prop hocon toml yaml yml json jsonl ndjson geojson ipynb xml html htm xhtml css js mjs ts py py3 r sh sql csv tsv md rst tex";

const types: Record<string, string> = {
  ...Object.fromEntries(textExtensions.split(" ").map((extension) => [extension, text])),
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  bmp: "image/bmp",
  tif: "image/tiff",
  tiff: "image/tiff",
  avif: "image/avif",
  ico: "image/x-icon",
  svg: "image/svg+xml",
  pdf: "application/pdf",
  mp3: "audio/mpeg",
  wav: "audio/wav",
  ogg: "audio/ogg",
  flac: "audio/flac",
  mp4: "video/mp4",
  webm: "video/webm",
  zip: "application/zip",
  gz: "application/gzip",
  tgz: "application/gzip",
  tar: "application/x-tar",
  parquet: "application/vnd.apache.parquet",
};

const textNames = new Set(["MLmodel", "MLproject", "Dockerfile"]);

/**
 * The Content-Type of an artifact, by its name alone: neither what the uploader said nor the bytes have a say in it
 * (security.md §2.5). The text family is MLflow's, and larger (behaviour.md §10).
 */
export function contentType(name: string): string {
  if (textNames.has(name)) return text;
  const extension = extname(name).slice(1).toLowerCase();
  return (Object.hasOwn(types, extension) ? types[extension] : undefined) ?? "application/octet-stream";
}
