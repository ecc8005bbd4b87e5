import { Link } from "@tanstack/react-router";
import { use } from "react";
import type { Candidate } from "../../api/candidates.ts";
import { Icon } from "../../parts/Icon.tsx";
import styles from "./cells.module.css";
import { TreeContext } from "./tree.ts";

/** The name, as a link to the candidate; in a tree at its depth, with what opens its children. */
export function NameCell({ candidate }: { candidate: Candidate }) {
  const { project, levels, isExpanded, hasBranches } = use(TreeContext);
  const { name, id, children } = candidate;
  const level = levels.get(id) ?? 1;
  const open = isExpanded(candidate);
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
          data-open={open ? "" : undefined}
          aria-label={`${open ? "Close" : "Open"} ${name}`}
        >
          <Icon name="chevron" />
        </button>
      )}
      <Link
        to="/p/$project/ml/candidates/$candidate"
        params={{ project, candidate: candidate.iid }}
        tabIndex={-1}
        title={name}
        preload={false}
      >
        {name === "" ? <em>No name</em> : name}
      </Link>
      {children === 0 || open ? null : (
        <span className={styles.children} title={`${children} children`}>
          {children}
        </span>
      )}
    </span>
  );
}
