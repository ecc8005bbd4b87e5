import { type KeyboardEvent, useId, useLayoutEffect, useRef, useState } from "react";
import { bytes } from "../../../format/bytes.ts";
import { Icon } from "../../../parts/Icon.tsx";
import { useWindow } from "../../../table/useWindow.ts";
import { rowHeight, scrolledHeight, scrollTopFor } from "../../../table/window.ts";
import styles from "./Artifacts.module.css";
import { keyMove, type Node } from "./tree.ts";

const noColumns: readonly number[] = [0];

/** The artifacts as a tree of any size: one stop for Tab, in which the arrows move. */
export function ArtifactTree({
  rows,
  chosen,
  waiting,
  onChoose,
  onOpen,
}: {
  rows: readonly Node[];
  /** The path that is shown. */
  chosen: string;
  /** Folders that are on their way. */
  waiting: ReadonlySet<string>;
  onChoose: (node: Node) => void;
  onOpen: (folder: string, open: boolean) => void;
}) {
  const id = useId();
  const tree = useRef<HTMLDivElement>(null);
  const [activePath, setActivePath] = useState(chosen);
  const at = Math.max(
    0,
    rows.findIndex(({ artifact }) => artifact.path === activePath),
  );
  const drawn = useWindow(tree, { rows: rows.length, starts: noColumns, frozen: 0, head: 0 });

  const reveal = (row: number) => {
    const { current } = tree;
    if (current !== null)
      current.scrollTop = scrollTopFor(row, rows.length, current.scrollTop, current.clientHeight - 16);
  };
  const activate = (row: number) => {
    setActivePath(rows[row]?.artifact.path ?? "");
    reveal(row);
  };
  // What an address leads to is seen at once, also when it stands far below.
  const chosenRow = rows.findIndex(({ artifact }) => artifact.path === chosen);
  const isThere = chosenRow >= 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: not again when what is above it opens and closes
  useLayoutEffect(() => {
    if (isThere) reveal(chosenRow);
  }, [isThere]);
  const choose = (node: Node) => {
    setActivePath(node.artifact.path);
    if (node.isOpen !== undefined) onOpen(node.artifact.path, !node.isOpen);
    onChoose(node);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = keyMove(rows, at, event.key);
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if ("to" in move) return activate(move.to);
    const [row = 0] = Object.values(move);
    const node = rows[row];
    if (node === undefined) return;
    if ("choose" in move) choose(node);
    else onOpen(node.artifact.path, "open" in move);
  };

  const items = [];
  for (let row = drawn.first; row < Math.min(drawn.end, rows.length); row++) {
    const node = rows[row] as Node;
    const { artifact, level, isOpen, position, siblings } = node;
    items.push(
      // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, and says which item is active
      // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
      <div
        key={artifact.path}
        id={`${id}-${row}`}
        role="treeitem"
        aria-level={level}
        aria-posinset={position}
        aria-setsize={siblings}
        aria-expanded={isOpen}
        aria-selected={artifact.path === chosen}
        aria-busy={waiting.has(artifact.path) || undefined}
        className={styles.item}
        data-active={row === at || undefined}
        title={artifact.path}
        style={{ top: row * rowHeight + drawn.shift, paddingLeft: (level - 1) * 16 + 6 }}
        onClick={() => choose(node)}
      >
        <span className={styles.chevron} data-open={isOpen || undefined}>
          {isOpen === undefined ? null : <Icon name="chevron" size={12} />}
        </span>
        <Icon name={isOpen === undefined ? "file" : "folder"} />
        <span className={styles.itemName}>{artifact.name}</span>
        {artifact.isFolder ? null : <span className={styles.size}>{bytes(artifact.size)}</span>}
      </div>,
    );
  }
  return (
    <div
      ref={tree}
      role="tree"
      aria-label="Artifacts"
      className={styles.tree}
      tabIndex={0}
      aria-activedescendant={rows.length === 0 ? undefined : `${id}-${at}`}
      onKeyDown={keys}
      style={{ "--rows": rows.length } as React.CSSProperties}
    >
      <div role="none" className={styles.items} style={{ height: scrolledHeight(rows.length) }}>
        {items}
      </div>
    </div>
  );
}
