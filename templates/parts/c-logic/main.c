#include "json.h"
#include "spec.h"
#include "vnes.h"

static const vnes_text SUMMARY = VNES_TEXT(CAPSULE "/summary");

static double member(const json *object, vnes_text name) {
  const json *found = json_get(object, name);
  return found ? json_as_number(found) : 0;
}

vnes_result capsule_init(vnes_text config) {
  (void)config;
  return vnes_ok();
}

/** Reads what is known, takes the reading in, writes and publishes the result (spec/logic.md). */
vnes_result capsule_handle(const vnes_event *event) {
  double value = json_as_number(json_get(json_parse(event->payload), VNES_TEXT("value")));
  vnes_text stored;
  const json *before = vnes_get(SUMMARY, &stored) ? json_parse(stored) : json_object();
  double count = member(before, VNES_TEXT("count")) + 1;
  double mean = member(before, VNES_TEXT("mean"));
  json *summary = json_object();
  json_set(summary, VNES_TEXT("count"), json_number(count));
  json_set(summary, VNES_TEXT("mean"), json_number(mean + (value - mean) / count));
  vnes_text text = json_write(summary);
  vnes_put(SUMMARY, text);
  vnes_log(VNES_DEBUG, vnes_join(number_write(count), VNES_TEXT(" readings")));
  return vnes_publish(VNES_TEXT(TOPIC_SUMMARY_V1), text, event->key);
}

vnes_result capsule_serve(vnes_text method, vnes_text payload) {
  (void)payload;
  return vnes_error(vnes_join(VNES_TEXT("unknown method "), method));
}
