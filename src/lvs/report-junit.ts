/**
 * Results in the XML of JUnit, as continuous integration reads it: a test case a file.
 *
 * @module
 */
import junit, { type Builder } from "junit-report-builder";
import { failureText } from "./report-text.ts";
import type { FileResult } from "./test-file.ts";

/** Its types describe the ES module it has too; Node loads the other, which is the builder itself. */
const BUILDER = junit as unknown as Builder;

/** Returns results as XML. */
export function junitText(results: readonly FileResult[]): string {
  const report = BUILDER.newBuilder();
  const suite = report.testSuite().name("uipvs test");
  for (const { file, outcome, duration, failures, reason } of results) {
    const test = suite
      .testCase()
      .className("uipvs")
      .name(file)
      .file(file)
      .time(duration / 1000);
    if (outcome === "skipped") test.skipped();
    if (outcome === "broken") test.error(reason, "broken");
    if (outcome === "failed") {
      test.failure(failures[0]?.message, "expectation");
      test.stacktrace(failures.map(failureText).join(""));
    }
  }
  return report.build();
}
