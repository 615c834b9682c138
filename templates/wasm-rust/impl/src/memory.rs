//! What passes through memory at the component's boundary (Component Model, canonical ABI).

use std::alloc::{alloc, handle_alloc_error, Layout};

/// Three words into which the host writes an answer: a list's place and length, or a tag and those of a text.
#[repr(C)]
pub struct Area {
    pub a: u32,
    pub b: usize,
    pub c: usize,
}

impl Area {
    pub fn new() -> Area {
        Area { a: 0, b: 0, c: 0 }
    }

    pub fn tag(&self) -> u8 {
        self.a as u8
    }

    pub fn nothing(&self) -> Result<(), String> {
        if self.tag() == 0 { Ok(()) } else { Err(unsafe { take_text(self.b, self.c) }) }
    }

    pub fn text(&self) -> Result<String, String> {
        let text = unsafe { take_text(self.b, self.c) };
        if self.tag() == 0 { Ok(text) } else { Err(text) }
    }

    /// # Safety
    /// The host has just written a list of entries.
    pub unsafe fn entries(&self) -> Vec<(String, String)> {
        let (list, count) = (self.a as *mut [usize; 4], self.b);
        if count == 0 {
            return Vec::new();
        }
        let parts = Vec::from_raw_parts(list, count, count);
        let entry = |&[key, key_size, value, value_size]: &[usize; 4]| (take_text(key, key_size), take_text(value, value_size));
        parts.iter().map(entry).collect()
    }
}

/// # Safety
/// The host has written `size` bytes there, into a block that it took by `cabi_realloc`.
pub unsafe fn take_bytes(start: usize, size: usize) -> Vec<u8> {
    if size == 0 { Vec::new() } else { Vec::from_raw_parts(start as *mut u8, size, size) }
}

/// # Safety
/// As `take_bytes`, and it is UTF-8, which the host sees to.
pub unsafe fn take_text(start: usize, size: usize) -> String {
    String::from_utf8_unchecked(take_bytes(start, size))
}

/// The host takes blocks by this. It never grows or frees one.
#[no_mangle]
pub unsafe extern "C" fn cabi_realloc(_block: *mut u8, _old_size: usize, align: usize, size: usize) -> *mut u8 {
    if size == 0 {
        return align as *mut u8;
    }
    let layout = Layout::from_size_align_unchecked(size, align);
    let block = alloc(layout);
    if block.is_null() {
        handle_alloc_error(layout);
    }
    block
}
