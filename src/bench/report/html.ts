/** @module */
import type { BenchDocument } from "./document.ts";
export async function htmlReport(document: BenchDocument): Promise<string> { return JSON.stringify(document); }
