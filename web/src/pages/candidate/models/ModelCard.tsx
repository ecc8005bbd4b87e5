import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { mlmodelQuery } from "../../../api/mlmodel.ts";
import { accessQuery } from "../../../api/viewer.ts";
import { bytes } from "../../../format/bytes.ts";
import { isoTime } from "../../../format/time.ts";
import { buttonClass } from "../../../parts/Button.tsx";
import { CopyButton, Snippet } from "../../../parts/Copy.tsx";
import { Tag } from "../../../parts/Tag.tsx";
import { Moment } from "../../../parts/Time.tsx";
import { trackingUri } from "../../home/snippets.ts";
import { Card, Fact, Facts } from "../Card.tsx";
import { registerAddress } from "./addresses.ts";
import styles from "./ModelCard.module.css";
import { ModelValues } from "./ModelValues.tsx";
import { type Flavor, loadSnippets, modelFacts } from "./mlmodel.ts";
import type { LoggedModel } from "./models.ts";
import { Signature } from "./Signature.tsx";

const statuses: Record<string, string> = {
  PENDING: "Being uploaded",
  READY: "Ready",
  FAILED: "The upload failed",
};

/** What a logged model is, takes and gives, and how it is loaded. */
export function ModelCard({ project, runId, model }: { project: string; runId: string; model: LoggedModel }) {
  const { name, uri, source, folder, status, type, recorded } = model;
  const { data, isPending } = useQuery(mlmodelQuery(source, folder));
  const { data: access } = useQuery(accessQuery(project));
  const facts = modelFacts(data ?? recorded);
  const snippets = loadSnippets(uri, trackingUri(project), facts.flavors);
  return (
    <Card
      title={name}
      tools={
        <div className={styles.tools}>
          <Link
            className={buttonClass("quiet")}
            to="."
            search={{ tab: "artifacts", ...(source.kind === "model" ? { of: source.id } : { path: folder }) }}
          >
            Files
          </Link>
          {access?.canWriteRegistry ? (
            <a className={buttonClass("primary")} href={registerAddress(project, runId, folder || name)}>
              Register this model
            </a>
          ) : null}
        </div>
      }
    >
      <div className={styles.parts}>
        <div className={styles.part}>
          <div className={styles.flavors}>
            {facts.flavors.map((flavor) => (
              <Tag key={flavor.name} name={flavor.name} value={versionOf(flavor)} />
            ))}
          </div>
          <Facts>
            <Fact name="Model URI" tools={<CopyButton text={uri} label="Copy the model URI" />}>
              <code>{uri}</code>
            </Fact>
            <Fact name="Status">{status === undefined ? undefined : (statuses[status] ?? status)}</Fact>
            <Fact name="Type">{type}</Fact>
            <Fact name="Created">
              {facts.created === undefined ? undefined : <Created text={facts.created} />}
            </Fact>
            <Fact name="Size">{facts.size === undefined ? undefined : bytes(facts.size)}</Fact>
            <Fact name="MLflow">{facts.mlflowVersion}</Fact>
            <Fact name="Python">{pythonOf(facts.flavors)}</Fact>
            <Fact name="UUID">{facts.uuid === undefined ? undefined : <code>{facts.uuid}</code>}</Fact>
            <Fact name="Example">
              {facts.hasExample ? "An example of its input is among its files" : undefined}
            </Fact>
          </Facts>
          {isPending ? <p className={styles.soft}>Reading MLmodel …</p> : null}
          {snippets.length === 0 ? null : <h3>Load it</h3>}
          {snippets.map(({ title, code }) => (
            <div key={title} className={styles.snippet}>
              <p className={styles.soft}>{title}</p>
              <Snippet label={`the Python code: ${title}`} text={code} />
            </div>
          ))}
        </div>
        <div className={styles.part}>
          <ModelValues project={project} id={source.kind === "model" ? source.id : undefined} />
          <Signature facts={facts} isPending={isPending} />
        </div>
      </div>
    </Card>
  );
}

/** When it was made, in the viewer's zone; MLflow writes `2022-08-24 10:19:01.123456`, in UTC, and others whatever they like. */
function Created({ text }: { text: string }) {
  const time = isoTime(`${text.replace(" ", "T")}Z`);
  return time === undefined ? text : <Moment time={time} />;
}

/** The version of the library that a flavor names: `sklearn_version`, `xgb_version`. */
const versionOf = ({ name, facts }: Flavor) =>
  name === "python_function" ? "" : (facts.find(([key]) => /^(?!python).*_version$/.test(key))?.[1] ?? "");

/** The version of Python that it was logged with. */
const pythonOf = (flavors: readonly Flavor[]) =>
  flavors.flatMap(({ facts }) => facts).find(([key]) => key === "python_version")?.[1];
