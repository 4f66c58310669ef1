//! From bytes to text that a YAML scanner can be trusted with.

use super::error::{Fault, Position};

/// A larger file is refused unread.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

pub(super) fn of(bytes: &[u8]) -> Result<&str, (Position, Fault)> {
    if bytes.len() > MAX_FILE_BYTES {
        let fault = Fault::new(
            "the file is longer than 1 MiB",
            "move data out of the configuration",
        );
        return Err((Position::of_byte(bytes, MAX_FILE_BYTES), fault));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let fault = Fault::new("the file is not UTF-8 text", "save it as UTF-8");
        (Position::of_byte(bytes, e.valid_up_to()), fault)
    })?;
    // A NUL ends the scanner's input: what follows would be ignored in silence.
    match text
        .char_indices()
        .find(|(_, c)| c.is_control() && !"\t\n\r".contains(*c))
    {
        Some((offset, c)) => {
            let problem = format!("the file holds the control character U+{:04X}", c as u32);
            Err((
                Position::of_byte(bytes, offset),
                Fault::new(
                    problem,
                    "remove it, or write it as an escape in double quotes",
                ),
            ))
        }
        None => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
    }
}
