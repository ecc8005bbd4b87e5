import type { ServiceImpl } from "@connectrpc/connect";
import type { MlflowService } from "../../gen/mlflow/service_pb.js";
import { invalid } from "../errors.ts";
import { changeTag } from "../store/tags.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import { runKeyText, runNotFound, runNotInState } from "./ids.ts";
import { checkTag } from "./names.ts";
import { pythonJson, pythonString } from "./python-text.ts";

const historyTag = "mlflow.log-model.history";

/** Records a model in the tag of a run that lists its models, once however often it is sent. Behaviour.md §8. */
export const logModel = ({ db }: Deps) =>
  ({
    async logModel(req, ctx) {
      const id = required(req, "run_id");
      const model = orderedModel(parseModel(required(req, "model_json")));
      const stage = await changeTag(db, project(ctx), runKeyText(id), historyTag, (old) => {
        const value = withModel(old, model);
        checkTag(historyTag, value);
        return value;
      });
      if (stage === undefined) throw runNotFound(id);
      if (stage === "deleted") throw runNotInState(id, "active");
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof MlflowService>>;

type JsonObject = Record<string, unknown>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws INVALID_PARAMETER_VALUE for what is no JSON object with the mandatory members. */
function parseModel(text: string): JsonObject {
  const model = parseJson(text);
  if (!isObject(model)) throw invalid(`Malformed model info. \n ${text} \n is not a JSON object.`);
  const missing = ["artifact_path", "flavors", "utc_time_created", "run_id"].filter(
    (member) => !Object.hasOwn(model, member),
  );
  if (missing.length > 0)
    throw invalid(`Model json is missing mandatory fields: {${missing.map(pythonString).join(", ")}}`);
  return model;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`Malformed model info. \n ${text} \n is not a valid JSON.`);
  }
}

/** The members in the order in which MLflow stores them; model_uuid is there even when it is not known, a null signature is not. */
function orderedModel(model: JsonObject): JsonObject {
  const { run_id, artifact_path, utc_time_created, flavors, model_uuid = null, signature, ...rest } = model;
  return {
    run_id,
    artifact_path,
    utc_time_created,
    flavors,
    model_uuid,
    ...rest,
    ...(isObject(signature) ? { signature: orderedSignature(signature) } : {}),
  };
}

const orderedSignature = ({ inputs, outputs = null, ...rest }: JsonObject) => ({ inputs, outputs, ...rest });

/** The tag with the model at its end; a model that it holds already is not added. A tag that holds no list begins anew. */
function withModel(tag: string | undefined, model: JsonObject): string {
  const added = pythonJson(model);
  const models = (tag === undefined ? [] : listIn(tag)).map(pythonJson);
  return `[${(models.includes(added) ? models : [...models, added]).join(", ")}]`;
}

function listIn(tag: string): unknown[] {
  try {
    const list: unknown = JSON.parse(tag);
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}
