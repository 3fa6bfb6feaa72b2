/**
 * Tests that need a privilege or a program the machine may lack.
 *
 * @module
 */

/** Set to 1 where every test must run: a lack is a failure then. */
const SWITCH = "UIPVS_TEST_ALL";

/**
 * Returns what `t.test` takes as `skip`: `false`, or the sentence that says what is lacking.
 *
 * @throws Error for a lack where every test must run
 */
export function lacking(reason: string | false): string | false {
  if (reason !== false && process.env[SWITCH] === "1") {
    throw new Error(`No test may be skipped with ${SWITCH}=1, but ${reason}`);
  }
  return reason;
}
