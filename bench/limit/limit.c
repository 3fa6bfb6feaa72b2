/*
 * The limit: what a plain C loop makes of the packets `npm run bench:engine` hands the director.
 *
 * It does the work of the director's common case and nothing else, one function after another with all
 * that can be inlined: read and check the IPv4 header, one hash, find the connection, count for
 * destination, service and everything, follow the TCP state, count the hop, rewrite (NAT) or wrap (TUN),
 * set the timer's deadline. A packet that begins a connection is scheduled round robin, entered into
 * the hash table and put on the timer wheel. No IPv6, no fragments, no variables, no second method, no
 * answer to anything unusual.
 *
 *     limit METHOD CONNECTIONS       METHOD: nat | dr | tun
 *
 * Commands come as lines on standard input, one answer line each:
 *
 *     open           opens all connections         ns a connection
 *     run PACKETS    packets of connections drawn  ns a packet
 *                    at random
 *     batch PACKETS  the same with a batch's memory asked for ahead
 *     memory                                       bytes a connection, all in
 *
 * Times are of the processor (CLOCK_PROCESS_CPUTIME_ID), those of making the packets taken off.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAT, DR, TUN };
enum { BATCH = 64, HEADROOM = 128, CAPACITY = 256, LENGTH = 40, SERVERS = 100, TICKS_PER_SECOND = 250 };
enum { LEVELS = 9, SLOTS = 64 };

static const uint32_t VIRTUAL = 0xc0000201, FIRST_CLIENT = 0x0a000000, FIRST_SERVER = 0x0b000001;
static const uint32_t CLIENT_BITS = 18, FIRST_PORT = 1024, DIRECTOR = 0xc0000202;

/* One cache line a connection. */
struct connection {
  uint32_t client, virtual, server, ports;
  uint16_t server_port;
  uint8_t protocol, family;
  uint32_t flags_and_state, next, hash;
  uint32_t timeout, expires, fires, armed;
  uint32_t packets, destination, controller, children;
};

struct counters { uint64_t connections, in_packets, in_bytes; };
struct destination { uint32_t address; uint16_t port; uint32_t active, inactive; int available; struct counters counters; };
struct frame { uint8_t *bytes; uint32_t start, end; };

static int method;
static uint32_t wanted, opened, mask, now = 12345, next_server;
static struct connection *connections;
static uint32_t *buckets;
static int32_t *wheel_next, *wheel_previous, wheel_heads[LEVELS * SLOTS];
static struct destination destinations[SERVERS + 1];
static struct counters service, everything;
static uint64_t verdicts[4], sink;
static uint16_t outer_id;
static struct frame frames[BATCH];
static uint32_t draws = 1;

/* States: 0 none, 1 established, 2 syn-sent, 3 syn-received, 4 fin-wait, 5 time-wait, 6 close … */
static const uint8_t GRID[4][11] = {
  {3, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3},  /* syn */
  {6, 7, 2, 5, 5, 5, 6, 7, 8, 9, 5},  /* fin */
  {1, 1, 2, 1, 4, 5, 6, 7, 6, 9, 1},  /* ack */
  {6, 6, 6, 3, 6, 6, 6, 6, 8, 9, 3},  /* rst */
};
static const uint16_t TIMEOUTS[11] = {2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120};

static inline uint16_t get16(const uint8_t *at) { uint16_t value; memcpy(&value, at, 2); return ntohs(value); }
static inline uint32_t get32(const uint8_t *at) { uint32_t value; memcpy(&value, at, 4); return ntohl(value); }
static inline void put16(uint8_t *at, uint16_t value) { value = htons(value); memcpy(at, &value, 2); }
static inline void put32(uint8_t *at, uint32_t value) { value = htonl(value); memcpy(at, &value, 4); }

static inline uint16_t fold(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~((sum & 0xffff) + (sum >> 16));
}

