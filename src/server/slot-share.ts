import type { LineOwner } from './waiting-lines.js';

/** The part of the slots that an organization leaves to others, alone and in company. */
const PART_FOR_OTHERS = { alone: 0.2, inCompany: 0.6 };

/** With fewer slots there is nothing to divide. */
const FEWEST_TO_DIVIDE = 5;

/** Whoever has had a turn is company for so long. */
export const COMPANY_MS = 1_000;

interface Turn {
  readonly owner: LineOwner;
  readonly at: number;
}

/** How many of the slots one organization may have, which depends on whether there are others. */
export class SlotShare {
  readonly #slots: number;
  #lastTurn: Turn | undefined;
  /** The last one of another organization than that. */
  #lastTurnOfAnother: Turn | undefined;

  constructor(slots: number) {
    this.#slots = slots;
  }

  /** @param at by `performance.now()` */
  noteTurn(owner: LineOwner, at: number): void {
    if (this.#lastTurn?.owner !== owner) this.#lastTurnOfAnother = this.#lastTurn;
    this.#lastTurn = { owner, at };
  }

  /** @param now by `performance.now()` */
  mostOf(owner: LineOwner, now: number): number {
    if (this.#slots < FEWEST_TO_DIVIDE) return this.#slots;
    const others = this.#lastTurn?.owner === owner ? this.#lastTurnOfAnother : this.#lastTurn;
    const isInCompany = others !== undefined && now - others.at < COMPANY_MS;
    const part = isInCompany ? PART_FOR_OTHERS.inCompany : PART_FOR_OTHERS.alone;
    return this.#slots - Math.floor(this.#slots * part);
  }
}
