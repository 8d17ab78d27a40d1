//! Sixteen numbers in registers, for each instruction set.

use super::rows::{LANE, Lane};

/// A lane in registers. Its methods are inlined into functions compiled for the instruction set.
pub(super) trait Wide: Copy {
    /// How many of a symmetric matrix's rows the registers hold one lane of, all at once.
    const HELD: usize;
    fn load(lane: &Lane) -> Self;
    fn store(self, lane: &mut Lane);
    fn splat(value: f32) -> Self;
    fn add(self, other: Self) -> Self;
    fn multiply(self, other: Self) -> Self;
    /// `self + a * b`.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// `self - a * b`.
    fn take_product(self, a: Self, b: Self) -> Self;
}

/// Registers of any machine, as the compiler sees fit.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; LANE]);

impl Wide for Portable {
    const HELD: usize = 2;

    #[inline(always)]
    fn load(lane: &Lane) -> Self {
        Portable(lane.0)
    }

    #[inline(always)]
    fn store(self, lane: &mut Lane) {
        lane.0 = self.0;
    }

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Portable([value; LANE])
    }

    #[inline(always)]
    fn add(mut self, other: Self) -> Self {
        for at in 0..LANE {
            self.0[at] += other.0[at];
        }
        self
    }

    #[inline(always)]
    fn multiply(mut self, other: Self) -> Self {
        for at in 0..LANE {
            self.0[at] *= other.0[at];
        }
        self
    }

    #[inline(always)]
    fn add_product(mut self, a: Self, b: Self) -> Self {
        for at in 0..LANE {
            self.0[at] += a.0[at] * b.0[at];
        }
        self
    }

    #[inline(always)]
    fn take_product(mut self, a: Self, b: Self) -> Self {
        for at in 0..LANE {
            self.0[at] -= a.0[at] * b.0[at];
        }
        self
    }
}

/// Asks for a lane that will be needed soon, where the machine can be asked.
#[inline(always)]
pub(super) fn prefetch(lane: &Lane) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: part of every x86-64 processor, and without effect but on caches.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(lane.0.as_ptr().cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = lane;
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

/// Every `unsafe` here is sound where the processor has the instruction set, which [`super::kernels`] sees to before it
/// calls anything that is inlined from here.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{LANE, Lane, Wide};

    /// One register of AVX-512.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512(__m512);

    impl Wide for Avx512 {
        const HELD: usize = LANE;

        #[inline(always)]
        fn load(lane: &Lane) -> Self {
            // SAFETY: a lane is 16 numbers aligned to 64 bytes.
            Avx512(unsafe { _mm512_load_ps(lane.0.as_ptr()) })
        }

        #[inline(always)]
        fn store(self, lane: &mut Lane) {
            // SAFETY: a lane is 16 numbers aligned to 64 bytes.
            unsafe { _mm512_store_ps(lane.0.as_mut_ptr(), self.0) }
        }

        #[inline(always)]
        fn splat(value: f32) -> Self {
            // SAFETY: needs the instruction set only.
            Avx512(unsafe { _mm512_set1_ps(value) })
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: needs the instruction set only.
            Avx512(unsafe { _mm512_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn multiply(self, other: Self) -> Self {
            // SAFETY: needs the instruction set only.
            Avx512(unsafe { _mm512_mul_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn add_product(self, a: Self, b: Self) -> Self {
            // SAFETY: needs the instruction set only.
            Avx512(unsafe { _mm512_fmadd_ps(a.0, b.0, self.0) })
        }

        #[inline(always)]
        fn take_product(self, a: Self, b: Self) -> Self {
            // SAFETY: needs the instruction set only.
            Avx512(unsafe { _mm512_fnmadd_ps(a.0, b.0, self.0) })
        }
    }

    /// Two registers of AVX2.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(__m256, __m256);

    impl Wide for Avx2 {
        const HELD: usize = 4;

        #[inline(always)]
        fn load(lane: &Lane) -> Self {
            // SAFETY: a lane is 16 numbers aligned to 64 bytes.
            unsafe { Avx2(_mm256_load_ps(lane.0.as_ptr()), _mm256_load_ps(lane.0[LANE / 2..].as_ptr())) }
        }

        #[inline(always)]
        fn store(self, lane: &mut Lane) {
            // SAFETY: a lane is 16 numbers aligned to 64 bytes.
            unsafe {
                _mm256_store_ps(lane.0.as_mut_ptr(), self.0);
                _mm256_store_ps(lane.0[LANE / 2..].as_mut_ptr(), self.1);
            }
        }

        #[inline(always)]
        fn splat(value: f32) -> Self {
            // SAFETY: needs the instruction set only.
            unsafe { Avx2(_mm256_set1_ps(value), _mm256_set1_ps(value)) }
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: needs the instruction set only.
            unsafe { Avx2(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
        }

        #[inline(always)]
        fn multiply(self, other: Self) -> Self {
            // SAFETY: needs the instruction set only.
            unsafe { Avx2(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1)) }
        }

        #[inline(always)]
        fn add_product(self, a: Self, b: Self) -> Self {
            // SAFETY: needs the instruction set only.
            unsafe { Avx2(_mm256_fmadd_ps(a.0, b.0, self.0), _mm256_fmadd_ps(a.1, b.1, self.1)) }
        }

        #[inline(always)]
        fn take_product(self, a: Self, b: Self) -> Self {
            // SAFETY: needs the instruction set only.
            unsafe { Avx2(_mm256_fnmadd_ps(a.0, b.0, self.0), _mm256_fnmadd_ps(a.1, b.1, self.1)) }
        }
    }
}
