//! Memory for large columns, in large pages.

#![allow(unsafe_code)] // An allocator cannot do without.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::null_mut;

/// The system's allocator; what is large gets pages of two megabytes.
///
/// The kernel hands out and clears memory page by page as it is first written to. Of ten million trades that become a million bars,
/// in pages of four kilobytes that takes longer than making the bars. Left to the C library, the notes that it keeps beside each
/// allocation would break the first of the large pages into small ones.
pub struct LargePages;

/// From how many bytes on, as in NumPy.
const LARGE: usize = 4 << 20;
const LARGE_PAGE: usize = 2 << 20;
const SMALL_PAGE: usize = 4 << 10;

/// How long the mapping is that holds an allocation of its own; none where the system's allocator does.
#[inline]
fn mapped(layout: Layout) -> Option<usize> {
    if layout.size() < LARGE || layout.align() > SMALL_PAGE {
        return None;
    }
    layout.size().checked_next_multiple_of(LARGE_PAGE)
}

// SAFETY: whether the system's allocator or a mapping holds an allocation follows from its layout alone, so that what one has given
// out goes back to the same. A mapping is aligned to a small page and holds zeros.
unsafe impl GlobalAlloc for LargePages {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match mapped(layout) {
            // SAFETY: the caller keeps the contract, here and below.
            None => unsafe { System.alloc(layout) },
            Some(length) => map(length),
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match mapped(layout) {
            // SAFETY: see above.
            None => unsafe { System.alloc_zeroed(layout) },
            Some(length) => map(length),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        match mapped(layout) {
            // SAFETY: see above.
            None => unsafe { System.dealloc(pointer, layout) },
            // SAFETY: this is the whole mapping.
            Some(length) => unsafe {
                libc::munmap(pointer.cast(), length);
            },
        }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Ok(next) = Layout::from_size_align(size, layout.align()) else { return null_mut() };
        match (mapped(layout), mapped(next)) {
            // SAFETY: see above.
            (None, None) => unsafe { System.realloc(pointer, layout, size) },
            // SAFETY: this is the whole mapping, of which pages move and are not copied.
            (Some(length), Some(next)) => unsafe {
                mapping(libc::mremap(pointer.cast(), length, next, libc::MREMAP_MAYMOVE))
            },
            _ => {
                // SAFETY: see above; as many bytes are copied as both have.
                unsafe {
                    let moved = self.alloc(next);
                    if !moved.is_null() {
                        moved.copy_from_nonoverlapping(pointer, layout.size().min(size));
                        self.dealloc(pointer, layout);
                    }
                    moved
                }
            }
        }
    }
}

#[cold]
fn map(length: usize) -> *mut u8 {
    let (access, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping is nobody's yet. A kernel that has no large pages declines the advice, which is as good.
    unsafe {
        let pointer = mapping(libc::mmap(null_mut(), length, access, kind, -1, 0));
        if !pointer.is_null() {
            libc::madvise(pointer.cast(), length, libc::MADV_HUGEPAGE);
        }
        pointer
    }
}

fn mapping(pointer: *mut libc::c_void) -> *mut u8 {
    if pointer == libc::MAP_FAILED {
        return null_mut();
    }
    pointer.cast()
}
