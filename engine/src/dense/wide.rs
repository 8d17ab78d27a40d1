//! Sixteen numbers in registers, for each instruction set.

use super::rows::{LANE, Lane};

/// An instruction set that this machine has: whoever has such a value has seen to it, so what is called through it is safe.
/// The methods, and those of its registers, are inlined into functions compiled for it.
pub(super) trait Set: Copy {
    /// A lane in registers, which come only from here.
    type Wide: Wide;
    /// How many of a symmetric matrix's rows the registers hold one lane of, all at once.
    const HELD: usize;
    fn load(self, lane: &Lane) -> Self::Wide;
    fn splat(self, value: f32) -> Self::Wide;
}

/// A lane in registers.
pub(super) trait Wide: Copy {
    fn store(self, lane: &mut Lane);
    fn add(self, other: Self) -> Self;
    fn multiply(self, other: Self) -> Self;
    /// `self + a * b`.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// `self - a * b`.
    fn take_product(self, a: Self, b: Self) -> Self;
}

/// What every machine has.
#[derive(Clone, Copy)]
pub(super) struct Portable;

/// Registers of any machine, as the compiler sees fit.
#[derive(Clone, Copy)]
pub(super) struct Numbers([f32; LANE]);

impl Set for Portable {
    type Wide = Numbers;
    const HELD: usize = 2;

    #[inline(always)]
    fn load(self, lane: &Lane) -> Numbers {
        Numbers(lane.0)
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Numbers {
        Numbers([value; LANE])
    }
}

impl Wide for Numbers {
    #[inline(always)]
    fn store(self, lane: &mut Lane) {
        lane.0 = self.0;
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

/// Every `unsafe` here is sound as there is a value of a set, or of its registers, only where the processor has the set:
/// `detected()` can be called only by functions compiled for it, or where somebody vouches for it.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{LANE, Lane, Set, Wide};

    /// AVX-512.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512(());

    impl Avx512 {
        #[target_feature(enable = "avx512f")]
        pub(in super::super) fn detected() -> Avx512 {
            Avx512(())
        }
    }

    /// One register of AVX-512.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Register(__m512);

    impl Set for Avx512 {
        type Wide = Register;
        const HELD: usize = LANE;

        #[inline(always)]
        fn load(self, lane: &Lane) -> Register {
            // SAFETY: a lane is 16 numbers aligned to 64 bytes.
            Register(unsafe { _mm512_load_ps(lane.0.as_ptr()) })
        }

        #[inline(always)]
        fn splat(self, value: f32) -> Register {
            // SAFETY: needs the instruction set only.
            Register(unsafe { _mm512_set1_ps(value) })
        }
    }

    impl Wide for Register {
        #[inline(always)]
        fn store(self, lane: &mut Lane) {
            // SAFETY: a lane is 16 numbers aligned to 64 bytes.
            unsafe { _mm512_store_ps(lane.0.as_mut_ptr(), self.0) }
        }

        #[inline(always)]
        fn add(self, other: Self) -> Register {
            // SAFETY: needs the instruction set only.
            Register(unsafe { _mm512_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn multiply(self, other: Self) -> Register {
            // SAFETY: needs the instruction set only.
            Register(unsafe { _mm512_mul_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn add_product(self, a: Self, b: Self) -> Register {
            // SAFETY: needs the instruction set only.
            Register(unsafe { _mm512_fmadd_ps(a.0, b.0, self.0) })
        }

        #[inline(always)]
        fn take_product(self, a: Self, b: Self) -> Register {
            // SAFETY: needs the instruction set only.
            Register(unsafe { _mm512_fnmadd_ps(a.0, b.0, self.0) })
        }
    }

    /// AVX2 with fused multiply-add.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(());

    impl Avx2 {
        #[target_feature(enable = "avx2,fma")]
        pub(in super::super) fn detected() -> Avx2 {
            Avx2(())
        }
    }

    /// Two registers of AVX2.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Registers(__m256, __m256);

    impl Set for Avx2 {
        type Wide = Registers;
        const HELD: usize = 4;

        #[inline(always)]
        fn load(self, lane: &Lane) -> Registers {
            // SAFETY: a lane is 16 numbers aligned to 64 bytes.
            unsafe { Registers(_mm256_load_ps(lane.0.as_ptr()), _mm256_load_ps(lane.0[LANE / 2..].as_ptr())) }
        }

        #[inline(always)]
        fn splat(self, value: f32) -> Registers {
            // SAFETY: needs the instruction set only.
            unsafe { Registers(_mm256_set1_ps(value), _mm256_set1_ps(value)) }
        }
    }

    impl Wide for Registers {
        #[inline(always)]
        fn store(self, lane: &mut Lane) {
            // SAFETY: a lane is 16 numbers aligned to 64 bytes.
            unsafe {
                _mm256_store_ps(lane.0.as_mut_ptr(), self.0);
                _mm256_store_ps(lane.0[LANE / 2..].as_mut_ptr(), self.1);
            }
        }

        #[inline(always)]
        fn add(self, other: Self) -> Registers {
            // SAFETY: needs the instruction set only.
            unsafe { Registers(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
        }

        #[inline(always)]
        fn multiply(self, other: Self) -> Registers {
            // SAFETY: needs the instruction set only.
            unsafe { Registers(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1)) }
        }

        #[inline(always)]
        fn add_product(self, a: Self, b: Self) -> Registers {
            // SAFETY: needs the instruction set only.
            unsafe { Registers(_mm256_fmadd_ps(a.0, b.0, self.0), _mm256_fmadd_ps(a.1, b.1, self.1)) }
        }

        #[inline(always)]
        fn take_product(self, a: Self, b: Self) -> Registers {
            // SAFETY: needs the instruction set only.
            unsafe { Registers(_mm256_fnmadd_ps(a.0, b.0, self.0), _mm256_fnmadd_ps(a.1, b.1, self.1)) }
        }
    }
}
