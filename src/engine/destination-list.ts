/**
 * The destinations of one service in order, and which of them changed since somebody looked.
 *
 * Each destination has a place, a number that grows with every addition: list order, newest first, is
 * descending place. A removal leaves its place empty, so nobody else moves, and the cost of an addition, a
 * removal or a look does not grow with the list. Places are numbered anew only when they run out.
 *
 * Whoever changes something a choice depends on notes the place, which costs two writes. A scheduler that
 * keeps figures of the destinations, such as who is the least loaded, reads the notes before it chooses
 * and looks at those places alone; others never read them.
 *
 *     place    0   1   2   3   4
 *     in it    A   B   -   D   E        list order: E D B A
 *     notes    4 4 1                    E changed twice, then B
 *
 * @module
 */

/** The place of what is in no list. */
export const NO_PLACE = -1;

const FIRST_CAPACITY = 16;
/** Notes kept for each place there is room for. Who has missed some looks at every place instead. */
const NOTES_PER_PLACE = 4;
/** Notes after which counting starts anew. */
const MOST_NOTES = 2 ** 30;

/** What a list holds. */
export interface Listed {
  /** Where it stands in its list, or `NO_PLACE`. The list's to write. */
  place: number;
}

/** Destinations in order of addition. */
export class DestinationList<D extends Listed> {
  readonly #byPlace: (D | undefined)[] = [];
  #capacity = FIRST_CAPACITY;
  #size = 0;
  /** All, if nobody came or went since they were asked for. */
  #newestFirst: readonly D[] | undefined;
  /** Places noted, in a ring. */
  #notes = new Int32Array(FIRST_CAPACITY * NOTES_PER_PLACE);
  #noted = 0;
  #era = 0;
  #revision = 0;

  /** Destinations in the list. */
  get size(): number {
    return this.#size;
  }

  /** One more than the highest place taken, 0 for none. */
  get end(): number {
    return this.#byPlace.length;
  }

  /** Places there is room for in this era, a power of two. */
  get capacity(): number {
    return this.#capacity;
  }

  /** A number that changes when places are numbered anew, or there is room for more. */
  get era(): number {
    return this.#era;
  }

  /** A number that changes when one comes or goes, or gets another place. */
  get revision(): number {
    return this.#revision;
  }

  /** Notes made in this era. */
  get noted(): number {
    return this.#noted;
  }

  /** How many of the last notes are kept. */
  get notesKept(): number {
    return this.#notes.length;
  }

  /** Returns what is at a place, if anything is. */
  at(place: number): D | undefined {
    return this.#byPlace[place];
  }

  /** Returns all, newest first: an array that never changes, the same until one comes or goes. */
  newestFirst(): readonly D[] {
    this.#newestFirst ??= this.#byPlace.filter((each) => each !== undefined).reverse();
    return this.#newestFirst;
  }

  /** Yields all, oldest first. */
  *[Symbol.iterator](): Generator<D, void, undefined> {
    for (const each of this.#byPlace) if (each !== undefined) yield each;
  }

  /** Puts one into the list as the newest. It must be in none. */
  add(destination: D): void {
    if (this.#byPlace.length === this.#capacity) this.#makeRoom();
    destination.place = this.#byPlace.length;
    this.#byPlace.push(destination);
    this.#size++;
    this.#revision++;
    this.#newestFirst = undefined;
    this.note(destination.place);
  }

  /** Takes out one that is in the list; returns the place it had. */
  remove(destination: D): number {
    const { place } = destination;
    this.#byPlace[place] = undefined;
    while (this.#byPlace.length > 0 && this.#byPlace.at(-1) === undefined) this.#byPlace.pop();
    destination.place = NO_PLACE;
    this.#size--;
    this.#revision++;
    this.#newestFirst = undefined;
    this.note(place);
    return place;
  }

  /** Notes that what a choice depends on changed at a place. */
  note(place: number): void {
    if (this.#noted === MOST_NOTES) this.#beginEra();
    this.#notes[this.#noted & (this.#notes.length - 1)] = place;
    this.#noted++;
  }

  /** Returns the place of a note, counted from 0 in this era; one of the last `notesKept`. */
  noteAt(index: number): number {
    return this.#notes[index & (this.#notes.length - 1)]!;
  }

  /** Returns the one before `place` in list order, or `undefined` if that is the head. */
  newerThan(place: number): D | undefined {
    for (let newer = place + 1; newer < this.end; newer++) {
      const destination = this.#byPlace[newer];
      if (destination !== undefined) return destination;
    }
    return undefined;
  }

  /** Closes up the places if half of them are empty, or doubles them. */
  #makeRoom(): void {
    if (this.#size * 2 > this.#capacity) {
      this.#capacity *= 2;
      this.#notes = new Int32Array(this.#capacity * NOTES_PER_PLACE);
    } else {
      const left = [...this];
      this.#byPlace.length = 0;
      for (const each of left) {
        each.place = this.#byPlace.length;
        this.#byPlace.push(each);
      }
    }
    this.#beginEra();
  }

  #beginEra(): void {
    this.#era++;
    this.#noted = 0;
  }
}
