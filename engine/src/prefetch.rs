//! Asks for memory ahead of time, where waiting for it would be most of the work.

/// Asks for memory that will be read soon: it is in the second-level cache by then.
#[inline(always)]
pub(crate) fn prefetch<T>(values: &[T]) {
    const LINE: usize = 64;
    let start = values.as_ptr().cast::<u8>();
    (0..size_of_val(values)).step_by(LINE).for_each(|offset| prefetch_line(start.wrapping_add(offset)));
}

/// Asks for the line that one of the values begins in; past the last it asks for nothing of use, and is quick about it.
#[inline(always)]
pub(crate) fn prefetch_at<T>(values: &[T], at: usize) {
    prefetch_line(values.as_ptr().wrapping_add(at).cast());
}

#[inline(always)]
fn prefetch_line(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: every x86-64 has the instruction, and it faults on no address.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
