/**
 * What pages send, checked.
 *
 * @module
 */
import * as z from "zod";
import { schedulers } from "../../schedulers/index.ts";
import { SORT_KEYS } from "../live/index.ts";
import { type Change, type ExplainRequest, HISTORY_COLUMNS } from "./api.ts";

const MAX_WEIGHT = 2147483647;
const MAX_THRESHOLD = 0xffffffff;
const MAX_MARK = 0xffffffff;
/** Rows of a page. */
const MOST_ROWS = 500;
/** Series of one chart. */
const MOST_SERIES = 64;

const key = z.string().max(100);
const scheduler = z.enum([...schedulers.keys(), "none"]);
const settings = z.strictObject({
  method: z.enum(["masquerade", "direct-route", "tunnel", "local"]).optional(),
  weight: z.int().min(0).max(MAX_WEIGHT).optional(),
  upperThreshold: z.int().min(0).max(MAX_THRESHOLD).optional(),
  lowerThreshold: z.int().min(0).max(MAX_THRESHOLD).optional(),
});

export const changeSchema: z.ZodType<Change> = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("add-service"), service: key, scheduler }),
  z.strictObject({ action: z.literal("edit-service"), service: key, scheduler }),
  z.strictObject({ action: z.literal("delete-service"), service: key }),
  z.strictObject({
    action: z.enum(["add-server", "edit-server"]),
    service: key,
    server: key,
    settings,
  }),
  z.strictObject({ action: z.literal("delete-server"), service: key, server: key }),
]);

export const explainSchema: z.ZodType<ExplainRequest> = z.strictObject({
  protocol: z.enum(["tcp", "udp", "sctp"]),
  client: z.string().max(60),
  service: z.string().max(60),
  flags: z.string().max(40).optional(),
  fwmark: z.int().min(1).max(MAX_MARK).optional(),
});

const number = z.coerce.number().int().min(0);

/** The query of `/api/connections`. */
export const connectionsSchema = z.object({
  text: z.string().max(200).optional(),
  state: z.string().max(30).optional(),
  virtual: z.string().max(60).optional(),
  server: z.string().max(60).optional(),
  sort: z.enum(SORT_KEYS).optional(),
  descending: z.stringbool().optional(),
  offset: number.default(0),
  limit: number.max(MOST_ROWS).default(100),
  /** In ms. */
  maxAge: number.default(1000),
});

/** The query of `/api/history`; `series` may come several times. */
export const historySchema = z.object({
  series: z.array(z.string().max(200)).max(MOST_SERIES),
  column: z.enum(HISTORY_COLUMNS),
});

/** A request that makes no sense; its message says why. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
}

/**
 * Returns a request that fits its schema.
 *
 * @throws BadRequest for one that does not
 */
export function understood<Value>(schema: z.ZodType<Value>, given: unknown): Value {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const reasons = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  throw new BadRequest(`Cannot understand the request: ${reasons.join("; ")}`);
}
