/** Has work that is asked for again while it is under way done once, for everybody who waits. */
export class InFlight<T> {
  readonly #underWay = new Map<string, Promise<T>>();

  /** @param key the same for work that is the same */
  run(key: string, work: () => Promise<T>): Promise<T> {
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    const begun = work().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, begun);
    return begun;
  }
}
