/**
 * Explanations in words, for who shows them.
 *
 * @module
 */

export { CHINESE_EXPLANATION } from "./chinese.ts";
export { ENGLISH_EXPLANATION } from "./english.ts";
export type { ExplanationText } from "./explanation-text.ts";
export {
  figureName,
  figuresText,
  figureText,
  packetText,
  serviceText,
  stepWords,
} from "./step-words.ts";
export { answerText, endText, METHOD_WORDS, STANDING_WORDS, sentText } from "./words.ts";
