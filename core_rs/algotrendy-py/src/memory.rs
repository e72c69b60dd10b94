//! Memory for columns, kept for the next ones, and in large pages where they are large.

#![allow(unsafe_code)] // An allocator cannot do without.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::null_mut;
use std::sync::Mutex;

/// The system's allocator; a column gets a mapping of its own, a large one in pages of two megabytes.
///
/// The kernel hands out and clears memory page by page as it is first written to. Of ten million trades that become a million bars,
/// in pages of four kilobytes that takes longer than making the bars. Left to the C library, the notes that it keeps beside each
/// allocation would break the first of the large pages into small ones, and what is at the end of its heap goes back to the kernel. The
/// last mappings given back are kept for the next columns of their length: a column that is made over and over is not cleared each time.
pub struct LargePages;

/// From how many bytes on a column has a mapping of its own.
const COLUMN: usize = 256 << 10;
/// From how many bytes on that is made of large pages, as in NumPy.
const LARGE: usize = 4 << 20;
const LARGE_PAGE: usize = 2 << 20;
/// Lengths of smaller mappings are multiples of it, so that columns of nearly the same length share them.
const STEP: usize = 64 << 10;
const SMALL_PAGE: usize = 4 << 10;

/// How long the mapping is that holds an allocation of its own; none where the system's allocator does.
#[inline]
fn mapped(layout: Layout) -> Option<usize> {
    if layout.size() < COLUMN || layout.align() > SMALL_PAGE {
        return None;
    }
    let step = if layout.size() < LARGE { STEP } else { LARGE_PAGE };
    layout.size().checked_next_multiple_of(step)
}

// SAFETY: whether the system's allocator or a mapping holds an allocation follows from its layout alone, so that what one has given
// out goes back to the same. A mapping is aligned to a small page and holds zeros.
unsafe impl GlobalAlloc for LargePages {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match mapped(layout) {
            // SAFETY: the caller keeps the contract, here and below.
            None => unsafe { System.alloc(layout) },
            Some(length) => take(length).unwrap_or_else(|| map(length)),
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match mapped(layout) {
            // SAFETY: see above.
            None => unsafe { System.alloc_zeroed(layout) },
            Some(length) => match take(length) {
                Some(pointer) => {
                    // SAFETY: the mapping is as long. To clear it here takes less than to have the kernel clear a new one.
                    unsafe { pointer.write_bytes(0, length) };
                    pointer
                }
                None => map(length),
            },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        match mapped(layout) {
            // SAFETY: see above.
            None => unsafe { System.dealloc(pointer, layout) },
            Some(length) => give(pointer, length),
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
                in_pages(libc::mremap(pointer.cast(), length, next, libc::MREMAP_MAYMOVE), next)
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

/// Mappings that nobody uses now, for allocations to come.
struct Kept {
    mappings: [(usize, usize); KEPT_COUNT],
    /// Which is given up next.
    oldest: usize,
}

const KEPT_COUNT: usize = 48;
const KEPT_BYTES: usize = 128 << 20;

static KEPT: Mutex<Kept> = Mutex::new(Kept { mappings: [(0, 0); KEPT_COUNT], oldest: 0 });

/// A kept mapping of exactly this length, whose contents are whatever they were.
// Nobody waits: where another thread is at it, or was when the process was forked, a new mapping does as well.
fn take(length: usize) -> Option<*mut u8> {
    KEPT.try_lock().ok()?.take(length)
}

fn give(pointer: *mut u8, length: usize) {
    match KEPT.try_lock() {
        Ok(mut kept) if length <= KEPT_BYTES => kept.give(pointer, length),
        _ => unmap(pointer.expose_provenance(), length),
    }
}

impl Kept {
    fn take(&mut self, length: usize) -> Option<*mut u8> {
        let place = self.mappings.iter().position(|(_, kept)| *kept == length && length > 0)?;
        let (address, _) = std::mem::take(&mut self.mappings[place]);
        Some(std::ptr::with_exposed_provenance_mut(address))
    }

    /// Keeps a mapping, and gives up the oldest ones that there is no room for beside it.
    fn give(&mut self, pointer: *mut u8, length: usize) {
        let is_full = |mappings: &[(usize, usize)]| {
            let bytes: usize = mappings.iter().map(|(_, length)| length).sum();
            bytes + length > KEPT_BYTES || mappings.iter().all(|(address, _)| *address != 0)
        };
        while is_full(&self.mappings) {
            let (address, length) = std::mem::take(&mut self.mappings[self.oldest]);
            unmap(address, length);
            self.oldest = (self.oldest + 1) % KEPT_COUNT;
        }
        if let Some(place) = self.mappings.iter().position(|(address, _)| *address == 0) {
            self.mappings[place] = (pointer.expose_provenance(), length);
        }
    }
}

fn unmap(address: usize, length: usize) {
    if address != 0 {
        // SAFETY: this is a whole mapping that nobody uses any more.
        unsafe {
            libc::munmap(std::ptr::with_exposed_provenance_mut(address), length);
        }
    }
}

#[cold]
fn map(length: usize) -> *mut u8 {
    let (access, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping is nobody's yet.
    unsafe { in_pages(libc::mmap(null_mut(), length, access, kind, -1, 0), length) }
}

/// A mapping of this length, if there is one, of large pages where it is large.
///
/// # Safety
/// It belongs to the caller.
unsafe fn in_pages(pointer: *mut libc::c_void, length: usize) -> *mut u8 {
    if pointer == libc::MAP_FAILED {
        return null_mut();
    }
    if length >= LARGE {
        // SAFETY: this is the whole mapping. A kernel that has no large pages declines the advice, which is as good.
        unsafe { libc::madvise(pointer, length, libc::MADV_HUGEPAGE) };
    }
    pointer.cast()
}
