/**
 * What of commands and answers is understood, case by case as a running kernel understands it.
 */
import fc from "fast-check";
import t from "tap";
import {
  Announcement,
  FTP_MODE,
  passiveModeAsked,
  readActiveCommand,
  readExtendedAnswer,
  readPassiveAnswer,
} from "../../../src/engine/helper/ftp-text.ts";
import { type Family, formatAddress } from "../../../src/net/address.ts";

/** Bytes before and behind the text, which must not be read. */
const BEFORE = "PASV\r\n227 (1,1,1,1,1,1)";
const BEHIND = "\r\nEPSV\r\n";

interface Text {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
}

function within(text: string): Text {
  const bytes = Buffer.from(`${BEFORE}${text}${BEHIND}`, "latin1");
  return { bytes, at: BEFORE.length, end: bytes.length - BEHIND.length };
}

type Reader = (text: Text, into: Announcement) => boolean;

/** Returns what is announced, and in which part of the text: `10.1.2.3 1025 "10,1,2,3,4,1"`. */
function announced(read: Reader, text: string, family: Family = 4): string | undefined {
  const into = new Announcement();
  const found = within(text);
  if (!read(found, into)) return undefined;
  const { address, port, start, end } = into;
  const part = Buffer.from(found.bytes.subarray(start, end)).toString("latin1");
  return `${formatAddress({ family, words: address })} ${port} ${JSON.stringify(part)}`;
}

function mode(text: string, family: Family): number | undefined {
  const { bytes, at, end } = within(text);
  return passiveModeAsked(bytes, at, end, family);
}

const active: Reader = ({ bytes, at, end }, into) => readActiveCommand(bytes, at, end, 4, into);
const active6: Reader = ({ bytes, at, end }, into) => readActiveCommand(bytes, at, end, 6, into);
const passive: Reader = ({ bytes, at, end }, into) => readPassiveAnswer(bytes, at, end, into);
const extended: Reader = ({ bytes, at, end }, into) => readExtendedAnswer(bytes, at, end, 4, into);

t.test("passiveModeAsked() finds PASV anywhere, in IPv4", async (t) => {
  for (const text of ["PASV\r\n", "pasv\r\n", "xxPaSv\r\nyy", "PORT 10,1,2,3,4,1\r\nPASV\r\n"]) {
    t.equal(mode(text, 4), FTP_MODE.passive, JSON.stringify(text));
    t.equal(mode(text, 6), undefined, JSON.stringify(text));
  }
  for (const text of ["", "PASV", "PASV \r\n", "PASV\r", "PAS V\r\n"]) {
    t.equal(mode(text, 4), undefined, JSON.stringify(text));
  }
});

t.test("passiveModeAsked() finds EPSV for the family", async (t) => {
  for (const text of ["EPSV\r\n", "EPSV\r\n\r\n", "epsv\rab", "xEPSV\r\n", "EPSV\r\nPASV\r\n"]) {
    t.equal(mode(text, 4), FTP_MODE.extendedPassive, JSON.stringify(text));
    t.equal(mode(text, 6), FTP_MODE.extendedPassive, JSON.stringify(text));
  }
  for (const text of ["EPSV 1\r\n", "EPSV 1\r"]) {
    t.equal(mode(text, 4), FTP_MODE.extendedPassive, JSON.stringify(text));
    t.equal(mode(text, 6), undefined, JSON.stringify(text));
  }
  t.equal(mode("EPSV 2\r\n", 6), FTP_MODE.extendedPassive);
  for (const text of ["EPSV\r", "EPSV", "EPSV 2\r\n", "EPSV x\r\n", "EPSV ALL\r\n", "EPSV 1"]) {
    t.equal(mode(text, 4), undefined, JSON.stringify(text));
  }
  t.equal(mode("EPSV ALL\r\nEPSV\r\n", 4), undefined, "the first decides");
  t.equal(mode("PASV\r\nEPSV\r\n", 4), FTP_MODE.passive, "the first decides");
});

