import { HttpsTransport } from "@fairlead/kube/https-transport.ts";
import { ContextNotFound, type KubeConfigChoice, loadKubeConfig } from "@fairlead/kube/kube-config.ts";
import type { ApiTransport } from "@fairlead/kube/transport.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { systemClock as clock } from "@fairlead/runtime/clock.ts";
import { errorText, silentLog as log } from "@fairlead/runtime/log.ts";
import { systemRandom as random } from "@fairlead/runtime/random.ts";

/** A way to the API server that is closed when it is not needed any more. */
export interface Connection extends ApiTransport {
  stop(): void;
}

/** Opens the way to a cluster, without asking it anything yet. The error is a sentence with the cure. */
export type Connector = (choice: KubeConfigChoice) => Result<Connection, string>;

/** The way to the cluster that the kubeconfig names. */
export const connect: Connector = (choice) => {
  try {
    return ok(new HttpsTransport({ kubeConfig: loadKubeConfig(choice), clock, random, log }));
  } catch (error) {
    if (error instanceof ContextNotFound) return err(error.message);
    return err(`the kubeconfig cannot be used: ${errorText(error)}; name one with --kubeconfig`);
  }
};
