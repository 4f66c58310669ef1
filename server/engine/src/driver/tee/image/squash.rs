//! One squashfs of a tree: sorted, without times, compressed by a compressor that has no choices.

use super::merge::{Kind, Node, Tree};
use super::verity::BLOCK;
use backhand::compression::{CompressionOptions, Compressor, Lz4};
use backhand::{BackhandError, FilesystemCompressor, FilesystemWriter, NodeHeader};
use std::io::{self, Seek, Write};
use std::path::Path;

/// In blocks of it files are compressed.
const PIECE: u32 = 128 * 1024;

pub fn write<F: Write + Seek>(tree: &Tree, into: &mut F) -> io::Result<()> {
    let mut writer = FilesystemWriter::default();
    // The only version that there is, and not the slower search.
    let options = CompressionOptions::Lz4(Lz4 {
        version: 1,
        flags: 0,
    });
    let lz4 = FilesystemCompressor::new(Compressor::Lz4, Some(options)).map_err(failed)?;
    writer.set_compressor(lz4);
    writer.set_block_size(PIECE);
    writer.set_time(0);
    writer.set_kib_padding((BLOCK / 1024) as u32);
    for (path, node) in tree {
        match path.as_os_str().is_empty() {
            true => root(&mut writer, node),
            false => push(&mut writer, path, node).map_err(failed)?,
        }
    }
    writer.write(&mut *into).map_err(failed)?;
    pad(into)
}

fn root(writer: &mut FilesystemWriter<'_, '_, '_>, node: &Node) {
    writer.set_root_mode(node.mode);
    writer.set_root_uid(node.uid);
    writer.set_root_gid(node.gid);
}

fn push(
    writer: &mut FilesystemWriter<'_, '_, '_>,
    path: &Path,
    node: &Node,
) -> Result<(), BackhandError> {
    let header = NodeHeader::new(node.mode, node.uid, node.gid, 0);
    match &node.kind {
        Kind::Folder => writer.push_dir(path, header),
        Kind::File(part) => writer.push_file(part.clone(), path, header),
        Kind::Link(target) => writer.push_symlink(target.clone(), path, header),
        Kind::CharDevice(device) => writer.push_char_device(*device, path, header),
        Kind::BlockDevice(device) => writer.push_block_device(*device, path, header),
        Kind::Pipe => writer.push_fifo(path, header),
    }
}

fn pad<F: Write + Seek>(into: &mut F) -> io::Result<()> {
    let end = into.seek(io::SeekFrom::End(0))?;
    let missing = end.next_multiple_of(BLOCK as u64) - end;
    into.write_all(&vec![0; missing as usize])
}

fn failed(error: BackhandError) -> io::Error {
    io::Error::other(format!("the file system can't be written: {error:?}"))
}
