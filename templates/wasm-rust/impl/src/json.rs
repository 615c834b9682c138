//! JSON for capsules: values as a small tree. The host hands over valid JSON only; a broken text or a value of another kind than
//! asked for panics, which is a trap, and the delivery leaves no effect.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Deeper than the host's own limit.
const MOST_DEPTH: u32 = 100;

pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    pub fn object() -> Json {
        Json::Object(BTreeMap::new())
    }

    pub fn parse(text: &str) -> Json {
        let mut reader = Reader { text, at: 0, depth: 0 };
        let value = reader.value();
        assert!(reader.peek() == 0 && reader.at == text.len(), "broken JSON: text after the end");
        value
    }

    pub fn as_number(&self) -> f64 {
        match self {
            Json::Number(number) => *number,
            _ => panic!("the JSON value is not a number"),
        }
    }

    pub fn as_text(&self) -> &str {
        match self {
            Json::Text(text) => text,
            _ => panic!("the JSON value is not a string"),
        }
    }

    pub fn as_bool(&self) -> bool {
        match self {
            Json::Bool(truth) => *truth,
            _ => panic!("the JSON value is not a boolean"),
        }
    }

    pub fn as_list(&self) -> &[Json] {
        match self {
            Json::List(items) => items,
            _ => panic!("the JSON value is not a list"),
        }
    }

    /// The member of an object, if it is there.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.get(key),
            _ => panic!("the JSON value is not an object"),
        }
    }

    /// The object with one more member, or another value for it.
    pub fn with(mut self, key: &str, value: Json) -> Json {
        match &mut self {
            Json::Object(members) => members.insert(String::from(key), value),
            _ => panic!("the JSON value is not an object"),
        };
        self
    }

    /// JSON text. The host puts it into canonical form.
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Json::Number(number) => write_number(*number, out),
            Json::Text(text) => write_text(text, out),
            Json::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write_to(out);
                }
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write_to(out);
                }
                out.push('}');
            }
        }
    }
}

/// Digits that read back as the same double.
fn write_number(number: f64, out: &mut String) {
    assert!(number.is_finite(), "JSON cannot hold NaN or an infinity");
    let size = if number < 0.0 { -number } else { number };
    let plain = size == 0.0 || (size >= 1e-6 && size < 1e21);
    out.push_str(&if plain { format!("{}", number) } else { format!("{:e}", number) });
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for unit in text.chars() {
        match unit {
            '"' | '\\' => {
                out.push('\\');
                out.push(unit);
            }
            '\0'..='\x1f' => write!(out, "\\u{:04x}", unit as u32).unwrap(),
            _ => out.push(unit),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Json {
        match self.peek() {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => Json::Text(self.string()),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self) -> Json {
        let mut members = BTreeMap::new();
        self.enter();
        if !self.takes(b'}') {
            loop {
                assert!(self.peek() == b'"', "broken JSON: a key is missing");
                let key = self.string();
                assert!(self.takes(b':'), "broken JSON: a colon is missing");
                members.insert(key, self.value());
                if !self.takes(b',') {
                    break;
                }
            }
            assert!(self.takes(b'}'), "broken JSON: an object is not closed");
        }
        self.depth -= 1;
        Json::Object(members)
    }

    fn list(&mut self) -> Json {
        let mut items = Vec::new();
        self.enter();
        if !self.takes(b']') {
            loop {
                items.push(self.value());
                if !self.takes(b',') {
                    break;
                }
            }
            assert!(self.takes(b']'), "broken JSON: a list is not closed");
        }
        self.depth -= 1;
        Json::List(items)
    }

    fn enter(&mut self) {
        self.at += 1;
        self.depth += 1;
        assert!(self.depth <= MOST_DEPTH, "broken JSON: nested too deeply");
    }

    fn string(&mut self) -> String {
        let mut out = String::new();
        self.at += 1;
        loop {
            let from = self.at;
            while !matches!(self.unit(), b'"' | b'\\' | 0) {
                self.at += 1;
            }
            out.push_str(&self.text[from..self.at]);
            match self.unit() {
                b'"' => break,
                b'\\' => self.escape(&mut out),
                _ => panic!("broken JSON: a string is not closed"),
            }
        }
        self.at += 1;
        out
    }

    fn escape(&mut self, out: &mut String) {
        self.at += 2;
        match self.text.as_bytes().get(self.at - 1) {
            Some(b'b') => out.push('\x08'),
            Some(b't') => out.push('\t'),
            Some(b'n') => out.push('\n'),
            Some(b'f') => out.push('\x0c'),
            Some(b'r') => out.push('\r'),
            Some(b'u') => self.escaped(out),
            Some(&unit) => out.push(unit as char),
            None => panic!("broken JSON: a string is not closed"),
        }
    }

    /// A character after `\u`, which may be half of a pair.
    fn escaped(&mut self, out: &mut String) {
        let first = self.hex4();
        let pair = matches!(first, 0xd800..=0xdbff) && self.text[self.at..].starts_with("\\u");
        if !pair {
            return out.push(char::from_u32(first).unwrap_or('\u{fffd}'));
        }
        self.at += 2;
        let second = self.hex4();
        let code = match second {
            0xdc00..=0xdfff => 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
            _ => 0xfffd,
        };
        out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
    }

    fn hex4(&mut self) -> u32 {
        let digits = self.text.get(self.at..self.at + 4).expect("broken JSON: an escape is cut off");
        self.at += 4;
        u32::from_str_radix(digits, 16).expect("broken JSON: an escape is no number")
    }

    fn number(&mut self) -> Json {
        let from = self.at;
        while matches!(self.unit(), b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') {
            self.at += 1;
        }
        let number: f64 = self.text[from..self.at].parse().expect("broken JSON: a value is missing");
        assert!(number.is_finite(), "the number is beyond the range of doubles");
        Json::Number(number)
    }

    fn word(&mut self, word: &str, value: Json) -> Json {
        assert!(self.text[self.at..].starts_with(word), "broken JSON: unknown word");
        self.at += word.len();
        value
    }

    fn takes(&mut self, unit: u8) -> bool {
        let there = self.peek() == unit;
        if there {
            self.at += 1;
        }
        there
    }

    /// The next byte that is not white space, or 0 at the end.
    fn peek(&mut self) -> u8 {
        while matches!(self.unit(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
        self.unit()
    }

    fn unit(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_was_read() {
        for text in [
            "null",
            r#"{"a":[1,2.5,-0.1,1e300,5e-324,123456789012345680000],"b":{"c":true,"d":false},"é":"\"\\\u0001🙂"}"#,
            "[]",
            "{}",
        ] {
            assert_eq!(Json::parse(text).write(), text);
        }
    }

    #[test]
    fn escapes_are_read() {
        assert_eq!(Json::parse(r#""\ud83d\ude42\u00e9\n\/\ud800""#).as_text(), "🙂é\n/\u{fffd}");
    }

    #[test]
    #[should_panic(expected = "broken JSON")]
    fn broken_texts_are_refused() {
        Json::parse("[1,]");
    }
}