/* Sums 32-bit words as they lie in memory: the one's complement sum does not mind the byte order. */
static inline uint16_t header_checksum(const uint8_t *at, uint32_t length) {
  uint64_t sum = 0;
  uint32_t word;
  for (uint32_t done = 0; done < 20; done += 4) memcpy(&word, at + done, 4), sum += word;
  for (uint32_t done = 20; done < length; done += 4) memcpy(&word, at + done, 4), sum += word;
  sum = (sum & 0xffffffff) + (sum >> 32);
  return htons(fold((uint32_t)((sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32))));
}

static inline uint16_t replace16(uint16_t checksum, uint16_t before, uint16_t after) {
  return fold((uint32_t)(uint16_t)~checksum + (uint16_t)~before + after);
}

static inline uint16_t replace32(uint16_t checksum, uint32_t before, uint32_t after) {
  return fold((uint32_t)(uint16_t)~checksum + (uint16_t)~(before >> 16) + (uint16_t)~before +
              (after >> 16) + (after & 0xffff));
}

static inline uint32_t hash_of(uint32_t protocol, uint32_t client, uint32_t port) {
  uint32_t hash = client ^ 0x5bd1e995;
  hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
  hash ^= (port << 8) ^ protocol;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
  return hash ^ (hash >> 16);
}

/* Returns how many bits the slot's width takes that a timer is put into which is set so far ahead. */
static inline uint32_t slot_bits(uint32_t distance) {
  uint32_t bits = 0;
  for (uint32_t reach = 63; distance >= reach; reach *= 8) bits += 3;
  return bits;
}

static void arm(uint32_t entry, uint32_t at) {
  uint32_t width = 1, level = 0;
  while ((at + width - 1) / width - now / width > SLOTS && level < LEVELS - 1) { width *= 8; level++; }
  int32_t *head = &wheel_heads[level * SLOTS + (at / width) % SLOTS];
  wheel_next[entry] = *head;
  wheel_previous[entry] = -2 - (int32_t)(head - wheel_heads);
  if (*head >= 0) wheel_previous[*head] = (int32_t)entry;
  *head = (int32_t)entry;
  connections[entry].armed = at;
}

static inline uint32_t find(uint32_t client, uint32_t virtual, uint32_t ports, uint8_t protocol) {
  uint32_t hash = hash_of(protocol, client, ports >> 16);
  uint32_t entry = buckets[hash & mask];
  for (; entry != 0; entry = connections[entry].next) {
    const struct connection *one = &connections[entry];
    if (one->ports == ports && one->client == client && one->virtual == virtual &&
        one->protocol == protocol && one->family == 4) break;
  }
  return entry;
}

static uint32_t open_connection(uint32_t client, uint32_t virtual, uint32_t ports, uint8_t protocol) {
  next_server = next_server % SERVERS + 1;
  struct destination *chosen = &destinations[next_server];
  uint32_t entry = ++opened;
  struct connection *one = &connections[entry];
  one->client = client;
  one->virtual = virtual;
  one->server = chosen->address;
  one->ports = ports;
  one->server_port = chosen->port;
  one->protocol = protocol;
  one->family = 4;
  one->flags_and_state = (uint32_t)method;
  one->destination = next_server;
  one->hash = hash_of(protocol, client, ports >> 16);
  one->next = buckets[one->hash & mask];
  buckets[one->hash & mask] = entry;
  chosen->inactive++;
  chosen->counters.connections++;
  service.connections++;
  everything.connections++;
  return entry;
}

static inline void count(struct counters *counters, uint32_t length) {
  counters->in_packets++;
  counters->in_bytes += length;
}

