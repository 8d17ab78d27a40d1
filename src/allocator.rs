//! The allocator of the whole program. That of glibc keeps what was freed in pieces, more of it with every hundred thousand
//! requests, and after a flood; jemalloc puts what is alike together and gives the rest back by itself.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::ffi::c_char;

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// What the allocator reads before `main`; the environment's `MALLOC_CONF` goes before it. Few heaps, so that what hundreds
/// of threads free is used again by others; and what nobody used for a second goes back to the system.
// SAFETY: the allocator looks for a pointer to a string of this name, and this is one.
#[unsafe(export_name = "malloc_conf")]
static OPTIONS: Option<&c_char> =
    unsafe { c"narenas:2,background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0".as_ptr().as_ref() };
