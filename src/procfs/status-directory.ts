/**
 * A directory that stands in for /proc: the status files of a director, in `net/` below it.
 *
 * A file is replaced as a whole, so that who reads sees the old text or the new one, never a part.
 *
 * @module
 */
import { accessSync, constants, mkdirSync, renameSync, rmdirSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { getSystemErrorMap } from "node:util";
import type { StatusFile } from "../control/backend.ts";

/** A directory that is none, or that cannot be written to. The message has no final period. */
export class DirectoryError extends Error {
  override readonly name = "DirectoryError";
}

/** A directory with status files. */
export class StatusDirectory {
  readonly #path: string;
  readonly #folder: string;
  /** Whether the folder came into being here, and goes with the files. */
  #madeFolder = false;
  readonly #written = new Set<string>();

  private constructor(path: string) {
    this.#path = path;
    this.#folder = join(path, "net");
  }

  /**
   * Returns the directory at `path`, in which nothing is changed yet.
   *
   * @throws DirectoryError when there is no such directory, or it cannot be written to
   */
  static open(path: string): StatusDirectory {
    const directory = new StatusDirectory(path);
    directory.#do(() => {
      if (!statSync(path).isDirectory()) throw new Error("it is not a directory");
      accessSync(path, constants.W_OK | constants.X_OK);
    });
    return directory;
  }

  /**
   * Writes a file, in the place of what had its name.
   *
   * @param pieces its text; what they throw is thrown on, and then the file is as it was
   * @throws DirectoryError when it cannot be written
   */
  async write(name: StatusFile, pieces: AsyncIterable<string>): Promise<void> {
    // Another process may be writing the same file.
    const draft = join(this.#folder, `.${name}.${process.pid}`);
    this.#do(() => this.#makeFolder());
    try {
      await this.#fill(draft, pieces);
      this.#do(() => renameSync(draft, join(this.#folder, name)));
      this.#written.add(name);
    } catch (error) {
      this.#do(() => rmSync(draft, { force: true }));
      throw error;
    }
  }

  /**
   * Removes the files written here, and the folder if it was made here and nothing else is in it.
   *
   * @throws DirectoryError when that cannot be done
   */
  remove(): void {
    this.#do(() => {
      for (const name of this.#written) rmSync(join(this.#folder, name), { force: true });
      this.#written.clear();
    });
    if (!this.#madeFolder) return;
    this.#madeFolder = false;
    try {
      rmdirSync(this.#folder);
    } catch {
      // Somebody else's files are in it, or somebody else has removed it.
    }
  }

  #makeFolder(): void {
    try {
      mkdirSync(this.#folder);
      this.#madeFolder = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }

  async #fill(path: string, pieces: AsyncIterable<string>): Promise<void> {
    const file = await this.#wait(() => open(path, "w"));
    try {
      await this.#append(file, pieces);
    } finally {
      await file.close();
    }
  }

  async #append(file: FileHandle, pieces: AsyncIterable<string>): Promise<void> {
    for await (const piece of pieces) await this.#wait(() => file.appendFile(piece));
  }

  #do(change: () => void): void {
    try {
      change();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #wait<Result>(change: () => Promise<Result>): Promise<Result> {
    try {
      return await change();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): DirectoryError {
    return new DirectoryError(`Cannot write to the directory "${this.#path}": ${reasonOf(error)}`);
  }
}

/** Returns what the system says of its error, such as `permission denied`. */
function reasonOf(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || message;
}
