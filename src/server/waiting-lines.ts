/** Whose requests stand in one line: an organization's, or all of those who are not signed in. */
export type LineOwner = string | null;

/** One request in its line. */
export interface Place {
  readonly line: Line;
  /** By `performance.now()`. */
  readonly since: number;
  /** How much of the room it takes. */
  readonly size: number;
  /** Tells the request that its turn has come, or that it will not. */
  settle(hasTurn: boolean): void;
}

/** What one organization has waiting and running. */
export class Line {
  /** In order of arrival. */
  readonly places = new Set<Place>();
  /** Of all its places. */
  size = 0;
  running = 0;

  constructor(readonly owner: LineOwner) {}

  get oldest(): Place | undefined {
    return first(this.places);
  }
}

/**
 * Requests that wait, in a line for each organization, and whose turn is next. Only keeps the order;
 * when there is a turn, and who has waited too long, is for `Admission` to say.
 */
export class WaitingLines {
  readonly #lines = new Map<LineOwner, Line>();
  /** Lines in which somebody waits. Who has had a turn goes to the end. */
  readonly #ring = new Set<Line>();
  /** Of all lines, in order of arrival. */
  readonly #places = new Set<Place>();
  #size = 0;
  #busySince = 0;

  get count(): number {
    return this.#places.size;
  }

  get size(): number {
    return this.#size;
  }

  /** Lines in which somebody waits. */
  get busyLines(): number {
    return this.#ring.size;
  }

  /** Since when somebody has been waiting without a break, whoever it was. */
  get busySince(): number {
    return this.#busySince;
  }

  get oldest(): Place | undefined {
    return first(this.#places);
  }

  /** Undefined while nothing of this owner waits or runs. */
  find(owner: LineOwner): Line | undefined {
    return this.#lines.get(owner);
  }

  open(owner: LineOwner): Line {
    let line = this.#lines.get(owner);
    if (!line) {
      line = new Line(owner);
      this.#lines.set(owner, line);
    }
    return line;
  }

  add(place: Place): void {
    const { line, since, size } = place;
    if (this.#ring.size === 0) this.#busySince = since;
    this.#ring.add(line);
    line.places.add(place);
    line.size += size;
    this.#places.add(place);
    this.#size += size;
  }

  /** @returns false when it is not waiting any more */
  remove(place: Place): boolean {
    if (!this.#places.delete(place)) return false;
    this.#size -= place.size;
    const { line } = place;
    line.places.delete(place);
    line.size -= place.size;
    if (line.places.size === 0) this.#ring.delete(line);
    this.#forget(line);
    return true;
  }

  /**
   * The line whose turn it is: the one that has the fewest running, so that operations that take long cost
   * turns; among those, the one whose last turn is longest ago.
   *
   * @param mostRunning of this line; when so many of it run, it gets no turn
   */
  next(mostRunning: (line: Line) => number): Line | undefined {
    let next: Line | undefined;
    for (const line of this.#ring) {
      if (line.running >= mostRunning(line)) continue;
      if (!next || line.running < next.running) next = line;
      // Lines with some running are never more than operations may run, so this ends soon.
      if (next.running === 0) break;
    }
    return next;
  }

  /** This request's turn has come. It runs until `end` is called. */
  take(place: Place): Place {
    const { line } = place;
    line.running++;
    this.remove(place);
    // To the end of the ring, if it is still in there.
    if (this.#ring.delete(line)) this.#ring.add(line);
    return place;
  }

  /** An operation has ended whose turn had come. */
  end(line: Line): void {
    line.running--;
    this.#forget(line);
  }

  longest(): Line | undefined {
    let longest: Line | undefined;
    for (const line of this.#ring) if (line.size > (longest?.size ?? 0)) longest = line;
    return longest;
  }

  #forget(line: Line): void {
    if (line.running === 0 && line.places.size === 0) this.#lines.delete(line.owner);
  }
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  return set.values().next().value;
}
