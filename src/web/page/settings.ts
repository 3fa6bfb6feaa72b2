/**
 * What a person likes: the theme and the language. Kept in this browser.
 *
 * @module
 */
import { computed, effect, signal } from "@preact/signals";
import {
  CHINESE_EXPLANATION,
  ENGLISH_EXPLANATION,
  type ExplanationText,
} from "../../explanation/index.ts";
import { ENGLISH, type Text } from "./text/en.ts";
import { CHINESE } from "./text/zh.ts";

/** `system` follows the system's own. */
export type Theme = "system" | "light" | "dark";
export type Language = "en" | "zh";

const TEXTS: Readonly<Record<Language, Text>> = { en: ENGLISH, zh: CHINESE };
const EXPLANATIONS: Readonly<Record<Language, ExplanationText>> = {
  en: ENGLISH_EXPLANATION,
  zh: CHINESE_EXPLANATION,
};
const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };

function kept<Value extends string>(name: string, values: readonly Value[], usual: Value): Value {
  const stored = localStorage.getItem(`uipvs-${name}`);
  return values.find((value) => value === stored) ?? usual;
}

export const theme = signal<Theme>(kept("theme", ["system", "light", "dark"], "system"));
export const language = signal<Language>(
  kept("language", ["en", "zh"], navigator.language.startsWith("zh") ? "zh" : "en"),
);

/** All texts of the interface, in the language that is chosen. */
export const text = computed(() => TEXTS[language.value]);

/** The words of explanations, in the language that is chosen. */
export const explanationText = computed(() => EXPLANATIONS[language.value]);

const systemDark = matchMedia("(prefers-color-scheme: dark)");
const isSystemDark = signal(systemDark.matches);
systemDark.addEventListener("change", () => {
  isSystemDark.value = systemDark.matches;
});

/** Whether the page is dark now. */
export const isDark = computed(() =>
  theme.value === "system" ? isSystemDark.value : theme.value === "dark",
);

effect(() => {
  localStorage.setItem("uipvs-theme", theme.value);
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});
effect(() => {
  localStorage.setItem("uipvs-language", language.value);
  document.documentElement.lang = language.value === "zh" ? "zh-Hans" : "en";
});

/** Goes from the system's theme to light, to dark, and back. */
export function nextTheme(): void {
  theme.value = NEXT[theme.value];
}

/** Goes to the other language. */
export function nextLanguage(): void {
  language.value = language.value === "en" ? "zh" : "en";
}
