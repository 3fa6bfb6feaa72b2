/**
 * The secret that opens the page.
 *
 * @module
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const BYTES = 24;
/** What goes into a URL and a header as it is, and cannot be guessed. */
const FORM = /^[\w.~-]{16,256}$/;

/** Returns a new secret. */
export function newToken(): string {
  return randomBytes(BYTES).toString("base64url");
}

/**
 * Returns the secret in a file, which is made, for its owner alone, where there is none.
 *
 * @throws Error when it cannot be read or made, or holds something else
 */
export function tokenFromFile(path: string): string {
  const token = readFile(path);
  if (token === undefined) {
    const made = newToken();
    writeFileSync(path, `${made}\n`, { mode: 0o600, flag: "wx" });
    return made;
  }
  if (FORM.test(token)) return token;
  throw new Error(
    `Cannot take the token from "${path}": must be one line of 16 to 256 letters, digits, -, _, . or ~`,
  );
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether a text is the secret; how long that takes says nothing about it. */
export function isToken(token: string, given: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(token), digest(given));
}
