/** What an MLmodel file, or the entry of a run's list of models, says. Both are somebody's text: nothing in them is taken for granted. */

export interface Flavor {
  name: string;
  /** What it says of itself, as far as it is short. */
  facts: readonly (readonly [key: string, value: string])[];
}

export interface Field {
  name: string;
  /** `double`, `tensor(float64, −1 × 4)`, `array of string`. */
  type: string;
  isOptional: boolean;
  /** Of params. */
  usual?: string;
}

export interface ModelFacts {
  flavors: readonly Flavor[];
  /** Absent where there is no signature. */
  inputs?: readonly Field[];
  outputs?: readonly Field[];
  params?: readonly Field[];
  mlflowVersion?: string;
  uuid?: string;
  /** As the client wrote it, in UTC. */
  created?: string;
  /** Bytes. */
  size?: number;
  hasExample: boolean;
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function modelFacts(value: unknown): ModelFacts {
  const model = isObject(value) ? value : {};
  const signature = isObject(model.signature) ? model.signature : {};
  const lists = {
    inputs: fields(signature.inputs),
    outputs: fields(signature.outputs),
    params: fields(signature.params),
  };
  const size = Number(model.model_size_bytes);
  return {
    flavors: Object.entries(isObject(model.flavors) ? model.flavors : {}).map(([name, flavor]) => ({
      name,
      facts: Object.entries(isObject(flavor) ? flavor : {}).flatMap(([key, fact]) =>
        isShort(fact) ? [[key, String(fact)] as const] : [],
      ),
    })),
    ...present({
      ...lists,
      mlflowVersion: text(model.mlflow_version),
      uuid: text(model.model_uuid),
      created: text(model.utc_time_created),
      size: Number.isFinite(size) && size > 0 ? size : undefined,
    }),
    hasExample: isObject(model.saved_input_example_info),
  };
}

const isShort = (value: unknown) =>
  ["string", "number", "boolean"].includes(typeof value) &&
  String(value).length <= 120 &&
  String(value) !== "";

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

const present = <T extends object>(members: T) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };

/** The fields of one side of a signature, which is JSON in a text. */
function fields(value: unknown): Field[] | undefined {
  if (typeof value !== "string") return undefined;
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) ? list.filter(isObject).map(toField) : undefined;
  } catch {
    return undefined;
  }
}

const toField = (field: Json): Field => ({
  name: text(field.name) ?? "",
  type: typeText(field),
  isOptional: field.required === false || field.optional === true,
  ...(field.default === undefined ? {} : { usual: JSON.stringify(field.default) }),
});

function typeText(field: Json, depth = 0): string {
  const type = text(field.type) ?? text(field.dtype) ?? "any";
  if (depth > 4) return type;
  const tensor = field["tensor-spec"];
  if (isObject(tensor)) {
    const shape = Array.isArray(tensor.shape) ? tensor.shape.join(" × ").replaceAll("-", "−") : "";
    return `tensor(${[text(tensor.dtype), shape].filter(Boolean).join(", ")})`;
  }
  if (type === "array" && isObject(field.items)) return `array of ${typeText(field.items, depth + 1)}`;
  if (type === "map" && isObject(field.values)) return `map of ${typeText(field.values, depth + 1)}`;
  if (type === "object" && isObject(field.properties)) {
    const members = Object.entries(field.properties).filter((entry): entry is [string, Json] =>
      isObject(entry[1]),
    );
    return `object { ${members.map(([name, member]) => `${name}: ${typeText(member, depth + 1)}`).join(", ")} }`;
  }
  return type;
}

/** The modules of MLflow that load a model of their own flavor. */
const loaders = new Set(
  "catboost diviner dspy fastai gluon h2o keras langchain lightgbm llama_index onnx openai paddle pmdarima prophet pytorch sentence_transformers sklearn spacy spark statsmodels tensorflow transformers xgboost".split(
    " ",
  ),
);

/** Python that loads a model: as any model, and as what it was logged as. @param uri how clients name it. */
export function loadSnippets(
  uri: string,
  tracking: string,
  flavors: readonly Flavor[],
): { title: string; code: string }[] {
  // A JSON text is a Python text too, whatever is in it.
  const name = JSON.stringify(uri);
  const head = `import mlflow\n\nmlflow.set_tracking_uri(${JSON.stringify(tracking)})\n`;
  const own = flavors.filter((flavor) => loaders.has(flavor.name));
  const isGeneral = flavors.length === 0 || flavors.some((flavor) => flavor.name === "python_function");
  return [
    ...(isGeneral
      ? [
          {
            title: "As a Python function",
            code: `${head}model = mlflow.pyfunc.load_model(${name})\nmodel.predict(data)`,
          },
        ]
      : []),
    ...own.map((flavor) => ({
      title: `As ${flavor.name}`,
      code: `${head}model = mlflow.${flavor.name}.load_model(${name})`,
    })),
  ];
}
