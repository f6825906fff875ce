import { err, ok, type Result } from "@fairlead/net/result.ts";
import { type TString, Type } from "typebox";
import { matches, quotingRule, validations } from "./cel.ts";

const PATTERN = "^([0-9]{1,7}(ms|s|m|h))+$";
const WHOLE = new RegExp(PATTERN);
const FAULT =
  'is not a duration; write numbers with the units h, m, s or ms, such as "90s", "10m" or "1h30m", and "0s" for none';

/** The schema of a duration as Kubernetes writes it: `90s`, `10m`, `1h30m`; `0s` is allowed. */
export function durationSchema(options: {
  readonly description: string;
  readonly default?: string;
}): TString {
  return Type.String({
    ...options,
    maxLength: 32,
    ...validations(quotingRule(matches("self", PATTERN), "self", FAULT)),
  });
}

/** A duration in ms. @returns an error text that quotes it and holds the cure */
export function parseDurationMs(text: string): Result<number, string> {
  if (!WHOLE.test(text)) return err(`${JSON.stringify(text)} ${FAULT}`);
  const parts = [...text.matchAll(/(\d+)(\D+)/g)].map(([, number, unit]) => Number(number) * unitMs(unit));
  return ok(parts.reduce((sum, ms) => sum + ms, 0));
}

function unitMs(unit: string | undefined): number {
  switch (unit) {
    case "h":
      return 3_600_000;
    case "m":
      return 60_000;
    case "s":
      return 1000;
    default:
      return 1;
  }
}
