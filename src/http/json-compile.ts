import { create, type DescField, type DescMessage, getOption, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { validate_required } from "../../gen/mlflow/databricks_pb.js";
import { JsonMessage } from "../services/json-text.ts";
import { enumReader, readId, scalarReader, unreadable, writeDouble, writeString } from "./json-scalars.ts";

/**
 * Compiles a message descriptor into a reader and a writer of MLflow's JSON. Each is one function made of straight-line
 * code, so V8 sees fixed shapes and constant keys: a batch of 1000 metrics costs little more than its JSON.parse, half of
 * what fromJson takes (spikes.md §3). The source that is compiled holds names from descriptors and nothing from a caller.
 */

/** Turns a parsed JSON object into a message. @throws unreadable, inexact */
export type Reader = (json: unknown) => object;

/** Turns a message, or the plain object that would initialise one, into JSON text; a JsonMessage is its own. */
export type Writer = (message: object) => string;

const readers = new WeakMap<DescMessage, Reader>();
const writers = new WeakMap<DescMessage, Writer>();

export function readerOf(desc: DescMessage): Reader {
  let reader = readers.get(desc);
  if (reader === undefined) {
    reader = compileReader(desc);
    readers.set(desc, reader);
  }
  return reader;
}

export function writerOf(desc: DescMessage): Writer {
  let writer = writers.get(desc);
  if (writer === undefined) {
    writer = compileWriter(desc);
    writers.set(desc, writer);
  }
  return writer;
}

function compileReader(desc: DescMessage): Reader {
  const convert = desc.fields.map(valueReader);
  const steps = desc.fields.map((field, i) => {
    const names = field.jsonName === field.name ? [field.name] : [field.name, field.jsonName];
    const value = names.map((name) => `json[${JSON.stringify(name)}]`).join(" ?? ");
    const target = `message[${JSON.stringify(field.localName)}]`;
    if (field.fieldKind === "list") {
      return `value = ${value};
        if (value == null) ${target} = [];
        else if (!Array.isArray(value)) throw unreadable;
        else ${target} = value.map(read${i});`;
    }
    const present = emptyIsAbsent(field) ? `value != null && value !== ""` : "value != null";
    // Of proto3 without `optional`: a message always has a value.
    const absent =
      field.presence === FeatureSet_FieldPresence.IMPLICIT
        ? `else ${target} = zero[${JSON.stringify(field.localName)}];`
        : "";
    return `value = ${value};
      if (${present}) ${target} = read${i}(value);
      ${absent}`;
  });
  const zero = create(desc);
  // The prototype that create() gives a proto2 message carries the defaults; presence is an own property.
  return new Function(
    "zero",
    "prototype",
    "unreadable",
    ...convert.map((_, i) => `read${i}`),
    `"use strict";
    function Message() { this.$typeName = ${JSON.stringify(desc.typeName)}; }
    Message.prototype = prototype;
    return function read(json) {
      if (typeof json !== "object" || json === null || Array.isArray(json)) throw unreadable;
      const message = new Message();
      let value;
      ${steps.join("\n")}
      return message;
    };`,
  )(zero, Object.getPrototypeOf(zero), unreadable, ...convert);
}

/** What reads one value of the field: the field's own, or an item of its list. */
function valueReader(field: DescField): (value: unknown) => unknown {
  if (field.oneof !== undefined || field.fieldKind === "map")
    throw new Error(`MLflow's JSON has no oneof and no map: ${field}`);
  if (field.message !== undefined) return later(() => readerOf(field.message));
  if (field.enum !== undefined) return enumReader(field.enum);
  if (field.name === "experiment_id" || field.name === "experiment_ids") return readId;
  return scalarReader(field.scalar);
}

/**
 * MLflow counts "" as absent where it requires a value. Of a double it asks that first, so that "" is missing; of an integer
 * it asks the type first, so that "" is of the wrong one (the value and the timestamp of log-metric).
 */
const emptyIsAbsent = (field: DescField) =>
  field.scalar === ScalarType.DOUBLE && field.fieldKind === "scalar" && getOption(field, validate_required);

function compileWriter(desc: DescMessage): Writer {
  const fields = desc.fields.toSorted((a, b) => a.number - b.number);
  const write = fields.map(valueWriter);
  const steps = fields.map((field, i) => {
    const value = `value = message[${JSON.stringify(field.localName)}]`;
    const key = JSON.stringify(`,${JSON.stringify(field.name)}:`);
    if (field.fieldKind !== "list") return `${value}; if (value != null) text += ${key} + write${i}(value);`;
    return `${value};
      if (value != null && value.length > 0) {
        text += ${key} + "[" + write${i}(value[0]);
        for (let i = 1; i < value.length; i++) text += "," + write${i}(value[i]);
        text += "]";
      }`;
  });
  return new Function(
    "JsonMessage",
    ...write.map((_, i) => `write${i}`),
    `"use strict";
    return function write(message) {
      if (message instanceof JsonMessage) return message.json;
      if (message.$typeName !== undefined) message = { ...message }; // own properties only: leave proto2 defaults out
      let text = "", value;
      ${steps.join("\n")}
      return text === "" ? "{}" : "{" + text.slice(1) + "}";
    };`,
  )(JsonMessage, ...write);
}

function valueWriter(field: DescField): (value: never) => string {
  if (field.oneof !== undefined || field.fieldKind === "map")
    throw new Error(`MLflow's JSON has no oneof and no map: ${field}`);
  if (field.message !== undefined) return later(() => writerOf(field.message));
  if (field.enum !== undefined) {
    const { value } = field.enum;
    return (number: number) => (value[number] === undefined ? `${number}` : `"${value[number].name}"`);
  }
  switch (field.scalar) {
    case ScalarType.STRING:
      return writeString;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return writeDouble;
    default:
      return (value: bigint | number | boolean) => `${value}`;
  }
}

/** Compiles a nested type when it is first met, so that a type may hold itself. */
function later<A, R>(compile: () => (value: A) => R): (value: A) => R {
  let compiled: ((value: A) => R) | undefined;
  return (value) => {
    compiled ??= compile();
    return compiled(value);
  };
}
