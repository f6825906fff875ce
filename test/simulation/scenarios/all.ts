import type { Scenario } from "../scenario.ts";
import { DEATHS } from "./deaths.ts";
import { ORDERS } from "./orders.ts";
import { PATHS } from "./paths.ts";
import { SPEAKERS } from "./speakers.ts";

/** All named scenarios. */
export const SCENARIOS: readonly Scenario[] = [...DEATHS, ...SPEAKERS, ...PATHS, ...ORDERS];
