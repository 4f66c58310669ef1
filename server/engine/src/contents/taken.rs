//! How much of an artifact was kept so far, held to the limits.

use super::Limits;

/// Counts what is kept, and what a limit left out.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    files: usize,
    bytes: u64,
    pub left_out: u32,
}

impl Taken {
    /// Whether a file of that size is kept; either way it is counted.
    pub fn take(&mut self, size: u64, limits: Limits) -> bool {
        let fits = size <= limits.file_bytes
            && self.files < limits.files
            && self.bytes.saturating_add(size) <= limits.kept_bytes;
        match fits {
            true => (self.files, self.bytes) = (self.files + 1, self.bytes + size),
            false => self.left_out = self.left_out.saturating_add(1),
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p11_what_is_over_a_limit_is_left_out_and_counted() {
        let limits = Limits {
            read_bytes: 0,
            file_bytes: 10,
            files: 3,
            kept_bytes: 15,
        };
        let mut taken = Taken::default();
        let kept: Vec<_> = [10, 11, 6, 5, 0, 0]
            .into_iter()
            .map(|size| taken.take(size, limits))
            .collect();
        assert_eq!(kept, [true, false, false, true, true, false]);
        assert_eq!(taken.left_out, 3);
    }
}
