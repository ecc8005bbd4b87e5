import { describe, expect, it } from "vitest";
import { mlflowPages } from "./pages.ts";

const { ids, visit } = await mlflowPages("root");

it("explore", async () => {
  const shot = async (route: string, n: string) => {
    const v = await visit(route);
    await new Promise((r) => setTimeout(r, 6000));
    await v.page.screenshot({ path: `/tmp/mlflow-ui/${n}.png` });
    console.log(n, JSON.stringify(v.answers, null, 0));
  };
  await shot(`/experiments/${ids.fruit}`, "experiment");
  await shot(`/experiments/${ids.fruit}/runs/${ids.apple}`, "run");
  await shot(`/metric/loss?runs=["${ids.apple}"]&experiments=["${ids.fruit}"]`, "metric");
  await shot(`/compare-runs?runs=["${ids.apple}","${ids.banana}"]&experiments=["${ids.fruit}"]`, "compare");
  await shot(`/models`, "models");
  await shot(`/models/ripeness`, "model");
  await shot(`/models/ripeness/versions/2`, "version");
});
