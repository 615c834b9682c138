/** A capsule that does what a test tells it to; compiled in place of a template's main.c. */
#include "json.h"

static json *number(double value) {
  return json_number(value);
}

vnes_result capsule_init(vnes_text config) {
  if (config.size == 2) return vnes_ok();
  return vnes_error(vnes_join(VNES_TEXT("é🙂 "), config));
}

static bool is(vnes_text a, vnes_text b) {
  if (a.size != b.size) return false;
  for (size_t at = 0; at < a.size; at++)
    if (a.at[at] != b.at[at]) return false;
  return true;
}

vnes_result capsule_handle(const vnes_event *event) {
  if (is(event->topic, VNES_TEXT("throw.v1"))) vnes_trap(VNES_TEXT("boom"));
  if (is(event->topic, VNES_TEXT("echo.v1")))
    return vnes_publish(VNES_TEXT("echoed.v1"), json_write(json_parse(event->payload)), event->key);
  if (is(event->topic, VNES_TEXT("forbidden.v1"))) return vnes_publish(event->topic, VNES_TEXT("1"), 0);
  json *position = json_list();
  json_push(position, number((double)event->offset));
  json_push(position, number((double)event->time));
  json_push(position, number(event->partition));
  json_push(position, number((double)vnes_now()));
  vnes_text bytes = vnes_random(4);
  for (size_t at = 0; at < bytes.size; at++) json_push(position, number((unsigned char)bytes.at[at]));
  json_push(position, event->key ? json_text(*event->key) : json_null());
  vnes_entries entries = vnes_scan(VNES_TEXT("in/"));
  for (size_t at = 0; at < entries.count; at++)
    vnes_log(VNES_INFO, vnes_join(vnes_join(entries.at[at].key, VNES_TEXT("=")), entries.at[at].value));
  vnes_text missing;
  vnes_log(VNES_WARN, vnes_get(VNES_TEXT("none"), &missing) ? missing : VNES_TEXT("null"));
  vnes_put(VNES_TEXT("out/a"), json_write(position));
  vnes_delete(VNES_TEXT("in/a"));
  vnes_log(VNES_DEBUG, vnes_call(VNES_TEXT("geometry"), VNES_TEXT("distance"), VNES_TEXT("[1]")).text);
  vnes_log(VNES_ERROR, vnes_call(VNES_TEXT("geometry"), VNES_TEXT("fails"), VNES_TEXT("1")).text);
  return vnes_ok();
}

vnes_result capsule_serve(vnes_text method, vnes_text payload) {
  if (is(method, VNES_TEXT("echo"))) return vnes_value(json_write(json_parse(payload)));
  return vnes_error(vnes_join(VNES_TEXT("unknown method "), method));
}