static int packet(struct frame *frame) {
  uint8_t *ip = frame->bytes + frame->start;
  uint32_t room = frame->end - frame->start;
  if (room < 20 || ip[0] >> 4 != 4) return 1;
  uint32_t header = (ip[0] & 15) * 4, total = get16(ip + 2);
  if (header < 20 || header > total || total > room) return 1;
  if (header_checksum(ip, header) != 0) return 1;
  if ((get16(ip + 6) & 0x3fff) != 0) return 1;
  uint8_t protocol = ip[9];
  if (protocol != 6 || total - header < 20) return 0;
  uint8_t *tcp = ip + header;
  uint32_t client = get32(ip + 12), virtual = get32(ip + 16), ports = get32(tcp);
  uint32_t entry = find(client, virtual, ports, protocol);
  uint8_t flags = tcp[13];
  if (entry == 0) {
    if ((flags & 2) == 0) return 0;
    entry = open_connection(client, virtual, ports, protocol);
  }
  struct connection *one = &connections[entry];
  struct destination *destination = &destinations[one->destination];
  if (!destination->available) return 1;
  count(&destination->counters, total);
  count(&service, total);
  count(&everything, total);
  uint32_t state = one->flags_and_state >> 20;
  uint32_t event = flags & 4 ? 3 : flags & 2 ? 0 : flags & 1 ? 1 : 2;
  uint32_t after = GRID[event][state];
  if (after != state) {
    uint32_t was = state >= 1 && state <= 3, is = after >= 1 && after <= 3;
    destination->active += is - was;
    destination->inactive -= is - was;
    one->flags_and_state = (one->flags_and_state & 0xfffff) | after << 20;
  }
  one->timeout = TIMEOUTS[after] * TICKS_PER_SECOND;
  if (ip[8] <= 1 || total > 1500) return 1;
  put16(ip + 10, replace16(get16(ip + 10), get16(ip + 8), get16(ip + 8) - 0x100));
  ip[8]--;
  if (method == NAT) {
    uint16_t checksum = replace32(get16(tcp + 16), virtual, one->server);
    put16(tcp + 16, replace16(checksum, (uint16_t)ports, one->server_port));
    put16(tcp + 2, one->server_port);
    put16(ip + 10, replace32(get16(ip + 10), virtual, one->server));
    put32(ip + 16, one->server);
  } else if (method == TUN) {
    uint8_t *outer = ip - 20;
    frame->start -= 20;
    outer[0] = 0x45;
    outer[1] = ip[1];
    put16(outer + 2, total + 20);
    put16(outer + 4, ++outer_id);
    put16(outer + 6, 0);
    outer[8] = ip[8];
    outer[9] = 4;
    put16(outer + 10, 0);
    put32(outer + 12, DIRECTOR);
    put32(outer + 16, one->server);
    put16(outer + 10, header_checksum(outer, 20));
  }
  uint32_t bits = slot_bits(one->timeout);
  uint32_t before = one->fires;
  one->expires = now + one->timeout;
  one->fires = ((one->expires >> bits) + 1) << bits;
  if (before == 0 || (int32_t)(one->fires - one->armed) < 0) arm(entry, one->fires);
  one->packets++;
  sink += one->server;
  return 2;
}

/* Makes a packet of connection `index` as a client sends it; its checksums are right. */
static void fill(struct frame *frame, uint32_t index, uint8_t flags) {
  uint8_t *ip = frame->bytes + HEADROOM, *tcp = ip + 20;
  uint32_t client = FIRST_CLIENT + (index & ((1u << CLIENT_BITS) - 1));
  uint16_t port = (uint16_t)(FIRST_PORT + (index >> CLIENT_BITS));
  frame->start = HEADROOM;
  frame->end = HEADROOM + LENGTH;
  put32(ip, 0x45000000 | LENGTH);
  put32(ip + 4, 0);
  put32(ip + 8, 0x40060000);
  put32(ip + 12, client);
  put32(ip + 16, VIRTUAL);
  uint32_t ends = (client >> 16) + (client & 0xffff) + (VIRTUAL >> 16) + (VIRTUAL & 0xffff);
  put16(ip + 10, fold(0x4500 + LENGTH + 0x4006 + ends));
  put32(tcp, (uint32_t)port << 16 | 80);
  put32(tcp + 4, index);
  put32(tcp + 8, 0);
  put32(tcp + 12, 0x50000000 | (uint32_t)flags << 16 | 0x2000);
  put32(tcp + 16, 0);
  put16(tcp + 16, fold(ends + 6 + 20 + port + 80 + (index >> 16) + (index & 0xffff) + 0x5000 + flags + 0x2000));
}

