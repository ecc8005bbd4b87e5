import { readFileSync } from "node:fs";
import {
  type AnyDesc,
  type DescField,
  type DescFile,
  type DescMethod,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FieldDescriptorProto_Label, FieldDescriptorProto_Type } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { MlflowArtifactsService } from "../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { rpc, Visibility, validate_required } from "../../gen/mlflow/databricks_pb.js";
import { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";

/** The compiled descriptors of MLflow 1.28.0, and what the 3.17.2 client adds to them (test/unit/mlflow-1.28/README). */
const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`mlflow-1.28/${name}.json`, import.meta.url), "utf8"));

interface FieldFacts {
  name: string;
  number: number;
  label: string;
  type: string;
  default?: string;
  options?: Record<string, unknown>;
}
interface MessageFacts {
  name: string;
  fields: FieldFacts[];
  messages?: MessageFacts[];
}
interface FileFacts {
  file: string;
  enums: { name: string; values: Record<string, number> }[];
  extensions: (FieldFacts & { extends: string })[];
  messages: MessageFacts[];
  services: { name: string; methods: MethodFacts[] }[];
}
interface MethodFacts {
  name: string;
  request: string;
  response: string;
  options: { "(mlflow.rpc)": { endpoints: EndpointFacts[]; visibility: string; rpc_doc_title?: string } };
}
interface EndpointFacts {
  method: string;
  path: string;
  since: { major: number; minor: number };
}

// Databricks' own artifact service is in MLflow's package, but no MLflow server has it.
const files: FileFacts[] = read("api").files.filter(
  (f: FileFacts) => f.file !== "databricks_artifacts.proto",
);
const extras: {
  added_fields: Record<string, FieldFacts[]>;
  new_messages: Record<string, FieldFacts[]>;
  new_enums: Record<string, Record<string, number>>;
  new_rpcs: {
    name: string;
    request: string;
    response: string;
    endpoints: (Omit<EndpointFacts, "since"> & { since: string })[];
  }[];
} = read("client3-extras");

const types = new Map<string, AnyDesc>();
for (const file of reachable(MlflowService.file, ModelRegistryService.file, MlflowArtifactsService.file))
  for (const type of nestedTypes(file)) types.set(type.typeName, type);

function reachable(...roots: DescFile[]): Set<DescFile> {
  const found = new Set(roots);
  for (const file of found) for (const dependency of file.dependencies) found.add(dependency);
  return found;
}

function find<K extends AnyDesc["kind"]>(kind: K, name: string): Extract<AnyDesc, { kind: K }> {
  const type = types.get(name);
  if (type?.kind !== kind) throw new Error(`there is no ${kind} ${name}`);
  return type as Extract<AnyDesc, { kind: K }>;
}

const byNumber = (a: FieldFacts, b: FieldFacts) => a.number - b.number;

/** A field in the form of api.json. */
function facts({ proto }: Pick<DescField, "proto">): FieldFacts {
  const type = proto.typeName.slice(1) || FieldDescriptorProto_Type[proto.type].toLowerCase();
  return {
    name: proto.name,
    number: proto.number,
    label: FieldDescriptorProto_Label[proto.label].toLowerCase(),
    type,
    ...(Object.hasOwn(proto, "defaultValue") && { default: proto.defaultValue }),
  };
}

const plain = ({ name, number, label, type, default: fallback }: FieldFacts): FieldFacts => ({
  name,
  number,
  label,
  type,
  // The extras print Python's True.
  ...(fallback !== undefined && { default: type === "bool" ? fallback.toLowerCase() : fallback }),
});

const flat = (message: MessageFacts): MessageFacts[] => [message, ...(message.messages ?? []).flatMap(flat)];

