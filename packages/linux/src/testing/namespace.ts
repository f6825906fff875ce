import { spawnSync } from "node:child_process";

/** Why tests that need network namespaces are skipped, or undefined if they can run. */
export const NAMESPACES_UNAVAILABLE: string | undefined =
  process.getuid?.() === 0 ? undefined : "skipped: needs root (network namespaces)";

/** Runs `ip` with these arguments. @throws Error with what it wrote. */
export function ip(...args: string[]): string {
  const run = spawnSync("ip", args, { encoding: "utf8" });
  if (run.status === 0) return run.stdout;
  throw new Error(`ip ${args.join(" ")}: ${run.error?.message ?? run.stderr}`);
}

/** Runs many `ip` commands in one namespace, in one process. @throws Error with what it wrote. */
export function ipBatch(namespace: string, lines: readonly string[]): void {
  const run = spawnSync("ip", ["-n", namespace, "-batch", "-"], {
    encoding: "utf8",
    input: lines.join("\n"),
  });
  if (run.status !== 0) throw new Error(`ip -batch: ${run.error?.message ?? run.stderr}`);
}

/**
 * Two network namespaces joined by one Ethernet link, `left0` in one and `right0` in the other, both up. IPv6 makes no
 * link-local addresses, so that the link is silent.
 */
export class NamespacePair {
  readonly left: string;
  readonly right: string;

  constructor(purpose: string) {
    this.left = `flx-${purpose}-${process.pid}-l`;
    this.right = `flx-${purpose}-${process.pid}-r`;
    ip("netns", "add", this.left);
    ip("netns", "add", this.right);
    ip(
      "-n",
      this.left,
      "link",
      "add",
      "left0",
      "type",
      "veth",
      "peer",
      "name",
      "right0",
      "netns",
      this.right,
    );
    for (const [namespace, name] of [
      [this.left, "left0"],
      [this.right, "right0"],
    ] as const) {
      ip("-n", namespace, "link", "set", name, "addrgenmode", "none");
      ip("-n", namespace, "link", "set", name, "up");
    }
  }

  /** The index of an interface in a namespace. */
  indexOf(namespace: string, name: string): number {
    return Number(ip("-n", namespace, "-oneline", "link", "show", name).split(":")[0]);
  }

  /** Removes both namespaces and what is in them. */
  remove(): void {
    ip("netns", "delete", this.left);
    ip("netns", "delete", this.right);
  }
}
