import { isIPv4, isIPv6 } from "node:net";

/** Addresses of clients, as limits count them and the audit log names them. */

/** An IPv4 address that arrived on an IPv6 socket (`::ffff:192.0.2.1`) as what it is; any other address as it is. */
export const plainAddress = (address: string): string =>
  /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;

export const isLoopback = (address: string): boolean => {
  const plain = plainAddress(address);
  return plain === "::1" || (isIPv4(plain) && plain.startsWith("127."));
};

/**
 * What one subscriber has: a single IPv4 address, or the 64-bit prefix of an IPv6 one, within which they may take any
 * address they like. What is no address is returned as it is.
 */
export function addressBlock(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  const [bare = ""] = plain.split("%");
  const [head = "", tail] = bare.split("::");
  const before = groups(head);
  const after = groups(tail ?? "");
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array<string>(zeros).fill("0"), ...after];
  return `${all.slice(0, 4).map(canonical).join(":")}::/64`;
}

/** The 16-bit groups of a part of an IPv6 address; a dotted quad at its end stands for two, whose value no prefix needs. */
const groups = (part: string) =>
  part === "" ? [] : part.split(":").flatMap((group) => (group.includes(".") ? ["0", "0"] : [group]));

const canonical = (group: string) => Number.parseInt(group, 16).toString(16);
