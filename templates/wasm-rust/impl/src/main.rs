use crate::json::Json;
use crate::logic::{Summary, EMPTY};
use crate::spec::{CAPSULE, TOPIC_SUMMARY_V1};
use crate::vnes::{log, publish, state, Event};

/// Called once, before anything else, with `runtime.config` of the manifest as JSON.
pub fn init(_config: &str) -> Result<(), String> {
    Ok(())
}

/// Handles one event: reads what is known, takes the reading in, writes and publishes the result.
pub fn handle(event: &Event) -> Result<(), String> {
    let key = format!("{CAPSULE}/summary");
    let value = Json::parse(&event.payload).get("value").expect("a value").as_number();
    let before = state::get(&key).map_or(EMPTY, |stored| read(&Json::parse(&stored)));
    let after = before.add(value);
    let text = write(after).write();
    state::put(&key, &text)?;
    log::debug(&format!("{} readings", after.count));
    publish(TOPIC_SUMMARY_V1, &text, event.key.as_deref())
}

/// Answers a call of another capsule. It may read state; it may not write or publish.
pub fn serve(method: &str, _payload: &str) -> Result<String, String> {
    Err(format!("unknown method {method}"))
}

fn read(stored: &Json) -> Summary {
    let member = |name| stored.get(name).map_or(0.0, Json::as_number);
    Summary { count: member("count"), mean: member("mean") }
}

fn write(summary: Summary) -> Json {
    Json::object().with("count", Json::Number(summary.count)).with("mean", Json::Number(summary.mean))
}
