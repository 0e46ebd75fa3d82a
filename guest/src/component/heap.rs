//! The plugin's heap: std's own allocator, in a version that begins in the memory which the module is given. The one
//! that std brings leaves that alone, and has it grow for its first byte, which costs a host system calls.

use std::alloc::{GlobalAlloc, Layout};

use dlmalloc::GlobalDlmalloc;

#[global_allocator]
static HEAP: Heap = Heap;

struct Heap;

/// Called, not put in line, at the thousands of places where something is dropped: a tenth of the plugin otherwise.
#[allow(unsafe_code, reason = "an allocator; each call is passed on as it is")]
unsafe impl GlobalAlloc for Heap {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { GlobalDlmalloc.alloc(layout) }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { GlobalDlmalloc.alloc_zeroed(layout) }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { GlobalDlmalloc.dealloc(pointer, layout) }
    }

    #[inline(never)]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe { GlobalDlmalloc.realloc(pointer, layout, size) }
    }
}
