/**
 * Explanations in English.
 *
 * @module
 */
import type { ExplanationText } from "./explanation-text.ts";
import { figureName, figureText, packetText, stepWords } from "./step-words.ts";
import { answerText, METHOD_WORDS, STANDING_WORDS, sentText } from "./words.ts";

export const ENGLISH_EXPLANATION: ExplanationText = {
  packet: packetText,
  step: stepWords,
  sent: sentText,
  answer: answerText,
  figureName,
  figure: figureText,
  methods: METHOD_WORDS,
  standings: STANDING_WORDS,
};
