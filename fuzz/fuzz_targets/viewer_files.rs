#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| cineswarm_fuzz::viewer_files::run(input));
