/**
 * Messages of directors: those of recordings, and such as are wrong somewhere.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { SeededRandom } from "../../../src/base/random.ts";
import { fixture } from "../../support/files.ts";

/** Returns the messages backups are told in a recorded scenario. */
export function recordedMessages(name: string): readonly Uint8Array[] {
  const text = readFileSync(fixture("recordings", `${name}.scn`), "utf8");
  return [...text.matchAll(/ 224\.0\.0\.81:8848 .*hex=([0-9a-f]+)$/gm)].map((match) =>
    Uint8Array.from(Buffer.from(match[1]!, "hex")),
  );
}

/** Yields messages without end: recorded ones, changed at random, and random bytes. */
export function* wrongMessages(seed: number): Generator<Uint8Array, never> {
  const random = new SeededRandom(seed);
  const below = (count: number) => random.uint32() % count;
  const recorded = ["sync-backup", "sync-backup-v0", "sync-backup-data", "sync-malformed"].flatMap(
    recordedMessages,
  );
  for (;;) {
    if (below(8) === 0) {
      yield Uint8Array.from({ length: below(200) }, () => below(256));
      continue;
    }
    let bytes = Uint8Array.from(recorded[below(recorded.length)]!);
    for (let change = below(4); change > 0 && bytes.length > 0; change--) {
      bytes[below(bytes.length)] = [0, 1, 0xff, below(256)][below(4)]!;
    }
    if (below(4) === 0) bytes = bytes.slice(0, below(bytes.length + 1));
    // Most say how long they are, so that they are looked at further.
    if (bytes.length >= 4 && below(8) !== 0) {
      new DataView(bytes.buffer).setUint16(2, bytes.length);
    }
    yield bytes;
  }
}
