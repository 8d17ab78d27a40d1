//! MD5 checksums as they are published beside files. MD5 finds accidents; against forgery there is TLS.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use md5::{Digest, Md5};

/// The checksum of `file` in the output of `md5sum` ("HEX  FILE") or of BSD's `md5` ("MD5 (FILE) = HEX"), in lower
/// case. A checksum without a name is for any file.
pub(super) fn published(text: &str, file: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim();
        let (name, hex) = match line.strip_prefix("MD5 (").and_then(|rest| rest.rsplit_once(") = ")) {
            Some(named) => named,
            None => {
                let (hex, name) = line.split_once(char::is_whitespace).unwrap_or((line, file));
                // An asterisk marks what was read as binary.
                (name.trim().trim_start_matches('*'), hex)
            }
        };
        let name = name.rsplit('/').next().unwrap_or(name);
        let is_checksum = hex.len() == 32 && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        (name == file && is_checksum).then(|| hex.to_ascii_lowercase())
    })
}

/// The checksum of a file's contents, in lower case.
pub(super) fn of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Md5::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hasher.update(&buffer[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn every_customary_way_of_writing_a_checksum_is_read() {
        for text in [
            format!("{HEX}  films.zip\n"),
            format!("{HEX} *films.zip"),
            format!("{}  datasets/films.zip\r\n", HEX.to_uppercase()),
            format!("MD5 (films.zip) = {HEX}\n"),
            format!("{HEX}\n"),
            format!("{}  other.zip\n{HEX}  films.zip\n", "f".repeat(32)),
        ] {
            assert_eq!(published(&text, "films.zip").as_deref(), Some(HEX), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_checksum_of_the_file_is_not_taken_for_one() {
        for text in ["", "<html>gone</html>", "0123  films.zip", "MD5 (films.zip) = ", "zz\u{e9}"] {
            assert_eq!(published(text, "films.zip"), None, "{text:?}");
        }
        assert_eq!(published(&format!("{HEX}  other.zip"), "films.zip"), None);
        assert_eq!(published(&format!("MD5 (other.zip) = {HEX}"), "films.zip"), None);
    }

    #[test]
    fn the_checksum_of_a_file_is_that_of_the_rfc() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "message digest").unwrap();
        // RFC 1321, appendix A.5.
        assert_eq!(of_file(file.path()).unwrap(), "f96b697d7cb7938d525a2f31aaf161d0");
    }
}
