/**
 * Real servers that share their cores among the connections they have: processor sharing.
 *
 * With n connections on c cores of speed s each gets s · min(1, c / n). A server keeps a virtual time that
 * runs at that rate; a connection ends when the virtual time has moved on by its work. So an event costs a
 * step in a heap, however many connections share. With infinite cores a connection takes its work's time.
 *
 * @module
 */

/** One server's connections, soonest end first. */
class Queue {
  readonly cores: number;
  readonly speed: number;
  /** Virtual time, in seconds of work, at `updated`. */
  virtual = 0;
  updated = 0;
  length = 0;
  #ends = new Float64Array(16);
  #jobs = new Uint32Array(16);

  constructor(cores: number, speed: number) {
    this.cores = cores;
    this.speed = speed;
  }

  get rate(): number {
    return this.length > this.cores ? (this.speed * this.cores) / this.length : this.speed;
  }

  /** When the first connection ends, unless others come or go; Infinity for none. */
  get deadline(): number {
    if (this.length === 0) return Number.POSITIVE_INFINITY;
    return this.updated + Math.max(0, this.#ends[0]! - this.virtual) / this.rate;
  }

  advance(now: number): void {
    this.virtual += (now - this.updated) * this.rate;
    this.updated = now;
  }

  push(job: number, work: number): void {
    if (this.length === this.#jobs.length) this.#grow();
    this.#rise(this.length++, this.virtual + work, job);
  }

  pop(): number {
    const job = this.#jobs[0]!;
    this.#removeAt(0);
    return job;
  }

  /** Removes a connection wherever it is; O(n). */
  remove(job: number): void {
    const at = this.#jobs.indexOf(job);
    if (at >= 0 && at < this.length) this.#removeAt(at);
  }

  #removeAt(at: number): void {
    const last = --this.length;
    if (at === last) return;
    const end = this.#ends[last]!;
    const job = this.#jobs[last]!;
    const parent = (at - 1) >> 1;
    if (at > 0 && end < this.#ends[parent]!) this.#rise(at, end, job);
    else this.#sink(at, end, job);
  }

  #rise(at: number, end: number, job: number): void {
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#ends[parent]! <= end) break;
      this.#ends[at] = this.#ends[parent]!;
      this.#jobs[at] = this.#jobs[parent]!;
      at = parent;
    }
    this.#ends[at] = end;
    this.#jobs[at] = job;
  }

  #sink(at: number, end: number, job: number): void {
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.length) break;
      if (child + 1 < this.length && this.#ends[child + 1]! < this.#ends[child]!) child++;
      if (this.#ends[child]! >= end) break;
      this.#ends[at] = this.#ends[child]!;
      this.#jobs[at] = this.#jobs[child]!;
      at = child;
    }
    this.#ends[at] = end;
    this.#jobs[at] = job;
  }

  #grow(): void {
    const ends = new Float64Array(this.#ends.length * 2);
    const jobs = new Uint32Array(this.#jobs.length * 2);
    ends.set(this.#ends);
    jobs.set(this.#jobs);
    this.#ends = ends;
    this.#jobs = jobs;
  }
}

/** The servers of a simulation, numbered as they were added. Times are in seconds. */
export class ServerQueues {
  readonly #queues: Queue[] = [];
  /** A tree over the servers: node i is the server, below it, whose deadline is soonest. */
  #leaves = 1;
  #winners = new Int32Array(2);
  #deadlines = new Float64Array(1).fill(Number.POSITIVE_INFINITY);

  constructor(servers: Iterable<{ readonly cores: number; readonly speed: number }>) {
    for (const { cores, speed } of servers) this.#queues.push(new Queue(cores, speed));
    while (this.#leaves < this.#queues.length) this.#leaves *= 2;
    this.#deadlines = new Float64Array(this.#leaves).fill(Number.POSITIVE_INFINITY);
    this.#winners = new Int32Array(2 * this.#leaves);
    for (let leaf = 0; leaf < this.#leaves; leaf++) this.#winners[this.#leaves + leaf] = leaf;
    for (let node = this.#leaves - 1; node > 0; node--) {
      this.#winners[node] = this.#winners[2 * node]!;
    }
  }

  /** When the next connection ends; Infinity if none is left. */
  get deadline(): number {
    return this.#deadlines[this.#winners[1]!]!;
  }

  /** Connections a server has. */
  length(server: number): number {
    return this.#queues[server]!.length;
  }

  /** Gives a server a connection with `work` seconds of work. */
  push(server: number, job: number, work: number, now: number): void {
    const queue = this.#queues[server]!;
    queue.advance(now);
    queue.push(job, work);
    this.#update(server);
  }

  /** Ends the connection whose end is next, at `deadline`, and returns it. */
  pop(): number {
    const server = this.#winners[1]!;
    const queue = this.#queues[server]!;
    queue.advance(this.#deadlines[server]!);
    const job = queue.pop();
    this.#update(server);
    return job;
  }

  /** Takes a connection away before its end. */
  remove(server: number, job: number, now: number): void {
    const queue = this.#queues[server]!;
    queue.advance(now);
    queue.remove(job);
    this.#update(server);
  }

  #update(server: number): void {
    this.#deadlines[server] = this.#queues[server]!.deadline;
    for (let node = (this.#leaves + server) >> 1; node > 0; node >>= 1) {
      const left = this.#winners[2 * node]!;
      const right = this.#winners[2 * node + 1]!;
      this.#winners[node] = this.#deadlines[right]! < this.#deadlines[left]! ? right : left;
    }
  }
}
