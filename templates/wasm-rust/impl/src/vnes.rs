//! What a capsule may ask of its host. These are all the doors there are: no files, no network, no clock but virtual time.
//! Payloads and state values are JSON texts; `json` reads and writes them.

use crate::memory::{take_bytes, take_text, Area};

mod host {
    use crate::memory::Area;

    #[link(wasm_import_module = "vnes:capsule/bus@1.0.0")]
    extern "C" {
        pub fn publish(
            topic: *const u8, topic_size: usize, payload: *const u8, payload_size: usize,
            has_key: i32, key: *const u8, key_size: usize, out: *mut Area,
        );
    }
    #[link(wasm_import_module = "vnes:capsule/state@1.0.0")]
    extern "C" {
        pub fn get(key: *const u8, key_size: usize, out: *mut Area);
        pub fn scan(prefix: *const u8, prefix_size: usize, out: *mut Area);
        pub fn put(key: *const u8, key_size: usize, value: *const u8, value_size: usize, out: *mut Area);
        pub fn delete(key: *const u8, key_size: usize, out: *mut Area);
    }
    #[link(wasm_import_module = "vnes:capsule/rpc@1.0.0")]
    extern "C" {
        pub fn call(
            capability: *const u8, capability_size: usize, method: *const u8, method_size: usize,
            payload: *const u8, payload_size: usize, out: *mut Area,
        );
    }
    #[link(wasm_import_module = "vnes:capsule/clock@1.0.0")]
    extern "C" {
        pub fn now() -> u64;
    }
    #[link(wasm_import_module = "vnes:capsule/entropy@1.0.0")]
    extern "C" {
        pub fn random(length: u32, out: *mut Area);
    }
    #[link(wasm_import_module = "vnes:capsule/log@1.0.0")]
    extern "C" {
        pub fn write(level: i32, message: *const u8, message_size: usize);
    }
}

/// One event, as it is handed to this capsule.
pub struct Event {
    pub topic: String,
    pub partition: u32,
    /// Position in the topic's partition, from 0.
    pub offset: u64,
    /// Virtual time in milliseconds since the Unix epoch.
    pub time: u64,
    pub key: Option<String>,
    /// JSON text.
    pub payload: String,
}

/// Publishes a JSON payload on a topic that the manifest declares. It is delivered from the next frame on.
pub fn publish(topic: &str, payload: &str, key: Option<&str>) -> Result<(), String> {
    let name = key.unwrap_or("");
    let mut out = Area::new();
    unsafe {
        host::publish(
            topic.as_ptr(), topic.len(), payload.as_ptr(), payload.len(),
            key.is_some() as i32, name.as_ptr(), name.len(), &mut out,
        )
    };
    out.nothing()
}

/// State: what this capsule owns, and what it may read of others.
pub mod state {
    use super::*;

    /// The value of a key as JSON text.
    pub fn get(key: &str) -> Option<String> {
        let mut out = Area::new();
        unsafe { host::get(key.as_ptr(), key.len(), &mut out) };
        if out.tag() == 0 { None } else { Some(unsafe { take_text(out.b, out.c) }) }
    }

    /// All entries whose key starts with `prefix`, in key order, as keys and JSON texts.
    pub fn scan(prefix: &str) -> Vec<(String, String)> {
        let mut out = Area::new();
        unsafe {
            host::scan(prefix.as_ptr(), prefix.len(), &mut out);
            out.entries()
        }
    }

    /// Writes a JSON value to a key that this capsule owns.
    pub fn put(key: &str, value: &str) -> Result<(), String> {
        let mut out = Area::new();
        unsafe { host::put(key.as_ptr(), key.len(), value.as_ptr(), value.len(), &mut out) };
        out.nothing()
    }

    /// Removes a key that this capsule owns.
    pub fn delete(key: &str) -> Result<(), String> {
        let mut out = Area::new();
        unsafe { host::delete(key.as_ptr(), key.len(), &mut out) };
        out.nothing()
    }
}

/// Calls a method of whichever capsule was bound to a capability that the manifest requires.
pub fn call(capability: &str, method: &str, payload: &str) -> Result<String, String> {
    let mut out = Area::new();
    unsafe {
        host::call(
            capability.as_ptr(), capability.len(), method.as_ptr(), method.len(),
            payload.as_ptr(), payload.len(), &mut out,
        )
    };
    out.text()
}

/// Virtual time of the current delivery in milliseconds since the Unix epoch.
pub fn now() -> u64 {
    unsafe { host::now() }
}

/// `length` bytes, at most 65,536, that depend on the run's seed and the current delivery only.
pub fn random(length: u32) -> Vec<u8> {
    let mut out = Area::new();
    unsafe {
        host::random(length, &mut out);
        take_bytes(out.a as usize, out.b)
    }
}

/// Lines for the person who reads the recording.
pub mod log {
    use super::host;

    pub fn debug(message: &str) {
        line(0, message);
    }

    pub fn info(message: &str) {
        line(1, message);
    }

    pub fn warn(message: &str) {
        line(2, message);
    }

    pub fn error(message: &str) {
        line(3, message);
    }

    fn line(level: i32, message: &str) {
        unsafe { host::write(level, message.as_ptr(), message.len()) };
    }
}
