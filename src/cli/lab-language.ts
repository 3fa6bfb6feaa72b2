/**
 * The language a student reads.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { LANGUAGES, type Language } from "../lab/course/language.ts";

/** Adds `--lang` to a command. */
export function addLanguageOption(command: Command): Command {
  return command.addOption(
    new Option("--lang <language>", "language of the text (default: that of the locale)").choices(
      LANGUAGES,
    ),
  );
}

/** Returns the language asked for, or that of the environment. Source: locale(7). */
export function languageOf(
  option: Language | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  return option ?? (locale.startsWith("zh") ? "zh" : "en");
}
