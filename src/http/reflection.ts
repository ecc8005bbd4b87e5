import { type DescFile, type DescService, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, createServiceImplSpec, type ServiceImplSpec } from "@connectrpc/connect";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponseSchema,
} from "../../gen/grpc/reflection/v1/reflection_pb.js";

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

/** gRPC's server reflection over `services`, so that tools such as grpcurl need no files. Knows what the services' files reach. */
export function reflection(services: readonly DescService[]): ServiceImplSpec {
  const listed = [...services, ServerReflection];
  const index = indexOf(listed.map((service) => service.file));
  return createServiceImplSpec<typeof ServerReflection>(ServerReflection, {
    async *serverReflectionInfo(requests) {
      for await (const request of requests)
        yield {
          validHost: request.host,
          originalRequest: request,
          messageResponse: answer(request, listed, index),
        };
    },
  });
}

interface Index {
  files: Map<string, DescFile>;
  /** By the full name of a message, enum, extension, service or method. */
  symbols: Map<string, DescFile>;
  /** By the full name of the extended message, then by number. */
  extensions: Map<string, Map<number, DescFile>>;
}

function indexOf(roots: readonly DescFile[]): Index {
  const index: Index = { files: new Map(), symbols: new Map(), extensions: new Map() };
  const pending = [...roots];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (index.files.has(file.proto.name)) continue;
    index.files.set(file.proto.name, file);
    pending.push(...file.dependencies);
    for (const type of nestedTypes(file)) {
      index.symbols.set(type.typeName, file);
      if (type.kind === "service")
        for (const method of type.methods) index.symbols.set(`${type.typeName}.${method.name}`, file);
      if (type.kind === "extension") {
        const numbers = index.extensions.get(type.extendee.typeName) ?? new Map<number, DescFile>();
        index.extensions.set(type.extendee.typeName, numbers.set(type.number, file));
      }
    }
  }
  return index;
}

function answer(
  { messageRequest: { case: kind, value } }: ServerReflectionRequest,
  services: readonly DescService[],
  { files, symbols, extensions }: Index,
): Answer {
  switch (kind) {
    case "listServices":
      return {
        case: "listServicesResponse",
        value: { service: services.map((s) => ({ name: s.typeName })) },
      };
    case "fileByFilename":
      return fileAnswer(files.get(value), value);
    case "fileContainingSymbol":
      return fileAnswer(symbols.get(value), value);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = value;
      return fileAnswer(
        extensions.get(containingType)?.get(extensionNumber),
        `extension ${extensionNumber} of ${containingType}`,
      );
    }
    case "allExtensionNumbersOfType": {
      const numbers = [...(extensions.get(value)?.keys() ?? [])];
      if (!symbols.has(value)) return failure(Code.NotFound, `${value} is not known`);
      return {
        case: "allExtensionNumbersResponse",
        value: { baseTypeName: value, extensionNumber: numbers },
      };
    }
    default:
      return failure(Code.InvalidArgument, "the request asks for nothing");
  }
}

/** A file with all that it imports: a client that knows none of them needs one question. */
function fileAnswer(file: DescFile | undefined, sought: string): Answer {
  if (file === undefined) return failure(Code.NotFound, `${sought} is not known`);
  const needed = new Set<DescFile>([file]);
  for (const one of needed) for (const dependency of one.dependencies) needed.add(dependency);
  return {
    case: "fileDescriptorResponse",
    value: { fileDescriptorProto: [...needed].map((one) => toBinary(FileDescriptorProtoSchema, one.proto)) },
  };
}

const failure = (errorCode: Code, errorMessage: string): Answer => ({
  case: "errorResponse",
  value: { errorCode, errorMessage },
});
