/**
 * JSON for capsules: values as a small tree. The host hands over valid JSON only; a broken text or a value of another kind than
 * asked for traps, and the delivery leaves no effect.
 */
#ifndef JSON_H
#define JSON_H

#include "vnes.h"

typedef enum { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT } json_kind;

typedef struct json {
  json_kind kind;
  bool truth;
  double number;
  vnes_text text;
  /** Items of a list or values of an object, in order; each names its own key and the next one. */
  struct json *first, *last;
  vnes_text key;
  struct json *next;
} json;

json *json_parse(vnes_text text);
/** JSON text. The host puts it into canonical form. */
vnes_text json_write(const json *value);

/** The member of an object, or NULL. */
json *json_get(const json *object, vnes_text key);
double json_as_number(const json *value);
vnes_text json_as_text(const json *value);
bool json_as_bool(const json *value);

json *json_null(void);
json *json_bool(bool truth);
json *json_number(double number);
json *json_text(vnes_text text);
json *json_list(void);
json *json_object(void);
/** Adds an item; a value stands in one place only. Returns the list. */
json *json_push(json *list, json *item);
/** Adds or replaces a member. Returns the object. */
json *json_set(json *object, vnes_text key, json *value);

/** A double as a JSON number that reads back as the same double. Traps on NaN and infinities, which JSON does not have. */
vnes_text number_write(double value);
/** The double nearest to a JSON number, ties to even. */
double number_read(vnes_text text);

#endif
