/**
 * The time of day.
 *
 * @module
 */

/** Returns the time of day, in 24 hours: `18:00:59`. */
export function timeOfDay(): string {
  return new Date().toLocaleTimeString("en-GB");
}
