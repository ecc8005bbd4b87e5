import { Cell, Head, Row, Table } from "../../../parts/Table.tsx";
import styles from "./ModelCard.module.css";
import type { Field, ModelFacts } from "./mlmodel.ts";

/** What a model takes and gives. */
export function Signature({ facts, isPending }: { facts: ModelFacts; isPending: boolean }) {
  const { inputs, outputs, params } = facts;
  if (inputs === undefined && outputs === undefined && params === undefined)
    return isPending ? null : (
      <>
        <h3>Signature</h3>
        <p className={styles.soft}>
          It was logged without one. With <code>infer_signature</code> or an input example, MLflow keeps what
          a model takes and gives, and checks it.
        </p>
      </>
    );
  return (
    <>
      <Fields title="Inputs" fields={inputs} />
      <Fields title="Outputs" fields={outputs} />
      <Fields title="Parameters" fields={params} />
    </>
  );
}

function Fields({ title, fields }: { title: string; fields: readonly Field[] | undefined }) {
  if (fields === undefined || fields.length === 0) return null;
  const hasDefaults = fields.some(({ usual }) => usual !== undefined);
  return (
    <>
      <h3>{title}</h3>
      <div className={styles.fields}>
        <Table
          keepsColumns
          label={title}
          heads={
            <>
              <Head>Name</Head>
              <Head>Type</Head>
              {hasDefaults ? <Head>Default</Head> : null}
            </>
          }
        >
          {fields.map(({ name, type, isOptional, usual }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: names need not differ, and nothing is moved
            <Row key={at}>
              <Cell>{name === "" ? <span className={styles.soft}>unnamed</span> : name}</Cell>
              <Cell>
                <code>{type}</code>
                {isOptional ? <span className={styles.soft}> optional</span> : null}
              </Cell>
              {hasDefaults ? (
                <Cell>
                  <code>{usual}</code>
                </Cell>
              ) : null}
            </Row>
          ))}
        </Table>
      </div>
    </>
  );
}
