import { line } from "../printable.ts";
import type { Waiting } from "./whereabouts.ts";

/** An address that went from nodes to others. */
export interface Move {
  readonly address: string;
  readonly from: readonly string[];
  /** Empty: nobody answers for it any more. */
  readonly to: readonly string[];
}

/** What became of a command. */
export interface MoveReport {
  /** The node that was named. */
  readonly node: string;
  readonly moves: readonly Move[];
  /** What is not where it should be. */
  readonly waiting: readonly Waiting[];
}

/** One line for an address that went elsewhere. */
export function moveText({ address, from, to }: Move): string {
  return line(`${address}: ${listed(from)} -> ${listed(to)}`);
}

/** One line for an address that is not where it should be. @param where where it is, instead of there */
export function waitingText({ address, message }: Waiting, where: string): string {
  return line(`${address} is ${where}: ${message}`);
}

/** The report for programs. Fields are only ever added. */
export function reportJson({ node, moves, waiting }: MoveReport): string {
  return `${JSON.stringify({ done: waiting.length === 0, node, moves, waiting }, undefined, 2)}\n`;
}

function listed(nodes: readonly string[]): string {
  return nodes.length === 0 ? "nobody" : nodes.join(", ");
}
