import { type Clock, sleep, type Timer } from "@fairlead/runtime/clock.ts";
import { errorText, type Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import type { ApiClient } from "./client.ts";
import { heldSpec, type Lease, leases, releasedSpec } from "./lease.ts";
import { hasStatus } from "./transport.ts";

export interface LeaderElectionOptions {
  readonly client: ApiClient;
  /** Namespace of the Lease. */
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** Unique among all that may ever want the lease at the same time, for example the name of the Pod. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** For how long after our last renewal nobody else takes the lease. @default 15000 */
  readonly leaseDurationMs?: number;
  /** How long after the start of the last successful renewal we still act as leader. @default 10000 */
  readonly renewDeadlineMs?: number;
  /** Time between two looks at the lease. @default 2000 */
  readonly retryPeriodMs?: number;
  /** Called when this process begins to lead; the signal aborts when it no longer does. */
  readonly onGained: (signal: AbortSignal) => void;
  /** Called after that. The lease is neither released nor gained again before it settles. */
  readonly onLost: () => void | Promise<void>;
}

const TOO_LATE = "the lease could not be renewed in time";

interface Leadership {
  readonly controller: AbortController;
  /** When the last successful renewal was begun, by both clocks. */
  renewedAt: { readonly nowMs: number; readonly wallMs: number };
  deadline: Timer;
}

/**
 * One of several replicas leads, by holding a Lease. At no time do two of them believe that they lead, as long as clocks
 * run about equally fast: a follower takes the lease `leaseDurationMs` after it last *saw* it change, on its own clock; the
 * leader stops `renewDeadlineMs` (shorter) after it last *began* to renew it, on its own clock. Times in the Lease are for
 * people only.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #client: ApiClient;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #ended = new AbortController();
  #running: Promise<void> | undefined;
  #observed: { readonly lease: Lease; readonly at: number } | undefined;
  #leadership: Leadership | undefined;
  #losing: Promise<void> = Promise.resolve();
  #failure = "";

  /** @throws RangeError unless leaseDurationMs > renewDeadlineMs > retryPeriodMs > 0 */
  constructor(options: LeaderElectionOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
    if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryPeriodMs && retryPeriodMs > 0)) {
      throw new RangeError(
        `leader election needs leaseDurationMs > renewDeadlineMs > retryPeriodMs > 0, not ${leaseDurationMs}, ${renewDeadlineMs}, ${retryPeriodMs}`,
      );
    }
    this.#options = options;
    this.#leaseDurationMs = leaseDurationMs;
    this.#renewDeadlineMs = renewDeadlineMs;
    this.#retryPeriodMs = retryPeriodMs;
    this.#client = options.client.with({
      urgent: true,
      // Several attempts must fit before the deadline.
      deadlineMs: renewDeadlineMs * 0.3,
      refuseWrites: () => undefined,
    });
  }

  /** Begins to compete; further calls change nothing, nor does one after `stop`. */
  start(): void {
    if (this.#ended.signal.aborted) return;
    this.#running ??= this.#run(this.#ended.signal);
  }

  /** Stops leading, waits for `onLost`, then gives the lease back so that another can take it at once. */
  async stop(): Promise<void> {
    this.#ended.abort(new Error("the election was stopped"));
    this.#lose("stopped");
    await this.#losing;
    await this.#running;
    await this.#release();
  }

  /** Computed from the clocks at each read, so it is right even just after a pause: ask immediately before acting. */
  get leading(): boolean {
    return this.#leadership !== undefined && this.#leftMs(this.#leadership) > 0;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    while (!signal.aborted) {
      if (!this.leading) this.#lose(TOO_LATE);
      await this.#losing;
      const startedAt = clock.nowMs();
      try {
        await this.#round(signal);
        this.#failure = "";
      } catch (error) {
        if (!signal.aborted) this.#failed(error);
      }
      const periodMs = this.#retryPeriodMs * (1 + (this.leading ? 0 : 0.2 * random.next()));
      const leftMs = startedAt + periodMs - clock.nowMs();
      await sleep(clock, Math.max(leftMs, this.#retryPeriodMs / 8), signal);
    }
  }

  /** One look at the lease: keeps it, takes it if it is free, or learns who has it. */
  async #round(signal: AbortSignal): Promise<void> {
    if (this.leading && this.#observed !== undefined && (await this.#write(this.#observed.lease, signal)))
      return;
    const lease = await this.#read(signal);
    if (signal.aborted) return;
    if (lease === undefined) {
      await this.#write(undefined, signal);
    } else if (this.#isFree(lease)) {
      await this.#write(lease, signal);
    } else {
      this.#lose(`the lease is held by ${lease.spec?.holderIdentity}`);
    }
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { namespace, name } = this.#options;
    try {
      const lease = await this.#client.get(leases, { namespace, name }, signal);
      this.#observe(lease);
      return lease;
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  #observe(lease: Lease): void {
    if (this.#observed?.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    this.#observed = { lease, at: this.#options.clock.nowMs() };
  }

  #isFree(lease: Lease): boolean {
    const { holderIdentity, leaseDurationSeconds } = lease.spec ?? {};
    if (!holderIdentity || holderIdentity === this.#options.identity) return true;
    const durationMs =
      leaseDurationSeconds === undefined ? this.#leaseDurationMs : leaseDurationSeconds * 1000;
    return this.#options.clock.nowMs() - (this.#observed?.at ?? 0) >= durationMs;
  }

  /** Makes the lease ours. Not aborted by `stop`, or nobody would know whether it had been. @returns false on a conflict */
  async #write(before: Lease | undefined, signal: AbortSignal): Promise<boolean> {
    const { namespace, name, identity, clock } = this.#options;
    const renewedAt = { nowMs: clock.nowMs(), wallMs: clock.wall().getTime() };
    const spec = heldSpec(before?.spec, identity, this.#leaseDurationMs, clock.wall());
    try {
      const lease =
        before === undefined
          ? await this.#client.create(leases, { metadata: { namespace, name }, spec })
          : await this.#client.update(leases, { ...before, spec });
      this.#observe(lease);
    } catch (error) {
      if (hasStatus(error, 409)) return false;
      throw error;
    }
    if (!signal.aborted) this.#renewed(renewedAt);
    return true;
  }

  #renewed(renewedAt: Leadership["renewedAt"]): void {
    const { clock, log, name, identity, onGained } = this.#options;
    const current = this.#leadership;
    if (current !== undefined && !this.leading) {
      // Paused for long: another may have led meanwhile. What was begun under the old leadership must end first.
      this.#lose(TOO_LATE);
      return;
    }
    const leadership = current ?? { controller: new AbortController(), renewedAt, deadline: { cancel() {} } };
    leadership.renewedAt = renewedAt;
    const leftMs = this.#leftMs(leadership);
    // The answer took so long that another may lead by now.
    if (leftMs <= 0) return;
    leadership.deadline.cancel();
    leadership.deadline = clock.after(leftMs, () => this.#lose(TOO_LATE));
    if (current !== undefined) return;
    this.#leadership = leadership;
    log.info("leadership gained", { lease: name, identity });
    onGained(leadership.controller.signal);
  }

  /** The monotonic clock stands still while a machine sleeps, the wall clock may be set: the stricter of the two counts. */
  #leftMs({ renewedAt }: Leadership): number {
    const { clock } = this.#options;
    const elapsedMs = Math.max(clock.nowMs() - renewedAt.nowMs, clock.wall().getTime() - renewedAt.wallMs);
    return this.#renewDeadlineMs - elapsedMs;
  }

  #lose(reason: string): void {
    const leadership = this.#leadership;
    if (leadership === undefined) return;
    const { log, name, identity } = this.#options;
    this.#leadership = undefined;
    leadership.deadline.cancel();
    leadership.controller.abort(new Error(`no longer the leader: ${reason}`));
    log.info("leadership lost", { lease: name, identity, reason });
    this.#losing = this.#afterLoss();
  }

  async #afterLoss(): Promise<void> {
    const { log, name, onLost } = this.#options;
    try {
      await onLost();
    } catch (error) {
      log.error("what led failed to stop", { lease: name, error: errorText(error) });
    }
  }

  async #release(): Promise<void> {
    const { clock, log, name, identity } = this.#options;
    const lease = this.#observed?.lease;
    if (lease?.spec?.holderIdentity !== identity) return;
    try {
      await this.#client.update(leases, { ...lease, spec: releasedSpec(lease.spec, clock.wall()) });
      log.info("lease released", { lease: name, identity });
    } catch (error) {
      log.warn("lease could not be released", { lease: name, identity, error: errorText(error) });
    }
  }

  #failed(error: unknown): void {
    const { log, name } = this.#options;
    const failure = errorText(error);
    if (failure === this.#failure) return;
    this.#failure = failure;
    log.warn("lease could not be read or written", { lease: name, error: failure });
  }
}
