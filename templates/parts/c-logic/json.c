#include "json.h"

/** Deeper than the host's own limit. */
#define MOST_DEPTH 100

typedef struct {
  const char *at, *end;
  int depth;
} reader;

static json *make(json_kind kind) {
  json *value = vnes_alloc(sizeof *value);
  value->kind = kind;
  return value;
}

static _Noreturn void broken(void) {
  vnes_trap(VNES_TEXT("broken JSON"));
}

static bool same(vnes_text a, vnes_text b) {
  if (a.size != b.size) return false;
  for (size_t at = 0; at < a.size; at++)
    if (a.at[at] != b.at[at]) return false;
  return true;
}

/** The next byte that is not white space, or 0 at the end. */
static char peek(reader *in) {
  while (in->at < in->end && (*in->at == ' ' || *in->at == '\n' || *in->at == '\r' || *in->at == '\t')) in->at++;
  return in->at < in->end ? *in->at : 0;
}

static bool takes(reader *in, char unit) {
  bool there = peek(in) == unit;
  if (there) in->at++;
  return there;
}

static uint32_t hex4(reader *in) {
  uint32_t code = 0;
  if (in->end - in->at < 4) broken();
  for (int i = 0; i < 4; i++) {
    char unit = *in->at++ | 0x20;
    if (unit >= 'a' && unit <= 'f') code = code * 16 + (uint32_t)(unit - 'a' + 10);
    else if (unit >= 0x30 && unit <= 0x39) code = code * 16 + (uint32_t)(unit - 0x30);
    else broken();
  }
  return code;
}

static char *utf8(uint32_t code, char *to) {
  if (code < 0x80) {
    *to++ = (char)code;
    return to;
  }
  int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  *to++ = (char)((0xf00 >> more) | (code >> (6 * more)));
  while (more-- > 0) *to++ = (char)(0x80 | ((code >> (6 * more)) & 0x3f));
  return to;
}

