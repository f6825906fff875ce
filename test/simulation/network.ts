import type { Dice } from "./dice.ts";
import type { Scheduler } from "./scheduler.ts";

/** Whatever has a port: a node by its number, the gateway, a client, or a host that is none of ours. */
export type Port = number | "gateway" | "client" | "stranger";

/** How a network treats what is sent. */
export interface Weather {
  readonly loss: number;
  readonly duplicate: number;
  /** Delivered up to 0.8 s late, so that others overtake it. */
  readonly late: number;
  readonly delayMs: readonly [number, number];
  /** How often, and up to how much, the delay is longer. */
  readonly slow: number;
  readonly slowMs: number;
}

export const FAIR: Weather = {
  loss: 0,
  duplicate: 0.001,
  late: 0,
  delayMs: [0.1, 0.7],
  slow: 0.01,
  slowMs: 20,
};

/** One network: who reaches whom, and what happens on the way. */
export class Network {
  weather: Weather = FAIR;
  readonly #scheduler: Scheduler;
  readonly #dice: Dice;
  readonly #side = new Map<Port, number>();
  readonly #cuts = new Set<string>();
  readonly #lossOf = new Map<Port, number>();
  readonly #dead = new Set<Port>();
  readonly #onChange: () => void;

  /** @param onChange who reaches whom has changed */
  constructor(scheduler: Scheduler, dice: Dice, onChange: () => void) {
    this.#scheduler = scheduler;
    this.#dice = dice;
    this.#onChange = onChange;
  }

  /** Ports of different sides do not reach each other; all not named are on side 0. */
  partition(sides: ReadonlyMap<Port, number>): void {
    this.#side.clear();
    for (const [port, side] of sides) this.#side.set(port, side);
    this.#onChange();
  }

  /** Nothing that `from` sends reaches `to`. */
  cut(from: Port, to: Port): void {
    this.#cuts.add(`${from}>${to}`);
    this.#onChange();
  }

  mend(from: Port, to: Port): void {
    this.#cuts.delete(`${from}>${to}`);
    this.#onChange();
  }

  /** The port neither sends nor receives. */
  setDead(port: Port, dead: boolean): void {
    if (dead) this.#dead.add(port);
    else this.#dead.delete(port);
    this.#onChange();
  }

  /** Additional loss of what this port sends and receives. */
  setLoss(port: Port, loss: number): void {
    this.#lossOf.set(port, loss);
  }

  heal(): void {
    this.#side.clear();
    this.#cuts.clear();
    this.#dead.clear();
    this.#lossOf.clear();
    this.weather = FAIR;
    this.#onChange();
  }

  /** Both ways. */
  connects(one: Port, other: Port): boolean {
    return this.reaches(one, other) && this.reaches(other, one);
  }

  reaches(from: Port, to: Port): boolean {
    return (
      !this.#dead.has(from) &&
      !this.#dead.has(to) &&
      (this.#side.get(from) ?? 0) === (this.#side.get(to) ?? 0) &&
      (this.#cuts.size === 0 || !this.#cuts.has(`${from}>${to}`))
    );
  }

  /** Delivers once, twice, late or never. */
  send(from: Port, to: Port, deliver: () => void): void {
    const { loss, duplicate, late, delayMs, slow, slowMs } = this.weather;
    if (!this.reaches(from, to)) return;
    const dice = this.#dice;
    const mostLoss = Math.max(loss, this.#lossOf.get(from) ?? 0, this.#lossOf.get(to) ?? 0);
    if (mostLoss > 0 && dice.chance(mostLoss)) return;
    const copies = dice.chance(duplicate) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const most = late > 0 && dice.chance(late) ? 800 : dice.chance(slow) ? slowMs : delayMs[1];
      this.#scheduler.after(dice.between(delayMs[0], most), () => {
        if (this.reaches(from, to)) deliver();
      });
    }
  }
}