t.test("readActiveCommand() reads PORT", async (t) => {
  const cases = [
    ["PORT 10,1,2,3,4,1\r\n", '10.1.2.3 1025 "10,1,2,3,4,1"'],
    ["PORT10,1,2,3,4,2\r\n", '10.1.2.3 1026 "10,1,2,3,4,2"'],
    ["port   10,1,2,9,4,3\r\n", '10.1.2.9 1027 "10,1,2,9,4,3"'],
    ["PORT\t10,1,2,3,4,12\r\n", '10.1.2.3 1036 "10,1,2,3,4,12"'],
    ["PORT 10,1,2,3,4,5x", '10.1.2.3 1029 "10,1,2,3,4,5"'],
    ["PORT 10,1,2,3,4,6\n", '10.1.2.3 1030 "10,1,2,3,4,6"'],
    ["PORT 10,1,2,3,4,10,11\r\n", '10.1.2.3 1034 "10,1,2,3,4,10"'],
    ["PORT 010,001,002,003,0004,009\r\n", '10.1.2.3 1033 "010,001,002,003,0004,009"'],
    ["PORT 10,1,2,3,4,\r\n", '10.1.2.3 1024 "10,1,2,3,4,"'],
    ["PORT 10,1,2,3,0,0\r\n", '10.1.2.3 0 "10,1,2,3,0,0"'],
    ["PORT 255,255,255,255,255,255 ", '255.255.255.255 65535 "255,255,255,255,255,255"'],
    ["PORT 10,1,2,3,4,256\r\n", undefined],
    ["PORT 1000,1,2,3,4,8\r\n", undefined],
    ["PORT 10,1,2,3,4,4", undefined],
    ["PORT 10, 1,2,3,4,13\r\n", undefined],
    ["PORT 10,1,2,3,4\r\n", undefined],
    [" PORT 10,1,2,3,4,7\r\n", undefined],
    ["PORT", undefined],
    ["PORT ", undefined],
    ["POR", undefined],
  ] as const;
  for (const [text, wanted] of cases)
    t.equal(announced(active, text), wanted, JSON.stringify(text));
  t.equal(announced(active6, "PORT 10,1,2,3,4,1\r\n", 6), undefined, "not in IPv6");
});

t.test("readActiveCommand() reads EPRT", async (t) => {
  const cases = [
    ["EPRT |1|10.1.2.3|1100|\r\n", '10.1.2.3 1100 "|1|10.1.2.3|1100|"'],
    ["EPRT  |1|10.1.2.3|1102|\r\n", '10.1.2.3 1102 "|1|10.1.2.3|1102|"'],
    ["EPRTx |1|10.1.2.3|1102|\r\n", '10.1.2.3 1102 "|1|10.1.2.3|1102|"'],
    ["eprt !1!10.1.2.3!1104!\r\n", '10.1.2.3 1104 "!1!10.1.2.3!1104!"'],
    ["EPRT ~1~10.1.2.3~1118~\r\n", '10.1.2.3 1118 "~1~10.1.2.3~1118~"'],
    ["EPRT |1|10.1.2.3|1106|", '10.1.2.3 1106 "|1|10.1.2.3|1106|"'],
    ["EPRT |1|010.1.2.3|01109|", '10.1.2.3 1109 "|1|010.1.2.3|01109|"'],
    ["EPRT |1|10.1.2.3|1113||\r\n", '10.1.2.3 1113 "|1|10.1.2.3|1113|"'],
    ["EPRT |2|10.1.2.3|1101|\r\n", undefined],
    ["EPRT|1|10.1.2.3|1103|\r\n", undefined],
    ["EPRT |1|10.1.2.3|1105\r\n", undefined],
    ["EPRT |1|10.1.2|1107|\r\n", undefined],
    ["EPRT |1|10.1.2.3|0|\r\n", undefined],
    ["EPRT |1|10.1.2.3|65536|\r\n", undefined],
    ["EPRT |1||1110|\r\n", undefined],
    ["EPRT |||1110|\r\n", undefined],
    ["EPRT 11110.1.2.311112|\r\n", undefined],
    ["EPRT |01|10.1.2.3|1116|\r\n", undefined],
    ["EPRT \x7f1\x7f10.1.2.3\x7f1117\x7f\r\n", undefined],
    ["EPRT |1| 10.1.2.3|1119|\r\n", undefined],
    ["EPRT |1|10.1.2.3|", undefined],
    ["EPRT |1|", undefined],
    ["EPRT |1", undefined],
    ["EPRT |", undefined],
    ["EPRT ", undefined],
  ] as const;
  for (const [text, wanted] of cases)
    t.equal(announced(active, text), wanted, JSON.stringify(text));
  const text = "|2|2001:db8:1::9|1100|";
  t.equal(announced(active6, `EPRT ${text}\r\n`, 6), `2001:db8:1::9 1100 "${text}"`);
  t.equal(announced(active6, "EPRT |1|10.1.2.3|1101|\r\n", 6), undefined);
});

