import type { Scenario } from "../scenario.ts";
import { DEATHS } from "./deaths.ts";
import { FOUND } from "./found.ts";
import { MANY } from "./many.ts";
import { ORDERS } from "./orders.ts";
import { PATHS } from "./paths.ts";
import { RESTARTS } from "./restarts.ts";
import { SEGMENTS } from "./segments.ts";
import { SPEAKERS } from "./speakers.ts";
import { STRANGERS } from "./strangers.ts";

/** All named scenarios but the large ones. */
export const SCENARIOS: readonly Scenario[] = [
  ...DEATHS,
  ...SPEAKERS,
  ...RESTARTS,
  ...PATHS,
  ...ORDERS,
  ...STRANGERS,
  ...SEGMENTS,
  ...MANY,
  ...FOUND,
];
