//! What the guest's kernel is told. All of it is measured, and through it everything else.

use domain::attest::{Digest, Rootfs};

/// `no_timer_check`: a host with much to do is late with the first ticks of a machine in software, and
/// the kernel takes that for a broken timer.
pub fn line(rootfs: &Rootfs, config: &Digest, debug: bool) -> String {
    let debug = if debug { " tee.debug=1" } else { "" };
    format!(
        "console=ttyS0 quiet panic=-1 no_timer_check tee.root={} tee.salt={} tee.blocks={} tee.fs=squashfs tee.config={config}{debug}",
        rootfs.root, rootfs.salt, rootfs.blocks
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::attest::Hex;
    use expect_test::expect;

    /// The kernel's limit on x86, with its NUL. Everything in the line has a fixed length.
    const MOST: usize = 2048;

    #[test]
    fn i18_a_debug_line_is_never_productions() {
        let rootfs = Rootfs {
            root: Hex([1; 32]),
            salt: Hex([2; 32]),
            blocks: 7,
        };
        let plain = line(&rootfs, &Hex([3; 32]), false);
        expect!["console=ttyS0 quiet panic=-1 no_timer_check tee.root=0101010101010101010101010101010101010101010101010101010101010101 tee.salt=0202020202020202020202020202020202020202020202020202020202020202 tee.blocks=7 tee.fs=squashfs tee.config=0303030303030303030303030303030303030303030303030303030303030303"].assert_eq(&plain);
        let debug = line(&rootfs, &Hex([3; 32]), true);
        assert_eq!(debug, format!("{plain} tee.debug=1"));
        assert!(debug.len() < MOST);
    }
}
