import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Lab } from "../lab/lab.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** The shipped image as an OCI archive, and the shipped manifests. */
export const IMAGE_ARCHIVE = resolve(ROOT, "build/fairlead.tar");
export const MANIFESTS = resolve(ROOT, "manifests");
/** The namespace that the manifests make. */
export const NAMESPACE = "fairlead-system";

/** The commands that install Fairlead once its image is on the nodes; kubectl's arguments. */
export const INSTALL_COMMANDS: readonly (readonly string[])[] = [
  ["apply", "-k", MANIFESTS],
  ["-n", NAMESPACE, "rollout", "status", "deployment/fairlead-controller", "--timeout=120s"],
  ["-n", NAMESPACE, "rollout", "status", "daemonset/fairlead-speaker", "--timeout=120s"],
];

/** Longer than kubectl itself waits for a roll-out. */
export const INSTALL_DEADLINE_MS = 150_000;

/** Loads the image onto the nodes. @throws Error if it has not been built */
export async function loadFairlead(lab: Lab): Promise<void> {
  if (!existsSync(IMAGE_ARCHIVE)) throw new Error("build/fairlead.tar is not there; run make image");
  await lab.loadImage(IMAGE_ARCHIVE);
}

/** Loads the image, applies the manifests and waits until controller and speakers are ready. */
export async function installFairlead(lab: Lab): Promise<void> {
  await loadFairlead(lab);
  for (const command of INSTALL_COMMANDS) await lab.kubectl(command, { deadlineMs: INSTALL_DEADLINE_MS });
}
