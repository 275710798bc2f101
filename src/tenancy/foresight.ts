/** How often a read must have ended after the same number of rounds before that is relied on. */
const FIRST_STREAK = 3;

/** After each mistake it takes so many times as often, up to the last. */
const CAUTION = 4;
const LONGEST_STREAK = 10_000;

/**
 * What is known of a read that comes again and again, such as one query of an application: after how many
 * rounds of statements it has ended. A round is what is sent before the work pauses for answers.
 *
 * With it COMMIT leaves in one packet with the last statements. A mistake costs a second run, so each
 * makes it more careful.
 */
export class Foresight {
  #rounds = 0;
  #streak = 0;
  #needed = FIRST_STREAK;

  /** The round behind which the read will end; undefined as long as nobody knows. */
  get lastRound(): number | undefined {
    return this.#streak >= this.#needed ? this.#rounds : undefined;
  }

  /** @param rounds after which the read has ended this time */
  learn(rounds: number): void {
    if (rounds === this.#rounds) {
      this.#streak++;
      return;
    }
    this.#rounds = rounds;
    this.#streak = 1;
  }

  /** Told when the read went on behind `lastRound`. */
  wasWrong(): void {
    this.#streak = 0;
    this.#needed = Math.min(this.#needed * CAUTION, LONGEST_STREAK);
  }
}
