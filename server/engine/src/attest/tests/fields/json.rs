//! Where the members of a JSON object lie in its text.

use super::{Field, complete};

/// Each member of the outermost object, with the sign behind it.
pub fn members(text: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = vec![];
    let (mut depth, mut quoted, mut from) = (0, false, 0);
    for (at, byte) in text.bytes().enumerate() {
        assert!(byte != b'\\', "an escape, which is not read here");
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        let ends = !quoted && (byte == b',' && depth == 1 || depth == 0);
        if ends {
            let name = text[from..at].split('"').nth(1).unwrap();
            fields.push(Field::new(name, from..at + 1));
            from = at + 1;
        }
    }
    complete(&fields, text.len());
    fields
}
