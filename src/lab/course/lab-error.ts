/**
 * Why a lab cannot be used, in a sentence for whoever wrote it or wants to do it.
 *
 * @module
 */

/** What is wrong with a lab, or with what is asked of it. */
export class LabError extends Error {
  override readonly name = "LabError";
}
