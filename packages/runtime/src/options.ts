import yargs from "yargs";
import { VERSION } from "./version.ts";

/** One option of a program: `logLevel` is the flag `--log-level` and the variable `FAIRLEAD_LOG_LEVEL`. */
export interface OptionSpec {
  readonly type: "string" | "number" | "boolean";
  readonly describe: string;
  /** The value when neither the flag nor a variable is there. */
  readonly default?: string | number | boolean;
  /** Must be given. */
  readonly required?: true;
  /** The texts that are allowed. */
  readonly choices?: readonly string[];
  /** Bounds of a number, both included. */
  readonly least?: number;
  readonly most?: number;
  /** A second variable to read, such as `NODE_NAME`; the first wins. */
  readonly variable?: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<Spec extends OptionSpec> = Spec extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : { string: string; number: number; boolean: boolean }[Spec["type"]];

type Absent<Spec> = Spec extends { readonly default: unknown } | { readonly required: true }
  ? never
  : undefined;

/** The values, by the names of the specification. */
export type Options<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: ValueOf<Specs[Name]> | Absent<Specs[Name]>;
};

/** The program is to print `text` and exit: 0 after `--help` and `--version`, 2 after a wrong option. */
export interface Exit {
  readonly status: 0 | 2;
  readonly text: string;
}

/** Either the options or the reason to exit. */
export type ParsedOptions<Specs extends OptionSpecs> =
  | { readonly ok: true; readonly value: Options<Specs> }
  | { readonly ok: false; readonly error: Exit };

/**
 * Reads a program's options from its arguments and, for those that are not there, from the environment.
 *
 * @param argv the arguments after the program's name
 */
export function parseOptions<const Specs extends OptionSpecs>(
  program: string,
  specs: Specs,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<Specs> {
  const given = readFlags(program, specs, argv);
  if ("exit" in given) return { ok: false, error: given.exit };
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const found = find(name, spec, given.flags, env);
    const converted = found === undefined ? missing(name, spec) : convert(found.from, found.text, spec);
    if ("fault" in converted) {
      return { ok: false, error: { status: 2, text: `${program}: ${converted.fault}` } };
    }
    values[name] = converted.value;
  }
  return { ok: true, value: values as Options<Specs> };
}

type Converted = { readonly value: unknown } | { readonly fault: string };
type Flags = { readonly flags: Readonly<Record<string, unknown>> } | { readonly exit: Exit };

function readFlags(program: string, specs: OptionSpecs, argv: readonly string[]): Flags {
  let fault: string | undefined;
  let output = "";
  const parser = yargs()
    .scriptName(program)
    .usage("$0 [options]")
    .version(VERSION)
    .epilogue("Each option can be given as a variable too: --log-level as FAIRLEAD_LOG_LEVEL.")
    .wrap(110)
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      fault ??= message || error.message;
    });
  for (const [name, spec] of Object.entries(specs)) {
    const { describe, default: defaultDescription, choices } = spec;
    parser.option(flagOf(name), {
      describe: choices === undefined ? describe : `${describe} (${choices.join(", ")})`,
      ...(spec.type === "boolean" ? { type: "boolean" } : { type: "string", requiresArg: true }),
      ...(defaultDescription === undefined ? {} : { defaultDescription: String(defaultDescription) }),
    });
  }
  const flags = parser.parse([...argv], {}, (_error, _argv, text) => {
    output = text;
  }) as Record<string, unknown>;
  if (fault !== undefined)
    return { exit: { status: 2, text: `${program}: ${fault}; see ${program} --help` } };
  if (output !== "") return { exit: { status: 0, text: output } };
  return { flags };
}

function find(
  name: string,
  spec: OptionSpec,
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): { readonly from: string; readonly text: unknown } | undefined {
  const flag = flags[flagOf(name)];
  if (flag !== undefined) return { from: `--${flagOf(name)}`, text: flag };
  for (const variable of [`FAIRLEAD_${flagOf(name).replaceAll("-", "_").toUpperCase()}`, spec.variable]) {
    const text = variable === undefined ? undefined : env[variable];
    if (variable !== undefined && text !== undefined && text !== "") return { from: variable, text };
  }
  return undefined;
}

function missing(name: string, spec: OptionSpec): Converted {
  if (spec.default !== undefined || spec.required !== true) return { value: spec.default };
  return { fault: `--${flagOf(name)} is missing; it is ${spec.describe}` };
}

function convert(from: string, text: unknown, spec: OptionSpec): Converted {
  const wrong = (cure: string): Converted => ({ fault: `${from} is ${JSON.stringify(text)}; ${cure}` });
  if (Array.isArray(text)) return { fault: `${from} is given ${text.length} times; give it once` };
  if (spec.type === "boolean") {
    return text === true || text === "true"
      ? { value: true }
      : text === false || text === "false"
        ? { value: false }
        : wrong("write true or false");
  }
  if (spec.type === "number") {
    const { least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER } = spec;
    const number = /^-?\d+$/.test(String(text)) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return { value: number };
    return wrong(`write a whole number from ${least} to ${most}`);
  }
  if (spec.choices !== undefined && !spec.choices.includes(String(text))) {
    return wrong(`write one of ${spec.choices.join(", ")}`);
  }
  return { value: text };
}

function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
