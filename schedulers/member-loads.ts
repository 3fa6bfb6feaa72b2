/**
 * Who is the least loaded member of a large set of destinations. It holds for one revision of their list and as
 * long as no member leaves the set.
 *
 * @module
 */
import type { DestinationList } from "../src/engine/destination-list.ts";
import type { SchedulableDestination } from "../src/engine/scheduler.ts";
import { ListFollower } from "./list-follower.ts";
import { OVERHEAD } from "./overhead.ts";
import { NOBODY, Tournament } from "./tournament.ts";

/** Follows the loads of the members of a set, by the number of each in the order they joined. */
export class MemberLoads<D extends SchedulableDestination> extends ListFollower<D> {
  readonly #members: readonly D[];
  /** Number of the member at each place, or `NOBODY`. */
  #numbers = new Int32Array();
  #capacity = 0;
  #tournament = new Tournament(1);

  /** @param members the set's own list of them, as it is at any time */
  constructor(list: DestinationList<D>, members: readonly D[]) {
    super(list);
    this.#members = members;
    this.startAnew();
  }

  /** Whether a destination of the list is a member. */
  has({ place }: D): boolean {
    return this.#numbers[place] !== NOBODY;
  }

  /** Takes in the last of the members. */
  joined(destination: D): void {
    const number = this.#members.length - 1;
    if (number >= this.#capacity) {
      this.startAnew();
      return;
    }
    this.#numbers[destination.place] = number;
    this.look(destination.place, destination);
  }

  /** Returns the usable member with the least overhead per weight, the one that joined last of equals. */
  least(): D | undefined {
    if (this.behind > this.#members.length) this.startAnew();
    else this.catchUp();
    const { winner } = this.#tournament;
    return winner === NOBODY ? undefined : this.#members[winner];
  }

  protected override lookAtAll(): void {
    this.#capacity = 2 * this.#members.length;
    this.#tournament = new Tournament(this.#capacity);
    this.#numbers = new Int32Array(this.list.capacity).fill(NOBODY);
    for (const [number, member] of this.#members.entries()) {
      if (!member.available) continue;
      this.#numbers[member.place] = number;
      if (!member.usable) continue;
      this.#tournament.enter(number, OVERHEAD.load(member), OVERHEAD.divisor(member));
    }
    this.#tournament.playAll();
  }

  protected override look(place: number, destination: D | undefined): void {
    const number = this.#numbers[place]!;
    if (destination === undefined || number === NOBODY) return;
    if (destination.usable) {
      this.#tournament.set(number, OVERHEAD.load(destination), OVERHEAD.divisor(destination));
    } else {
      this.#tournament.set(number, 0, 0);
    }
  }
}
