//! A capsule that does what a test tells it to; compiled in place of a template's main.rs.
use crate::json::Json;
use crate::vnes::{call, log, now, publish, random, state, Event};

pub fn init(config: &str) -> Result<(), String> {
    if config == "{}" { Ok(()) } else { Err(format!("é🙂 {config}")) }
}

pub fn handle(event: &Event) -> Result<(), String> {
    match event.topic.as_str() {
        "throw.v1" => panic!("boom"),
        "echo.v1" => return publish("echoed.v1", &Json::parse(&event.payload).write(), event.key.as_deref()),
        "forbidden.v1" => return publish("forbidden.v1", "1", None),
        _ => {}
    }
    let numbers = [event.offset as f64, event.time as f64, event.partition as f64, now() as f64];
    let mut position: Vec<Json> = numbers.iter().map(|&number| Json::Number(number)).collect();
    position.extend(random(4).iter().map(|&byte| Json::Number(byte.into())));
    position.push(event.key.clone().map_or(Json::Null, Json::Text));
    for (key, value) in state::scan("in/") {
        log::info(&format!("{key}={value}"));
    }
    log::warn(&state::get("none").unwrap_or_else(|| String::from("null")));
    state::put("out/a", &Json::List(position).write())?;
    state::delete("in/a")?;
    log::debug(&call("geometry", "distance", "[1]")?);
    log::error(&call("geometry", "fails", "1").unwrap_err());
    Ok(())
}

pub fn serve(method: &str, payload: &str) -> Result<String, String> {
    if method == "echo" { Ok(Json::parse(payload).write()) } else { Err(format!("unknown method {method}")) }
}
