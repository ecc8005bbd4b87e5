import { byName } from "../format/by-name.ts";
import { shortNumber } from "../format/number.ts";
import { logTicks, ticks } from "./ticks.ts";

/** Where values of one column stand on an axis, from 0 to 1. */
export interface Scale {
  /** undefined for a value that has no place: absent, NaN, infinite, or at or below 0 on a log scale. */
  at(value: string | number | undefined): number | undefined;
  marks: readonly { at: number; text: string }[];
  isLog: boolean;
}

/** From this ratio on, positive numbers are told apart on a log scale alone. */
const manyTimes = 100;

const mostWords = 12;

/** The scale of some values: of numbers if all of them are numbers, else a place for each text. */
export function scaleOf(values: readonly (string | number | undefined)[]): Scale {
  const known = values.filter((value) => value !== undefined && value !== "");
  const numbers = known.map(numberOf);
  return numbers.every((number) => number !== undefined)
    ? numberScale(numbers as number[])
    : wordScale(known.map(String));
}

/** A number, or a text that is one; undefined for another text. */
export function numberOf(value: string | number | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (value === undefined || value.trim() === "") return undefined;
  if (/^[+-]?nan$/i.test(value)) return Number.NaN;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(value);
  if (infinite !== null) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function numberScale(numbers: readonly number[]): Scale {
  const finite = numbers.filter(Number.isFinite);
  const least = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const greatest = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const isLog = least > 0 && greatest / least >= manyTimes;
  const place = isLog ? Math.log10 : (value: number) => value;
  const isOne = !(greatest > least);
  const room = isOne ? 1 : (place(greatest) - place(least)) * 0.04;
  const [from, to] = [place(least) - room, place(greatest) + room];
  const at = (value: number) => (place(value) - from) / (to - from);
  const found = finite.length === 0 ? [] : isLog ? logTicks(least, greatest, 9) : ticks(least, greatest, 5);
  return {
    at(value) {
      const number = numberOf(value);
      return number === undefined || !Number.isFinite(number) || (isLog && number <= 0)
        ? undefined
        : at(number);
    },
    marks: found.map((mark) => ({ at: at(mark), text: shortNumber(mark) })),
    isLog,
  };
}

function wordScale(words: readonly string[]): Scale {
  const distinct = [...new Set(words)].sort(byName);
  const places = new Map(distinct.map((word, at) => [word, (at + 0.5) / distinct.length]));
  const every = Math.ceil(distinct.length / mostWords);
  return {
    at: (value) => (value === undefined ? undefined : places.get(String(value))),
    marks: distinct
      .filter((_, at) => at % every === 0)
      .map((word) => ({
        at: places.get(word) ?? 0,
        text: word.length > 18 ? `${word.slice(0, 17)}…` : word,
      })),
    isLog: false,
  };
}
