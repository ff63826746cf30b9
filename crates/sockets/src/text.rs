//! Small text files that people write: keys, allow-lists, `suite.toml`.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    path::Path,
};

use crate::{Stop, input::Input};

/// Reads a whole file of at most `bytes_max` bytes, without a byte order mark; also returns the file's metadata.
///
/// It may be a pipe: then the signals that stop a program end the wait for its writer.
///
/// # Errors
/// The file cannot be read, is larger, or is not UTF-8.
pub fn read(path: &Path, bytes_max: u32) -> io::Result<(String, Metadata)> {
    let metadata = fs::metadata(path)?;
    let mut bytes = Vec::new();
    // A device or a pipe may never end.
    let bytes_read_max = u64::from(bytes_max) + 1;
    if metadata.is_file() {
        File::open(path)?.take(bytes_read_max).read_to_end(&mut bytes)?;
    } else {
        let stop = Stop::on_signals().map_err(io::Error::other)?;
        Input::open(path, &stop)?.take(bytes_read_max).read_to_end(&mut bytes)?;
    }
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
