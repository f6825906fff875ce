import type { Component, LabOptions } from "./options.ts";

/** A program's flags by name, without dashes. */
export type Flags = Readonly<Record<string, string>>;

/** The command line of a component: the lab's flags, overruled by what the options ask for. */
export function commandLine(
  component: Component,
  own: Flags,
  options: Pick<LabOptions, "flags">,
): readonly string[] {
  const flags = { ...own, ...options.flags[component] };
  return [`/run/lab/bin/${component}`, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
}
