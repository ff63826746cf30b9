//! Small text files that people write: keys, allow-lists, `suite.toml`.

use std::{
    fs::{File, Metadata},
    io::{self, Read as _},
    path::Path,
};

/// Reads a whole file of at most `bytes_max` bytes, without a byte order mark; returns what the system says about the
/// very file that was read as well.
///
/// # Errors
/// The file cannot be read, is larger, or is not UTF-8.
pub fn read(path: &Path, bytes_max: u32) -> io::Result<(String, Metadata)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let mut bytes = Vec::new();
    // A device or a pipe may never end.
    file.take(u64::from(bytes_max) + 1).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max as usize {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {bytes_max} bytes")));
    }
    let mut text =
        String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8 text"))?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok((text, metadata))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_text_and_a_file_without_end_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        fs::write(&path, "\u{feff}ada").unwrap();
        assert_eq!(read(&path, 100).unwrap().0, "ada");
        assert_eq!(read(Path::new("/dev/zero"), 100).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        fs::write(&path, [0xff]).unwrap();
        assert_eq!(read(&path, 100).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
