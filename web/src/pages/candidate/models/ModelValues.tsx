import { useQuery } from "@tanstack/react-query";
import { modelDataQuery } from "../../../api/logged-model.ts";
import { shortNumber } from "../../../format/number.ts";
import { Cell, Head, Row, Table, tableStyles } from "../../../parts/Table.tsx";
import styles from "./ModelCard.module.css";

/** What was logged to the model itself: how it was made, and how good it is. Nothing where nothing was. */
export function ModelValues({ project, id }: { project: string; id: string | undefined }) {
  const { data } = useQuery(modelDataQuery(project, id));
  if (data === undefined) return null;
  const hasDatasets = data.metrics.some(({ dataset }) => dataset !== "");
  return (
    <>
      {data.metrics.length === 0 ? null : (
        <>
          <h3>Metrics</h3>
          <div className={styles.fields}>
            <Table
              keepsColumns
              label="Metrics of the model"
              heads={
                <>
                  <Head>Metric</Head>
                  {hasDatasets ? <Head>Data set</Head> : null}
                  <Head className={tableStyles.number}>Latest</Head>
                </>
              }
            >
              {data.metrics.map(({ key, value, dataset }) => (
                <Row key={JSON.stringify([key, dataset])}>
                  <Cell>{key}</Cell>
                  {hasDatasets ? <Cell>{dataset}</Cell> : null}
                  <Cell className={tableStyles.number} title={String(value)}>
                    {shortNumber(value)}
                  </Cell>
                </Row>
              ))}
            </Table>
          </div>
        </>
      )}
      {data.params.length === 0 ? null : (
        <>
          <h3>Logged parameters</h3>
          <div className={styles.fields}>
            <Table
              keepsColumns
              label="Parameters of the model"
              heads={
                <>
                  <Head>Parameter</Head>
                  <Head>Value</Head>
                </>
              }
            >
              {data.params.map(({ key, value }) => (
                <Row key={key}>
                  <Cell>{key}</Cell>
                  <Cell>{value}</Cell>
                </Row>
              ))}
            </Table>
          </div>
        </>
      )}
    </>
  );
}