t.test("readPassiveAnswer() reads the end named in a 227", async (t) => {
  const cases = [
    ["227 Entering Passive Mode (192,168,10,11,15,160).\r\n", "192,168,10,11,15,160", 4000],
    ["227 x 192,168,10,11,1,1\r\n", "192,168,10,11,1,1", 257],
    ["227 =(192,168,10,11,1,4)", "192,168,10,11,1,4", 260],
    ["227  (192,168,10,11,1,6)\r\n", "192,168,10,11,1,6", 262],
    ["227 ((192,168,10,11,1,6)\r\n", "192,168,10,11,1,6", 262],
    ["227 192,168,10,11,001,009)", "192,168,10,11,001,009", 265],
    ["227 \xb2(192,168,10,11,1,10)", "192,168,10,11,1,10", 266],
    ["227 (192,168,10,11,0,0)", "192,168,10,11,0,0", 0],
  ] as const;
  for (const [text, part, port] of cases) {
    t.equal(announced(passive, text), `192.168.10.11 ${port} "${part}"`, JSON.stringify(text));
  }
  const refused = [
    "227 a=1 (192,168,10,11,1,2)\r\n",
    "227 4 192,168,10,11,1,7\r\n",
    "227 (192,168,10,11,1,3",
    "227 (192,168,10,256,1,4)",
    "227 (192,168,10,11,1,1000)",
    "227 ( 192,168,10,11,1,6)\r\n",
    "227-(192,168,10,11,1,5)\r\n",
    "220 x\r\n227 (192,168,10,11,1,5)\r\n",
    "229 x (|||5000|)\r\n",
    "227 ",
    "227",
  ];
  for (const text of refused) t.equal(announced(passive, text), undefined, JSON.stringify(text));
});

t.test("readExtendedAnswer() reads the end named in a 229", async (t) => {
  const cases = [
    ["229 x (|||5000|)\r\n", '0.0.0.0 5000 "|||5000|"'],
    ["229 (!!!5001!)\r\n", '0.0.0.0 5001 "!!!5001!"'],
    ["229 (|||5006|", '0.0.0.0 5006 "|||5006|"'],
    ["229 ((|||5007|)\r\n", '0.0.0.0 5007 "|||5007|"'],
    ["229 (|||05010|)\r\n", '0.0.0.0 5010 "|||05010|"'],
    ["229 (|1|192.168.10.12|5003|)\r\n", '192.168.10.12 5003 "|1|192.168.10.12|5003|"'],
    ["229 x |||5001|\r\n", undefined],
    ["229 (|1||5002|)\r\n", undefined],
    ["229 (|2|192.168.10.11|5004|)\r\n", undefined],
    ["229 (||192.168.10.11|5009|)\r\n", undefined],
    ["229 (|||0|)\r\n", undefined],
    ["229 (|||65536|)\r\n", undefined],
    ["229 (|||5005)\r\n", undefined],
    ["229 ( |||5011|)\r\n", undefined],
    ["229 a (b) (|||5008|)\r\n", undefined],
    ["227 Entering Passive Mode (192,168,10,11,15,160).\r\n", undefined],
    ["229 (|||5", undefined],
    ["229 (|||", undefined],
    ["229 (||", undefined],
    ["229 (|", undefined],
    ["229 (", undefined],
    ["229 ", undefined],
  ] as const;
  for (const [text, wanted] of cases) {
    t.equal(announced(extended, text), wanted, JSON.stringify(text));
  }
});

t.test("no text makes a reader throw or read beyond its end", async () => {
  const text = fc
    .array(
      fc.constantFrom(
        "PORT ",
        "EPRT ",
        "227 (",
        "229 (",
        "|",
        "1",
        "2",
        ",",
        "10.1.2.3",
        "255",
        "::",
        "x",
        "\r\n",
      ),
      { maxLength: 20 },
    )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (text) => {
      for (const read of [active, active6, passive, extended]) {
        const into = new Announcement();
        const found = within(text);
        if (!read(found, into)) continue;
        if (into.start < found.at || into.end > found.end || into.port > 65535) return false;
      }
      mode(text, 4);
      mode(text, 6);
      return true;
    }),
  );
});
