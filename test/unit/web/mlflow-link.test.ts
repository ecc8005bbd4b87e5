import { expect, test } from "vitest";
import { pageOfMlflowLink } from "../../../web/src/mlflow-link.ts";

const run = "01a21e80aa6f7f3ab3531bd5048c2818";

test.each([
  ["/", "#/experiments/6", "/default/-/ml/experiments/6"],
  ["/", `#/experiments/6/runs/${run}`, `/default/-/ml/candidates/${run}`],
  ["/", `#/experiments/6/runs/${run}/artifacts/model`, `/default/-/ml/candidates/${run}`],
  ["/", "#/experiments/6/models/m-1", "/default/-/ml/experiments/6"],
  ["/team/vision/-/ml/experiments", "#/experiments/6", "/team/vision/-/ml/experiments/6"],
  ["/2/-/ml/experiments", "#/models/a%2Fb/versions/3", "/2/-/ml/models/a%2Fb/versions/3"],
  ["/2/-/ml/experiments", "#/models/wine", "/2/-/ml/models/wine"],
])("MLflow's link %s%s leads to %s", (pathname, hash, page) => {
  expect(pageOfMlflowLink({ pathname, hash })).toBe(page);
});

test.each([
  ["/", ""],
  ["/", "#/settings"],
  ["/", "#/experiments/x"],
  ["/default/-/ml/experiments/1", "#/experiments/2"],
])("%s%s is none of MLflow's links", (pathname, hash) => {
  expect(pageOfMlflowLink({ pathname, hash })).toBeUndefined();
});
