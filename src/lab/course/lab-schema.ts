/**
 * What a lab is made of: hosts, what is done to them at the start, and steps with checks and hints.
 *
 * The schema is the only description of `lab.yaml`: files are checked against it, what they leave out comes from
 * it, and the types follow from it. `docs/labs.md` explains it to teachers.
 *
 * @module
 */
import * as z from "zod";

const text = z.string().trim().min(1);
const localized = z.strictObject({ en: text, zh: text });

/** What hosts, steps and segments are called: it stands in command lines and in code blocks of the text. */
const name = z.string().regex(/^[a-z][a-z0-9-]{0,14}$/, "must be 1–15 of a–z, 0–9 and -");
const interfaceName = z.string().regex(/^[a-z][a-z0-9]{0,14}$/, "must be 1–15 of a–z and 0–9");
const prefix = z
  .string()
  .regex(/^[0-9a-f.:]+\/\d{1,3}$/, "must be an address with its prefix length: 192.168.1.10/24");

const link = z.strictObject({
  /** Name of the segment it is plugged into. */
  segment: name,
  addresses: z.array(prefix).default([]),
  /** Link address; the kernel draws one unless given. */
  mac: z
    .string()
    .regex(
      /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/,
      "must be six pairs of hexadecimal digits: 02:00:00:00:00:01",
    )
    .optional(),
  /** Whether it is down at first. */
  down: z.boolean().default(false),
});

const host = z.strictObject({
  links: z.record(interfaceName, link).default({}),
  /** Addresses on the loopback besides 127.0.0.1. */
  loopback: z.array(prefix).default([]),
  /** Routes in the words of `ip route add`. */
  routes: z.array(text).default([]),
  /** Kernel parameters in the words of `sysctl -w`. */
  sysctls: z
    .record(z.string().regex(/^net\.[\w.-]+$/, "must be below net."), z.union([z.number(), text]))
    .default({}),
  /** Ports on which a web server answers that names its host. */
  web: z.array(z.number().int().min(1).max(65535)).default([]),
  /** Name of an interface at which IPIP tunnels end; down, and without addresses at first. */
  tunnel: interfaceName.optional(),
  /** Whether one more director runs here; on the host called `director` one does anyway. */
  director: z.boolean().default(false),
});

/** A line of shell on a host. */
const order = z.strictObject({ on: name, run: text });

const lines = z.union([text, z.array(text).min(1)]).transform((value) => [value].flat());

/** What is said where a check fails; the student reads it, so it is no hint yet. */
const otherwise = localized;

const check = z.union([
  /** Passes when the line ends with status 0, and prints what is expected of it, if anything is. */
  z.strictObject({ on: name, run: text, prints: z.string().optional(), otherwise }),
  /** Expectations of .lvs about the listings of the running director, without the word `expect`. */
  z.strictObject({ expect: lines, otherwise }),
  /** A scenario played on a copy of the running director's configuration, in virtual time. */
  z.strictObject({ lvs: text, otherwise }),
]);

const step = z.strictObject({
  id: name,
  title: localized,
  checks: z.array(check).min(1),
  /** From a nudge to the solution. */
  hints: z.array(localized).min(1),
});

/** The schema of `lab.yaml`. */
export const labSchema = z.strictObject({
  title: localized,
  /** What it is about, in a line. */
  summary: localized,
  /** Where it stands in the list: ascending. */
  order: z.number().int().default(1000),
  /** How long it takes. */
  minutes: z.number().int().min(1).max(600),
  /** Programs of the system the text or the checks use. */
  needs: z.array(text).default([]),
  /** By name. On the one called `director` a director is started; `ipvsadm` commands the director of its host. */
  hosts: z.record(name, host),
  /** What is done on hosts before the student comes. */
  setup: z.array(order).default([]),
  steps: z.array(step).min(1),
});

/** What `lab.yaml` says. */
export type LabPlan = z.infer<typeof labSchema>;
/** The same as it may be written, with what it leaves out. */
export type LabDraft = z.input<typeof labSchema>;
export type HostDraft = z.input<typeof host>;
export type LabHost = z.infer<typeof host>;
export type LabStep = z.infer<typeof step>;
export type LabCheck = z.infer<typeof check>;
export type Order = z.infer<typeof order>;
