//! The plugin's heap: lists of small blocks, before std's own allocator, in a version that begins in the memory which the
//! module is given. The one that std brings leaves that alone, and has it grow for its first byte, which costs a host
//! system calls.

#![allow(
    unsafe_code,
    reason = "an allocator; what is large is passed on as it is"
)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr::null_mut;

use dlmalloc::GlobalDlmalloc;

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(Small {
    free: [null_mut(); CLASSES],
    next: null_mut(),
    left: 0,
}));

/// Sizes of small blocks are multiples of this, which is as far as anything is aligned.
const STEP: usize = 16;
/// Classes of sizes, up to 256 bytes: labels, their lists, the nodes of small trees.
const CLASSES: usize = 16;
/// Small blocks are cut from pieces of this size: two pages of most systems.
const PIECE: Layout = Layout::new::<[u128; 512]>();

/// Small blocks, those of equal size in one list. They are never joined: what makes and drops texts by the thousand gets
/// the same blocks again and again.
struct Small {
    free: [*mut Free; CLASSES],
    /// The rest of a piece.
    next: *mut u8,
    left: usize,
}

/// A block that is free.
struct Free {
    next: *mut Free,
}

impl Small {
    /// The list for blocks of this layout; none: they are not small.
    fn class(layout: Layout) -> Option<usize> {
        let class = layout.size().saturating_sub(1) / STEP;
        (class < CLASSES && layout.align() <= STEP).then_some(class)
    }

    unsafe fn take(&mut self, class: usize) -> *mut u8 {
        let Some(list) = self.free.get_mut(class) else {
            return null_mut();
        };
        let first = *list;
        if !first.is_null() {
            *list = unsafe { (*first).next };
            return first.cast();
        }
        let size = (class + 1) * STEP;
        if self.left < size {
            let piece = unsafe { GlobalDlmalloc.alloc(PIECE) };
            if piece.is_null() {
                return piece;
            }
            (self.next, self.left) = (piece, PIECE.size());
        }
        let block = self.next;
        self.next = unsafe { block.add(size) };
        self.left -= size;
        block
    }

    unsafe fn give_back(&mut self, class: usize, block: *mut u8) {
        if let Some(list) = self.free.get_mut(class) {
            let block: *mut Free = block.cast();
            unsafe { block.write(Free { next: *list }) };
            *list = block;
        }
    }
}

struct Heap(UnsafeCell<Small>);

/// A module has one thread.
unsafe impl Sync for Heap {}

impl Heap {
    #[allow(clippy::mut_from_ref, reason = "no two of them live at a time")]
    unsafe fn small(&self) -> &mut Small {
        unsafe { &mut *self.0.get() }
    }
}

/// Called, not put in line, at the thousands of places where something is dropped: a tenth of the plugin otherwise.
unsafe impl GlobalAlloc for Heap {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match Small::class(layout) {
            Some(class) => unsafe { self.small().take(class) },
            None => unsafe { GlobalDlmalloc.alloc(layout) },
        }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match Small::class(layout) {
            Some(class) => unsafe {
                let block = self.small().take(class);
                if !block.is_null() {
                    block.write_bytes(0, layout.size());
                }
                block
            },
            None => unsafe { GlobalDlmalloc.alloc_zeroed(layout) },
        }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        match Small::class(layout) {
            Some(class) => unsafe { self.small().give_back(class, pointer) },
            None => unsafe { GlobalDlmalloc.dealloc(pointer, layout) },
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (Small::class(layout), Small::class(new)) {
            (None, None) => unsafe { GlobalDlmalloc.realloc(pointer, layout, size) },
            (old, new) if old == new => pointer,
            _ => unsafe {
                let moved = self.alloc(new);
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(pointer, layout.size().min(size));
                    self.dealloc(pointer, layout);
                }
                moved
            },
        }
    }
}
