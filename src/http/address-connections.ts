import type { Socket } from "node:net";
import { addressBlock } from "../auth/address.ts";

/**
 * Counts the open connections of each address, of IPv6 each /64. Memory is bounded by the connections that are open.
 * @param mostOf how many an address may have.
 * @returns whether a new connection may stay; one that may is counted until it closes.
 */
export function addressConnections(mostOf: (address: string) => number): (socket: Socket) => boolean {
  const open = new Map<string, number>();
  return (socket) => {
    const address = socket.remoteAddress;
    if (address === undefined) return true; // gone already
    const block = addressBlock(address);
    const count = open.get(block) ?? 0;
    if (count >= mostOf(address)) return false;
    open.set(block, count + 1);
    socket.once("close", () => {
      const left = (open.get(block) ?? 1) - 1;
      if (left === 0) open.delete(block);
      else open.set(block, left);
    });
    return true;
  };
}