describe("the messages of MLflow 1.28, with the fields that newer clients add", () => {
  const messages = files.flatMap((file) => file.messages.flatMap(flat));
  test.each(messages.map((message) => [message.name, message] as const))("%s", (name, message) => {
    const expected = [...message.fields, ...(extras.added_fields[name] ?? [])].map(plain).sort(byNumber);
    expect(find("message", name).fields.map(facts).sort(byNumber)).toEqual(expected);
  });

  test.each(messages.map((message) => [message.name, message] as const))(
    "%s requires and deprecates the same fields",
    (name, { fields }) => {
      for (const { name: field, options = {} } of fields) {
        const desc = find("message", name).fields.find((one) => one.name === field);
        if (desc === undefined) throw new Error(`${name} lacks ${field}`);
        expect([
          field,
          hasOption(desc, validate_required) && getOption(desc, validate_required),
          desc.deprecated,
        ]).toEqual([field, options["(mlflow.validate_required)"] === true, options.deprecated === true]);
      }
    },
  );

  test("are at least 69", () => expect(messages.length).toBeGreaterThanOrEqual(69));
});

describe("the messages that only newer clients know", () => {
  test.each(Object.entries(extras.new_messages))("%s", (name, fields) => {
    expect(find("message", name).fields.map(facts).sort(byNumber)).toEqual(fields.map(plain).sort(byNumber));
  });
});

describe("enums", () => {
  const enums = [
    ...files.flatMap((file) =>
      file.enums.map(({ name, values }) => [qualified(file, name), values] as const),
    ),
    ...Object.entries(extras.new_enums),
  ];
  test.each(enums)("%s", (name, values) => {
    expect(Object.fromEntries(find("enum", name).values.map((v) => [v.name, v.number]))).toEqual(values);
  });
});

describe("extensions", () => {
  const extensions = files.flatMap((file) =>
    file.extensions.map((one) => [qualified(file, one.name), one] as const),
  );
  test.each(extensions)("%s", (name, expected) => {
    const desc = find("extension", name);
    expect({ ...facts(desc), extends: desc.extendee.typeName }).toEqual({
      ...plain(expected),
      extends: expected.extends,
    });
  });
});

describe("RPCs", () => {
  const methods = files.flatMap((file) =>
    file.services.flatMap((service) =>
      service.methods.map((m) => [`${service.name}/${m.name}`, service.name, m] as const),
    ),
  );

  test.each(methods)("%s", (_, service, { name, request, response, options }) => {
    const method = methodOf(service, name);
    const { endpoints, visibility, rpc_doc_title = "" } = options["(mlflow.rpc)"];
    expect([method.methodKind, method.input.typeName, method.output.typeName]).toEqual([
      "unary",
      request,
      response,
    ]);
    expect(endpointsOf(method)).toEqual(endpoints);
    expect(Visibility[getOption(method, rpc).visibility]).toBe(visibility);
    expect(getOption(method, rpc).rpcDocTitle).toBe(rpc_doc_title);
  });

  test.each(extras.new_rpcs.map((m) => [m.name, m] as const))(
    "%s of newer clients",
    (name, { request, response, endpoints }) => {
      const method = [...MlflowService.methods, ...ModelRegistryService.methods].find(
        (one) => one.name === name,
      );
      if (method === undefined) throw new Error(`there is no RPC ${name}`);
      expect([method.methodKind, method.input.typeName, method.output.typeName]).toEqual([
        "unary",
        request,
        response,
      ]);
      expect(endpointsOf(method)).toEqual(
        endpoints.map(({ since, ...rest }) => {
          const [major, minor] = since.split(".").map(Number);
          return { ...rest, since: { major, minor } };
        }),
      );
    },
  );

  test("there is no RPC that neither generation knows", () => {
    const known = new Set([...methods.map(([, , m]) => m.name), ...extras.new_rpcs.map((m) => m.name)]);
    const ours = [MlflowService, ModelRegistryService, MlflowArtifactsService].flatMap((s) =>
      s.methods.map((m) => m.name),
    );
    expect(ours.filter((name) => !known.has(name))).toEqual([]);
  });
});

function qualified(file: FileFacts, name: string): string {
  const base = file.file === "scalapb/scalapb.proto" ? "scalapb" : "mlflow";
  return name.includes(".") ? name : `${base}.${name}`;
}

function methodOf(service: string, name: string): DescMethod {
  const method = find("service", service).methods.find((one) => one.name === name);
  if (method === undefined) throw new Error(`${service} lacks ${name}`);
  return method;
}

const endpointsOf = (method: DescMethod): unknown[] =>
  getOption(method, rpc).endpoints.map(({ method: verb, path, since }) => ({
    method: verb,
    path,
    since: { major: since?.major, minor: since?.minor },
  }));
