/** What the tree has to know of a file or a folder. */
interface Artifact {
  path: string;
  name: string;
  isFolder: boolean;
  /** Bytes. */
  size: number;
}

/** A row of the tree. */
export interface Node {
  artifact: Artifact;
  /** Depth, from 1. */
  level: number;
  /** undefined for files. */
  isOpen: boolean | undefined;
  /** Its number among those beside it, from 1, and how many they are. */
  position: number;
  siblings: number;
}

/** The folders above a path, from the root: `a/b/c` is below "", `a` and `a/b`. */
export const foldersAbove = (path: string): string[] => {
  const parts = path.split("/");
  return parts.map((_, at) => parts.slice(0, at).join("/"));
};

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/**
 * The rows of a tree, from the top.
 * @param inside what lies in a folder; undefined while it is on its way.
 */
export function rowsOf(
  inside: (folder: string) => readonly Artifact[] | undefined,
  isOpen: (folder: string) => boolean,
  folder = "",
  level = 1,
): Node[] {
  const found = inside(folder) ?? [];
  const rows: Node[] = [];
  for (const [at, artifact] of found.entries()) {
    const open = artifact.isFolder ? isOpen(artifact.path) : undefined;
    rows.push({ artifact, level, isOpen: open, position: at + 1, siblings: found.length });
    if (open) rows.push(...rowsOf(inside, isOpen, artifact.path, level + 1));
  }
  return rows;
}

export type Move = { to: number } | { open: number } | { close: number } | { choose: number };

/** What a key does in the tree (WAI-ARIA's tree view); undefined for nothing. @param at the active row. */
export function keyMove(rows: readonly Node[], at: number, key: string): Move | undefined {
  const node = rows[at];
  if (node === undefined) return undefined;
  const last = rows.length - 1;
  switch (key) {
    case "ArrowDown":
      return { to: Math.min(last, at + 1) };
    case "ArrowUp":
      return { to: Math.max(0, at - 1) };
    case "Home":
      return { to: 0 };
    case "End":
      return { to: last };
    case "Enter":
    case " ":
      return { choose: at };
    case "ArrowRight":
      if (node.isOpen === undefined) return undefined;
      return node.isOpen ? { to: Math.min(last, at + 1) } : { open: at };
    case "ArrowLeft":
      if (node.isOpen) return { close: at };
      return { to: rows.findLastIndex((other, i) => (i <= at && other.level < node.level) || i === 0) };
    default:
      return key.length === 1 ? named(rows, at, key) : undefined;
  }
}

/** The next row whose name begins with a letter. */
function named(rows: readonly Node[], at: number, letter: string): Move | undefined {
  const order = [...rows.keys()].map((i) => (at + 1 + i) % rows.length);
  const to = order.find((i) => rows[i]?.artifact.name.toLowerCase().startsWith(letter.toLowerCase()));
  return to === undefined ? undefined : { to };
}
