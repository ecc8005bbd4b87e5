import type { RunVersion } from "../../api/candidate.ts";
import { Ago } from "../../parts/Time.tsx";
import { Card } from "./Card.tsx";
import styles from "./Details.module.css";
import { versionAddress } from "./models/addresses.ts";

/** The versions of registered models that were made from the candidate. */
export const Registered = ({ project, versions }: { project: string; versions: readonly RunVersion[] }) => (
  <Card title="Registered models" count={versions.length} flush>
    <ul className={styles.list}>
      {versions.map(({ name, version, stage, aliases, createdAt }) => (
        <li key={`${name} ${version}`}>
          <a href={versionAddress(project, name, version)}>
            {name} version {version}
          </a>
          <span className={styles.facts}>
            {stage === "None" ? null : <span>{stage}</span>}
            {aliases.map((alias) => (
              <span key={alias}>@{alias}</span>
            ))}
            <Ago time={createdAt} />
          </span>
        </li>
      ))}
    </ul>
  </Card>
);
