import type { IpAddress } from "@fairlead/net/address.ts";
import type { NodeId } from "../claims/claim.ts";
import type { Core } from "../core/core.ts";
import type { Path, Sighted } from "../messages/message.ts";
import { AnchorWatch } from "./anchor-watch.ts";
import type { Holder } from "./holder.ts";
import { NodePathWatch } from "./node-path-watch.ts";
import type { Offers } from "./offers.ts";
import { SightQuestions } from "./sight-questions.ts";

/** A holder looks after its own ways, to the gateway and to the other nodes, and offers what it cannot serve to who can. */
export class Uplinks {
  readonly #questions: SightQuestions;
  readonly #anchorWatch: AnchorWatch;
  readonly #nodePathWatch: NodePathWatch;

  constructor(options: { readonly core: Core; readonly holder: Holder; readonly offers: Offers }) {
    const questions = new SightQuestions(options.core.post);
    this.#questions = questions;
    this.#anchorWatch = new AnchorWatch({ ...options, questions });
    this.#nodePathWatch = new NodePathWatch({ ...options, questions });
  }

  start(): void {
    this.#anchorWatch.start();
    this.#nodePathWatch.start();
  }

  stop(): void {
    this.#anchorWatch.stop();
    this.#nodePathWatch.stop();
  }

  /** Somebody answers on the wire. */
  seen(address: IpAddress): void {
    this.#anchorWatch.seen(address.text);
  }

  /** A stand-in has acknowledged. */
  acknowledged(from: NodeId, path: Path): void {
    this.#nodePathWatch.acknowledged(from, path);
  }

  /** Somebody tells what it sees. */
  sighted(from: NodeId, path: Path, sighted: Sighted): void {
    this.#questions.sighted(from, path, sighted);
  }
}
