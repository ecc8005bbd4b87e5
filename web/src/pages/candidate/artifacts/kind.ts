/** How a file is shown. `unknown` is looked at, and is text or is not. */
export type Kind = "picture" | "json" | "table" | "markdown" | "page" | "text" | "unknown";

const kinds: Record<string, Kind> = {
  ...of("picture", "png jpg jpeg gif webp bmp avif ico svg"),
  ...of("json", "json geojson ipynb webmanifest"),
  ...of("table", "csv tsv"),
  ...of("markdown", "md markdown"),
  ...of("page", "html htm"),
  ...of(
    "text",
    "txt log err out cfg conf ini properties toml yaml yml jsonl ndjson xml css js mjs ts tsx py r jl sh sql rst tex go rs java c h cpp diff patch env",
  ),
};

function of(kind: Kind, extensions: string): Record<string, Kind> {
  return Object.fromEntries(extensions.split(" ").map((extension) => [extension, kind]));
}

/** By the name alone. */
export function kindOf(name: string): Kind {
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(kinds, extension) ? (kinds[extension] as Kind) : "unknown";
}

const MB = 1_000_000;

/** Bytes: of text, as many are loaded from the beginning; pictures and pages that are larger are not loaded at all. */
export const mostBytes: Record<Kind, number> = {
  picture: 30 * MB,
  page: 10 * MB,
  json: 2 * MB,
  table: 4 * MB,
  markdown: MB / 2,
  text: MB / 2,
  unknown: MB / 2,
};
