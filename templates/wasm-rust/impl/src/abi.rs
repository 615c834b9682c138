//! The component's exports, lifted by hand (Component Model, canonical ABI). The capsule's own code is in `main.rs`.

#[allow(dead_code)]
mod json;
#[path = "main.rs"]
mod capsule;
mod logic;
mod memory;
#[allow(dead_code)]
mod spec;
#[allow(dead_code)]
mod vnes;

use memory::take_text;

/// A tag, then place and length of a value or message.
#[repr(C)]
pub struct Lowered {
    tag: u32,
    start: *const u8,
    size: usize,
}

static mut RESULT: Lowered = Lowered { tag: 0, start: std::ptr::null(), size: 0 };
/// What the result points to, until the host has read it.
static mut TEXT: String = String::new();

unsafe fn lower(result: Result<String, String>) -> *const Lowered {
    RESULT.tag = result.is_err() as u32;
    TEXT = match result {
        Ok(text) => text,
        Err(text) => text,
    };
    RESULT.start = TEXT.as_ptr();
    RESULT.size = TEXT.len();
    std::ptr::addr_of!(RESULT)
}

#[no_mangle]
pub unsafe extern "C" fn init(config: usize, size: usize) -> *const Lowered {
    // A panic says why, then traps. The delivery leaves no effect.
    std::panic::set_hook(Box::new(|info| vnes::log::error(&info.to_string())));
    lower(capsule::init(&take_text(config, size)).map(|()| String::new()))
}

#[no_mangle]
pub unsafe extern "C" fn handle(
    topic: usize, topic_size: usize, partition: u32, offset: u64, time: u64,
    has_key: i32, key: usize, key_size: usize, payload: usize, payload_size: usize,
) -> *const Lowered {
    let event = vnes::Event {
        topic: take_text(topic, topic_size),
        partition,
        offset,
        time,
        key: if has_key == 0 { None } else { Some(take_text(key, key_size)) },
        payload: take_text(payload, payload_size),
    };
    lower(capsule::handle(&event).map(|()| String::new()))
}

#[no_mangle]
pub unsafe extern "C" fn serve(method: usize, method_size: usize, payload: usize, payload_size: usize) -> *const Lowered {
    let name = take_text(method, method_size);
    lower(capsule::serve(&name, &take_text(payload, payload_size)))
}
