//! ECDSA has two spellings of every signature: `s`, and the curve's order without `s`.

/// Of P-256.
pub const P256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
/// Of P-384.
pub const P384: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

/// The other spelling; big-endian.
pub fn other(order: &str, s: &[u8]) -> Vec<u8> {
    let order = super::vectors::hex(order.as_bytes());
    let mut borrow = false;
    let mut digits: Vec<u8> = (0..s.len())
        .rev()
        .map(|at| {
            let (once, under) = order[at].overflowing_sub(s[at]);
            let (digit, again) = once.overflowing_sub(borrow.into());
            borrow = under || again;
            digit
        })
        .collect();
    digits.reverse();
    digits
}
