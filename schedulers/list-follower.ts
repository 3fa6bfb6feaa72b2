/**
 * What keeps figures of a service's destinations, and brings them up to date when it is asked.
 *
 * @module
 */
import { type DestinationList, NO_PLACE } from "../src/engine/destination-list.ts";
import type { SchedulableDestination } from "../src/engine/scheduler.ts";

/** Follows the changes of a list. */
export abstract class ListFollower<D extends SchedulableDestination> {
  protected readonly list: DestinationList<D>;
  #era = -1;
  /** Notes read in this era. */
  #read = 0;

  constructor(list: DestinationList<D>) {
    this.list = list;
  }

  /** Looks at every place anew, of `list.capacity` in this era. */
  protected abstract lookAtAll(): void;

  /** Looks at one place, where `destination` is or nobody. */
  protected abstract look(place: number, destination: D | undefined): void;

  /** Changes since the last time, at most as many as there are places if all have to be looked at. */
  protected get behind(): number {
    const { era, noted, notesKept, capacity } = this.list;
    const behind = noted - this.#read;
    return era === this.#era && behind <= notesKept ? behind : capacity;
  }

  /** Looks at what changed since the last time. To be called before figures are used. */
  protected catchUp(): void {
    const { list } = this;
    const { era, noted } = list;
    if (era === this.#era) {
      if (noted === this.#read) return;
      if (noted - this.#read <= list.notesKept) {
        let place = list.noteAt(this.#read);
        for (let note = this.#read + 1; note <= noted; note++) {
          // A connection that comes or goes mostly changes more than one thing of its destination.
          const next = note < noted ? list.noteAt(note) : NO_PLACE;
          if (next !== place) this.look(place, list.at(place));
          place = next;
        }
        this.#read = noted;
        return;
      }
    }
    this.startAnew();
  }

  /** Looks at every place, whatever changed. */
  protected startAnew(): void {
    this.lookAtAll();
    this.#era = this.list.era;
    this.#read = this.list.noted;
  }
}
