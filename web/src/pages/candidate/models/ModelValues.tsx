import { useQuery } from "@tanstack/react-query";
import { modelDataQuery } from "../../../api/logged-model.ts";
import { shortNumber } from "../../../format/number.ts";
import { Table, tableStyles } from "../../../parts/Table.tsx";
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
            <Table label="Metrics of the model">
              <thead>
                <tr>
                  <th scope="col">Metric</th>
                  {hasDatasets ? <th scope="col">Data set</th> : null}
                  <th scope="col" className={tableStyles.number}>
                    Latest
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.metrics.map(({ key, value, dataset }) => (
                  <tr key={JSON.stringify([key, dataset])}>
                    <td>{key}</td>
                    {hasDatasets ? <td>{dataset}</td> : null}
                    <td className={tableStyles.number} title={String(value)}>
                      {shortNumber(value)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </Table>
          </div>
        </>
      )}
      {data.params.length === 0 ? null : (
        <>
          <h3>Logged parameters</h3>
          <div className={styles.fields}>
            <Table label="Parameters of the model">
              <thead>
                <tr>
                  <th scope="col">Parameter</th>
                  <th scope="col">Value</th>
                </tr>
              </thead>
              <tbody>
                {data.params.map(({ key, value }) => (
                  <tr key={key}>
                    <td>{key}</td>
                    <td>{value}</td>
                  </tr>
                ))}
              </tbody>
            </Table>
          </div>
        </>
      )}
    </>
  );
}
