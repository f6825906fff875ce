import { ApiClient } from "@fairlead/kube/client.ts";
import { HttpsTransport } from "@fairlead/kube/https-transport.ts";
import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { systemClock as clock } from "@fairlead/runtime/clock.ts";
import { systemRandom as random } from "@fairlead/runtime/random.ts";
import { KubeConfig } from "@kubernetes/client-node";
import type { Lab } from "../lab/lab.ts";

/** What a reflector of the benchmark's own needs. */
export type Reading = Pick<Administrator, "transport" | "clock" | "random" | "log">;

/** The API server as the lab's administrator, over connections that stay open, as fast as it answers. */
export class Administrator {
  readonly transport: HttpsTransport;
  readonly client: ApiClient;
  readonly clock = clock;
  readonly random = random;
  readonly log = new RecordingLog();

  constructor(lab: Lab) {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(lab.kubeconfig);
    const rate = { perSecond: 1e6, burst: 1e6 };
    this.transport = new HttpsTransport({ kubeConfig, clock, random, log: this.log, rate });
    this.client = new ApiClient({ transport: this.transport, fieldManager: "bench", deadlineMs: 60_000 });
  }

  close(): void {
    this.transport.stop();
  }
}
