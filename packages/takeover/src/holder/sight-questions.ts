import type { NodeId } from "../claims/claim.ts";
import type { Post } from "../core/post.ts";
import type { Path, Sighted } from "../messages/message.ts";

/** Called for each answer, at most once for each that was asked and path it came by. */
export type OnSighted = (from: NodeId, sighted: Sighted, path: Path) => void;

/** Asks others what they see; an answer belongs to the question whose number it bears. */
export class SightQuestions {
  readonly #post: Post;
  readonly #asked = new Map<number, OnSighted>();
  #next = 1;

  constructor(post: Post) {
    this.#post = post;
  }

  /** @param only asks on this path alone. @returns what withdraws the question: answers count no more */
  ask(nodes: Iterable<NodeId>, answered: OnSighted, only?: Path): () => void {
    const round = this.#next++;
    this.#asked.set(round, answered);
    for (const node of nodes) this.#post.send(node, { type: "Sight", round }, only);
    return () => this.#asked.delete(round);
  }

  /** Somebody answers. */
  sighted(from: NodeId, path: Path, sighted: Sighted): void {
    this.#asked.get(sighted.round)?.(from, sighted, path);
  }
}
