/**
 * Languages of the labs.
 *
 * @module
 */

/** Languages every text of a lab is written in. */
export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

/** A text in every language. */
export type Localized = Readonly<Record<Language, string>>;
