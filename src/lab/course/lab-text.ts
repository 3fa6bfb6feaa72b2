/**
 * What the text of a lab has a student do: its blocks of code, in their order.
 *
 *     ```sh director        commands for the shell of a host; a line that ends with \ goes on in the next
 *     ipvsadm -L -n
 *     ```
 *     ```text               what the last of them prints, where it is directly below; ... or … stands for anything
 *     ```
 *     ```sh                 commands for the student's own shell
 *     uipvs lab check
 *     ```
 *
 * @module
 */
import { lexer } from "marked";

/** Commands, and what is to be seen then. */
export interface CommandBlock {
  /** Name of a host; absent for the student's own shell. */
  readonly host: string | undefined;
  /** Each a whole command. */
  readonly commands: readonly string[];
  /** What they print, in lines; absent where the text does not say. */
  readonly prints: readonly string[] | undefined;
  /** Line of the text at which the block begins, from 1. */
  readonly line: number;
}

/** A block of code in no language the labs know. */
export interface StrangeBlock {
  readonly language: string;
  readonly line: number;
}

/** Blocks of a text. */
export interface LabText {
  readonly blocks: readonly CommandBlock[];
  readonly strange: readonly StrangeBlock[];
}

const CONTINUED = /\\\n/g;

/** Reads the blocks of a text. */
export function readBlocks(markdown: string): LabText {
  const blocks: CommandBlock[] = [];
  const strange: StrangeBlock[] = [];
  let line = 1;
  /** Whether nothing but blank lines stand between the last block of commands and here. */
  let directly = false;
  for (const token of lexer(markdown)) {
    if (token.type === "code") {
      const [language = "", host] = String(token.lang ?? "").split(" ");
      if (language === "sh") {
        const commands = token.text.replaceAll(CONTINUED, "").split("\n");
        const written = commands.filter((command: string) => command.trim() !== "");
        blocks.push({ host, commands: written, prints: undefined, line });
      } else if (language !== "text") strange.push({ language, line });
      else if (directly) {
        blocks.push({ ...blocks.pop()!, prints: token.text.split("\n") });
      }
      directly = language === "sh";
    } else if (token.type !== "space") directly = false;
    line += token.raw.split("\n").length - 1;
  }
  return { blocks, strange };
}
