//! The hash tree of dm-verity, version 1, without a superblock: behind the data, the top first.
//! <https://docs.kernel.org/admin-guide/device-mapper/verity.html>

use domain::attest::{Hex, Rootfs};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Seek, SeekFrom, Write};

pub const BLOCK: usize = 4096;
const HASH: usize = 32;

/// Of the image alone, so that the same image gives the same tree.
pub fn salt(image: &str) -> [u8; 32] {
    Sha256::digest([b"sealdock-verity-salt-v1\0", image.as_bytes()].concat()).into()
}

/// Hashes all that is in the file, and writes the tree behind it.
pub fn append<F: Read + Write + Seek>(file: &mut F, salt: [u8; 32]) -> io::Result<Rootfs> {
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 || !length.is_multiple_of(BLOCK as u64) {
        return Err(io::Error::other("the data is not in whole blocks"));
    }
    file.rewind()?;
    let blocks = length / BLOCK as u64;
    let mut levels = vec![leaves(file, blocks, &salt)?];
    while let Some(below) = levels.last().filter(|level| level.len() > BLOCK) {
        let above = padded(
            below
                .chunks(BLOCK)
                .flat_map(|block| hash(&salt, block))
                .collect(),
        );
        levels.push(above);
    }
    let top = levels.last().map(Vec::as_slice).unwrap_or_default();
    let root = Hex(match blocks {
        // One block has no tree: its own hash is the root.
        1 => top[..HASH].try_into().map_err(io::Error::other)?,
        _ => hash(&salt, top),
    });
    for level in levels.iter().rev() {
        file.write_all(level)?;
    }
    Ok(Rootfs {
        root,
        salt: Hex(salt),
        blocks,
    })
}

fn leaves(from: &mut impl Read, blocks: u64, salt: &[u8; 32]) -> io::Result<Vec<u8>> {
    let mut all = vec![];
    let mut block = [0; BLOCK];
    for _ in 0..blocks {
        from.read_exact(&mut block)?;
        all.extend(hash(salt, &block));
    }
    Ok(padded(all))
}

fn hash(salt: &[u8; 32], block: &[u8]) -> [u8; HASH] {
    Sha256::new()
        .chain_update(salt)
        .chain_update(block)
        .finalize()
        .into()
}

fn padded(mut level: Vec<u8>) -> Vec<u8> {
    level.resize(level.len().next_multiple_of(BLOCK), 0);
    level
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn tree(blocks: usize) -> (Rootfs, Vec<u8>) {
        let mut file = Cursor::new(vec![7; blocks * BLOCK]);
        let rootfs = append(&mut file, [1; 32]).expect("it is hashed");
        (rootfs, file.into_inner())
    }

    #[test]
    fn i17_every_level_begins_at_a_block_and_the_top_is_one() {
        // 128 hashes fit into a block.
        for (blocks, tree_blocks) in [
            (1, 1),
            (2, 1),
            (128, 1),
            (129, 2 + 1),
            (128 * 128 + 1, 129 + 2 + 1),
        ] {
            assert_eq!(
                tree(blocks).1.len() / BLOCK,
                blocks + tree_blocks,
                "{blocks}"
            );
        }
    }

    #[test]
    fn i17_the_root_changes_with_any_bit_and_with_the_salt() {
        let (plain, _) = tree(130);
        let mut file = Cursor::new(vec![7; 130 * BLOCK]);
        file.get_mut()[129 * BLOCK + 5] ^= 1;
        assert_ne!(
            append(&mut file, [1; 32]).expect("it is hashed").root,
            plain.root
        );
        let mut file = Cursor::new(vec![7; 130 * BLOCK]);
        assert_ne!(
            append(&mut file, [2; 32]).expect("it is hashed").root,
            plain.root
        );
    }

    #[test]
    fn half_a_block_is_refused() {
        assert!(append(&mut Cursor::new(vec![0; 100]), [0; 32]).is_err());
        assert!(append(&mut Cursor::new(vec![]), [0; 32]).is_err());
    }
}