/** A character after `\u`, which may be half of a pair. */
static uint32_t escaped(reader *in) {
  uint32_t code = hex4(in);
  if (code < 0xd800 || code > 0xdfff) return code;
  if (code > 0xdbff || in->end - in->at < 6 || in->at[0] != '\\' || in->at[1] != 'u') return 0xfffd;
  in->at += 2;
  uint32_t low = hex4(in);
  return low < 0xdc00 || low > 0xdfff ? 0xfffd : 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

static vnes_text read_text(reader *in) {
  const char *from = ++in->at, *close = from;
  while (close < in->end && *close != '"') close += *close == '\\' ? 2 : 1;
  if (close >= in->end) broken();
  char *start = vnes_alloc((size_t)(close - from) + 1), *to = start;
  while (in->at < close) {
    if (*in->at != '\\') {
      *to++ = *in->at++;
      continue;
    }
    char unit = in->at[1];
    in->at += 2;
    switch (unit) {
      case 'b': *to++ = '\b'; break;
      case 't': *to++ = '\t'; break;
      case 'n': *to++ = '\n'; break;
      case 'f': *to++ = '\f'; break;
      case 'r': *to++ = '\r'; break;
      case 'u': to = utf8(escaped(in), to); break;
      default: *to++ = unit;
    }
  }
  in->at = close + 1;
  return (vnes_text){start, (size_t)(to - start)};
}

static json *read_word(reader *in, vnes_text word, json *value) {
  if ((size_t)(in->end - in->at) < word.size || !same((vnes_text){in->at, word.size}, word)) broken();
  in->at += word.size;
  return value;
}

static void digits(reader *in) {
  const char *from = in->at;
  while (in->at < in->end && *in->at >= '0' && *in->at <= '9') in->at++;
  if (in->at == from) broken();
}

static bool steps_over(reader *in, char unit) {
  bool there = in->at < in->end && (*in->at == unit || (unit == 'e' && *in->at == 'E'));
  if (there) in->at++;
  return there;
}

static json *read_number(reader *in) {
  const char *from = in->at;
  steps_over(in, '-');
  if (!steps_over(in, '0')) digits(in);
  if (steps_over(in, '.')) digits(in);
  if (steps_over(in, 'e')) {
    if (!steps_over(in, '+')) steps_over(in, '-');
    digits(in);
  }
  return json_number(number_read((vnes_text){from, (size_t)(in->at - from)}));
}

static json *read_value(reader *in);

static json *read_items(reader *in, json *into, char close) {
  in->at++;
  if (++in->depth > MOST_DEPTH) broken();
  if (!takes(in, close)) {
    do {
      vnes_text key = {0, 0};
      if (into->kind == JSON_OBJECT) {
        if (peek(in) != '"') broken();
        key = read_text(in);
        if (!takes(in, ':')) broken();
      }
      json *value = read_value(in);
      if (into->kind == JSON_OBJECT) json_set(into, key, value);
      else json_push(into, value);
    } while (takes(in, ','));
    if (!takes(in, close)) broken();
  }
  in->depth--;
  return into;
}

static json *read_value(reader *in) {
  switch (peek(in)) {
    case '{': return read_items(in, json_object(), '}');
    case '[': return read_items(in, json_list(), ']');
    case '"': return json_text(read_text(in));
    case 't': return read_word(in, VNES_TEXT("true"), json_bool(true));
    case 'f': return read_word(in, VNES_TEXT("false"), json_bool(false));
    case 'n': return read_word(in, VNES_TEXT("null"), json_null());
    default: return read_number(in);
  }
}

json *json_parse(vnes_text text) {
  reader in = {text.at, text.at + text.size, 0};
  json *value = read_value(&in);
  if (peek(&in) != 0 || in.at != in.end) broken();
  return value;
}

/** Where a text is written to; the first pass only counts. */
typedef struct {
  char *at;
  size_t size;
} writer;

static void put(writer *out, vnes_text text) {
  if (out->at)
    for (size_t i = 0; i < text.size; i++) out->at[out->size + i] = text.at[i];
  out->size += text.size;
}

static void put_text(writer *out, vnes_text text) {
  static const char hex[] = "0123456789abcdef";
  put(out, VNES_TEXT("\""));
  for (size_t i = 0; i < text.size; i++) {
    unsigned char unit = (unsigned char)text.at[i];
    char escape[] = {'\\', 'u', '0', '0', hex[unit >> 4], hex[unit & 15]};
    if (unit < 0x20) put(out, (vnes_text){escape, 6});
    else if (unit == '"' || unit == '\\') put(out, (vnes_text){(char[]){'\\', (char)unit}, 2});
    else put(out, (vnes_text){text.at + i, 1});
  }
  put(out, VNES_TEXT("\""));
}

static void put_value(writer *out, const json *value) {
  switch (value->kind) {
    case JSON_NULL: put(out, VNES_TEXT("null")); return;
    case JSON_BOOL: put(out, value->truth ? VNES_TEXT("true") : VNES_TEXT("false")); return;
    case JSON_NUMBER: put(out, value->text); return;
    case JSON_TEXT: put_text(out, value->text); return;
    default: break;
  }
  bool object = value->kind == JSON_OBJECT;
  put(out, object ? VNES_TEXT("{") : VNES_TEXT("["));
  for (const json *item = value->first; item; item = item->next) {
    if (item != value->first) put(out, VNES_TEXT(","));
    if (object) {
      put_text(out, item->key);
      put(out, VNES_TEXT(":"));
    }
    put_value(out, item);
  }
  put(out, object ? VNES_TEXT("}") : VNES_TEXT("]"));
}

vnes_text json_write(const json *value) {
  writer out = {0, 0};
  put_value(&out, value);
  out.at = vnes_alloc(out.size + 1);
  out.size = 0;
  put_value(&out, value);
  return (vnes_text){out.at, out.size};
}

json *json_get(const json *object, vnes_text key) {
  if (object->kind != JSON_OBJECT) vnes_trap(VNES_TEXT("the JSON value is not an object"));
  json *item = object->first;
  while (item && !same(item->key, key)) item = item->next;
  return item;
}

double json_as_number(const json *value) {
  if (!value || value->kind != JSON_NUMBER) vnes_trap(VNES_TEXT("the JSON value is not a number"));
  return value->number;
}

vnes_text json_as_text(const json *value) {
  if (!value || value->kind != JSON_TEXT) vnes_trap(VNES_TEXT("the JSON value is not a string"));
  return value->text;
}

bool json_as_bool(const json *value) {
  if (!value || value->kind != JSON_BOOL) vnes_trap(VNES_TEXT("the JSON value is not a boolean"));
  return value->truth;
}

json *json_null(void) {
  return make(JSON_NULL);
}

json *json_bool(bool truth) {
  json *value = make(JSON_BOOL);
  value->truth = truth;
  return value;
}

json *json_number(double number) {
  json *value = make(JSON_NUMBER);
  value->number = number;
  value->text = number_write(number);
  return value;
}

json *json_text(vnes_text text) {
  json *value = make(JSON_TEXT);
  value->text = text;
  return value;
}

json *json_list(void) {
  return make(JSON_LIST);
}

json *json_object(void) {
  return make(JSON_OBJECT);
}

json *json_push(json *list, json *item) {
  if (list->last) list->last->next = item;
  else list->first = item;
  list->last = item;
  return list;
}

json *json_set(json *object, vnes_text key, json *value) {
  json *known = json_get(object, key);
  value->key = key;
  if (!known) return json_push(object, value);
  json **link = &object->first;
  while (*link != known) link = &(*link)->next;
  value->next = known->next;
  *link = value;
  if (object->last == known) object->last = value;
  return object;
}
