/**
 * What a capsule may ask of its host. These are all the doors there are: no files, no network, no clock but virtual time.
 * Payloads and state values are JSON texts; json.h reads and writes them.
 *
 * What the host hands over, and what vnes_alloc gives, lasts until your function returns. What must last longer belongs
 * into the state.
 */
#ifndef VNES_H
#define VNES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Some bytes, as a rule UTF-8. No zero stands at their end. */
typedef struct {
  const char *at;
  size_t size;
} vnes_text;

/** A text from a literal: VNES_TEXT("reading.v1"). */
#define VNES_TEXT(literal) ((vnes_text){"" literal, sizeof literal - 1})

/** One event, as it is handed to this capsule. */
typedef struct {
  vnes_text topic;
  uint32_t partition;
  /** Position in the topic's partition, from 0. */
  uint64_t offset;
  /** Virtual time in milliseconds since the Unix epoch. */
  uint64_t time;
  /** NULL when the event has none. */
  const vnes_text *key;
  /** JSON text. */
  vnes_text payload;
} vnes_event;

/** How a call ended: a value, or a message that says why not. */
typedef struct {
  bool ok;
  vnes_text text;
} vnes_result;

/** One key of the state with its JSON text. */
typedef struct {
  vnes_text key;
  vnes_text value;
} vnes_entry;

typedef struct {
  const vnes_entry *at;
  size_t count;
} vnes_entries;

typedef enum { VNES_DEBUG, VNES_INFO, VNES_WARN, VNES_ERROR } vnes_level;

/** Yours: called once, before anything else, with `runtime.config` of the manifest as JSON. */
vnes_result capsule_init(vnes_text config);
/** Yours: handles one event. An error leaves no effect but the error itself. */
vnes_result capsule_handle(const vnes_event *event);
/** Yours: answers a call of another capsule. It may read state; it may not write or publish. */
vnes_result capsule_serve(vnes_text method, vnes_text payload);

/** Publishes a JSON payload on a topic that the manifest declares, with a key or NULL. It is delivered from the next frame on. */
vnes_result vnes_publish(vnes_text topic, vnes_text payload, const vnes_text *key);
/** The value of a key as JSON text; false when there is none. */
bool vnes_get(vnes_text key, vnes_text *value);
/** All entries whose key starts with `prefix`, in key order. */
vnes_entries vnes_scan(vnes_text prefix);
/** Writes a JSON value to a key that this capsule owns. */
vnes_result vnes_put(vnes_text key, vnes_text value);
/** Removes a key that this capsule owns. */
vnes_result vnes_delete(vnes_text key);
/** Calls a method of whichever capsule was bound to a capability that the manifest requires. */
vnes_result vnes_call(vnes_text capability, vnes_text method, vnes_text payload);
/** Virtual time of the current delivery in milliseconds since the Unix epoch. */
uint64_t vnes_now(void);
/** `length` bytes, at most 65,536, that depend on the run's seed and the current delivery only. */
vnes_text vnes_random(uint32_t length);
/** A line for the person who reads the recording. */
void vnes_log(vnes_level level, vnes_text message);
/** Ends the delivery without effects; the instance starts anew. */
_Noreturn void vnes_trap(vnes_text message);

/** Memory of zeros, aligned for anything, until your function returns. Traps when there is none left. */
void *vnes_alloc(size_t size);
/** The texts one after the other. */
vnes_text vnes_join(vnes_text first, vnes_text second);

static inline vnes_result vnes_ok(void) {
  return (vnes_result){true, VNES_TEXT("")};
}

static inline vnes_result vnes_value(vnes_text value) {
  return (vnes_result){true, value};
}

static inline vnes_result vnes_error(vnes_text message) {
  return (vnes_result){false, message};
}

#endif
