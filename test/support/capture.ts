/**
 * Capture files for tests, made and read back.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { bytesSource, type CaptureRecord } from "../../src/wire/capture.ts";
import { fileHeader, readCapture, recordHeader } from "../../src/wire/pcap.ts";
import { concat } from "./packet.ts";

/** A record to write. */
export interface Written {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly data: Uint8Array;
  /** Length on the link; that of `data`. */
  readonly originalLength?: number;
}

/** Writes a capture and returns its path. */
export function writeCapture(path: string, linkType: number, records: readonly Written[]): string {
  const parts = records.flatMap(({ time, data, originalLength }) => [
    recordHeader(time, data.length, originalLength ?? data.length),
    data,
  ]);
  writeFileSync(path, concat(fileHeader(linkType), ...parts));
  return path;
}

/** Returns the records of a capture file. */
export function recordsIn(path: string): CaptureRecord[] {
  const records = [];
  for (const record of readCapture(bytesSource(readFileSync(path)))) {
    records.push({ ...record, data: record.data.slice() });
  }
  return records;
}
