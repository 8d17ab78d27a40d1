//! Where a span belongs, as it is written: W3C Trace Context, section 3.2.

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

/// `00-TRACE-SPAN-FLAGS`.
pub fn write(of: &SpanContext) -> String {
    format!("00-{}-{}-{:02x}", of.trace_id(), of.span_id(), of.trace_flags().to_u8())
}

/// `None` if it is not one; whoever sent it is not told, as the standard has it.
pub fn read(text: &str) -> Option<SpanContext> {
    let fields = text.as_bytes();
    let is_hex = |range: std::ops::Range<usize>| {
        fields.get(range).is_some_and(|field| field.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
    };
    let dashes = [2, 35, 52].iter().all(|&at| fields.get(at) == Some(&b'-'));
    if !dashes || ![0..2, 3..35, 36..52, 53..55].into_iter().all(is_hex) {
        return None;
    }
    // A later version may go on after a dash; this one may not.
    let ends_here = if &text[..2] == "00" { text.len() == 55 } else { matches!(fields.get(55), None | Some(b'-')) };
    if &text[..2] == "ff" || !ends_here {
        return None;
    }
    let (trace, span) = (TraceId::from_hex(&text[3..35]).ok()?, SpanId::from_hex(&text[36..52]).ok()?);
    let flags = TraceFlags::new(u8::from_str_radix(&text[53..55], 16).ok()?) & TraceFlags::SAMPLED;
    let context = SpanContext::new(trace, span, flags, true, TraceState::default());
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_written_is_read() {
        let context = read(GOOD).unwrap();
        assert!(context.is_sampled() && context.is_remote());
        assert_eq!(write(&context), GOOD);
        assert!(!read(&GOOD.replace("-01", "-00")).unwrap().is_sampled());
    }

    #[test]
    fn what_is_none_is_passed_over_wherever_it_breaks_off() {
        for length in 0..GOOD.len() {
            assert_eq!(read(&GOOD[..length]), None, "{length}");
        }
        for bad in [
            &GOOD.replace('4', "G"),
            &GOOD.to_uppercase(),
            &GOOD.replacen("00", "ff", 1),
            &format!("{GOOD}-more"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &"é".repeat(55),
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        assert!(read(&format!("{}-more", GOOD.replacen("00", "01", 1))).is_some());
        assert!(read(&format!("{}more", GOOD.replacen("00", "01", 1))).is_none());
    }
}
