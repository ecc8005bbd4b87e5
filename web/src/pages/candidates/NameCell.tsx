import { use } from "react";
import { toAddress } from "../../address.ts";
import type { Candidate } from "../../api/candidates.ts";
import { Icon } from "../../parts/Icon.tsx";
import styles from "./cells.module.css";
import { TreeContext } from "./tree.ts";

/**
 * The name, as a link to the candidate; not one of the router, which costs more than all of the row; in a tree at its depth, with what opens its children.
 */
export function NameCell({ candidate }: { candidate: Candidate }) {
  const { project, levels, isExpanded, hasBranches, open } = use(TreeContext);
  const { name, id, children } = candidate;
  const level = levels.get(id) ?? 1;
  const isOpen = isExpanded(candidate);
  return (
    <span
      className={styles.name}
      style={{ paddingLeft: (level - 1) * 18 + (hasBranches && children === 0 ? 16 : 0) }}
    >
      {children === 0 ? null : (
        <button
          type="button"
          tabIndex={-1}
          className={styles.expand}
          data-expand=""
          data-open={isOpen ? "" : undefined}
          aria-label={`${isOpen ? "Close" : "Open"} ${name}`}
        >
          <Icon name="chevron" />
        </button>
      )}
      <a
        href={toAddress(`/p/${encodeURIComponent(project)}/ml/candidates/${candidate.iid}`)}
        tabIndex={-1}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          open(candidate);
        }}
      >
        {name === "" ? <em>No name</em> : name}
      </a>
      {children === 0 || isOpen ? null : (
        <span className={styles.children} title={`${children} children`}>
          {children}
        </span>
      )}
    </span>
  );
}