static inline uint32_t draw(void) {
  draws ^= draws << 13;
  draws ^= draws >> 17;
  draws ^= draws << 5;
  return draws;
}

/*
 * Asks for the memory of a whole batch: buckets first, then what they lead to. Inlined, as gcc leaves out
 * calls of functions that do nothing else.
 */
static inline __attribute__((always_inline)) void ask_ahead(void) {
  uint32_t hashes[BATCH];
  for (int at = 0; at < BATCH; at++) {
    const uint8_t *ip = frames[at].bytes + frames[at].start;
    hashes[at] = hash_of(ip[9], get32(ip + 12), get16(ip + 20));
    __builtin_prefetch(&buckets[hashes[at] & mask]);
  }
  for (int at = 0; at < BATCH; at++) __builtin_prefetch(&connections[buckets[hashes[at] & mask]]);
}

static double processor_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static double play(uint32_t packets, int opening, int process, int ahead) {
  double began = processor_time();
  uint32_t first = 0;
  for (uint32_t done = 0; done < packets; done += BATCH) {
    for (int at = 0; at < BATCH; at++) {
      uint32_t index = opening ? first++ : draw() % wanted;
      fill(&frames[at], index, opening ? 2 : 16);
    }
    if (!process) continue;
    if (ahead) ask_ahead();
    for (int at = 0; at < BATCH && (!opening || done + at < wanted); at++) verdicts[packet(&frames[at])]++;
  }
  return processor_time() - began;
}

static double measure(uint32_t packets, int opening, int ahead) {
  uint32_t seed = draws;
  double fills = play(packets, opening, 0, 0);
  draws = seed;
  return (play(packets, opening, 1, ahead) - fills) / packets;
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: limit nat|dr|tun CONNECTIONS\n");
    return 2;
  }
  method = !strcmp(arguments[1], "nat") ? NAT : !strcmp(arguments[1], "dr") ? DR : TUN;
  wanted = (uint32_t)strtoul(arguments[2], NULL, 10);
  uint32_t size = 1024;
  while (size < wanted) size *= 2;
  mask = size - 1;
  size_t bytes = ((size_t)wanted + 1) * sizeof(struct connection);
  connections = aligned_alloc(64, (bytes + 63) / 64 * 64);
  buckets = calloc(size, sizeof *buckets);
  wheel_next = calloc((size_t)wanted + 1, sizeof *wheel_next);
  wheel_previous = calloc((size_t)wanted + 1, sizeof *wheel_previous);
  if (!connections || !buckets || !wheel_next || !wheel_previous) {
    fprintf(stderr, "limit: no memory for %u connections\n", wanted);
    return 1;
  }
  memset(connections, 0, bytes);
  memset(wheel_heads, 0xff, sizeof wheel_heads);
  for (int server = 1; server <= SERVERS; server++)
    destinations[server] = (struct destination){FIRST_SERVER + server - 1, 80, 0, 0, 1, {0, 0, 0}};
  uint8_t *memory = aligned_alloc(64, BATCH * CAPACITY);
  for (int at = 0; at < BATCH; at++) frames[at] = (struct frame){memory + at * CAPACITY, 0, 0};

  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    uint32_t packets = 0;
    double answer = 0;
    if (!strncmp(line, "open", 4)) {
      answer = measure(wanted, 1, 0);
      if (opened != wanted) fprintf(stderr, "limit: opened %u of %u\n", opened, wanted);
    } else if (sscanf(line, "run %u", &packets) == 1) {
      answer = measure(packets, 0, 0);
    } else if (sscanf(line, "batch %u", &packets) == 1) {
      answer = measure(packets, 0, 1);
    } else if (!strncmp(line, "memory", 6)) {
      answer = sizeof(struct connection) + 2.0 * sizeof(int32_t) + (double)size * sizeof *buckets / wanted;
    }
    printf("%.2f\n", answer);
    fflush(stdout);
  }
  return verdicts[1] != 0 || sink == 1;
}
