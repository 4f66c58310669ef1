//! What is changed before it is signed.

/// Changes of a field: each is refused, or none, for a reason.
pub struct Case<T> {
    pub field: &'static str,
    pub change: &'static str,
    pub all: Vec<T>,
    pub reason: &'static str,
}

pub fn case<T>(
    field: &'static str,
    change: &'static str,
    all: impl IntoIterator<Item = T>,
) -> Case<T> {
    Case {
        field,
        change,
        all: all.into_iter().collect(),
        reason: "",
    }
}

impl<T> Case<T> {
    pub fn accepted(self, reason: &'static str) -> Self {
        Self { reason, ..self }
    }
}

/// Bytes and the place that they are put at.
#[derive(Clone)]
pub struct Put(pub usize, pub Vec<u8>);

impl Put {
    pub fn onto(&self, bytes: &mut [u8]) {
        bytes[self.0..self.0 + self.1.len()].copy_from_slice(&self.1);
    }
}

pub fn put<const N: usize, const M: usize>(at: usize, all: [[u8; M]; N]) -> Vec<Put> {
    all.map(|bytes| Put(at, bytes.to_vec())).to_vec()
}

/// What is there, with each of these bits changed.
pub fn bits(at: usize, honest: &[u8], bits: impl IntoIterator<Item = usize>) -> Vec<Put> {
    let flipped = |bit: usize| {
        let mut bytes = honest.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Put(at, bytes)
    };
    bits.into_iter().map(flipped).collect()
}

/// Each byte of a field changed by a bit; each bit, if it has few of them.
pub fn each(field: &'static str, at: usize, honest: &[u8]) -> Case<Put> {
    match honest.len() {
        ..=8 => case(field, "each bit", bits(at, honest, 0..honest.len() * 8)),
        bytes => case(
            field,
            "each byte",
            bits(at, honest, (0..bytes).map(|n| n * 8 + n % 8)),
        ),
    }
}

/// Every byte is changed by one of them.
pub fn covered<'a>(all: impl IntoIterator<Item = &'a Case<Put>>, total: usize) {
    let puts = all.into_iter().flat_map(|case| &case.all);
    let mut places: Vec<usize> = puts.flat_map(|put| put.0..put.0 + put.1.len()).collect();
    places.sort_unstable();
    places.dedup();
    assert!(places.into_iter().eq(0..total), "bytes that nobody changes");
}
