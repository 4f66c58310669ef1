// Archives as a person would send them, and as nobody should: names and sizes are whatever the
// test says, true or not.

import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { Buffer } from 'node:buffer'

const TAR_BLOCK = 512

/**
 * A zip of these files.
 * @param {Record<string, string | Buffer>} files
 */
export function zip(files) {
  const parts = []
  const central = []
  let offset = 0
  for (const [name, content] of Object.entries(files)) {
    const raw = Buffer.from(content)
    const packed = deflateRawSync(raw)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0) // version needed
    common.writeUInt16LE(8, 4) // deflate
    common.writeUInt32LE(crcOf(raw), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(raw.length, 18)
    common.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, tail, Buffer.from(name)]))
    parts.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(central.length, 8)
  end.writeUInt16LE(central.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, directory, end])
}

/** A tar.gz of these files. */
export function tarGz(files) {
  const entries = Object.entries(files).flatMap(([name, content]) => {
    const raw = Buffer.from(content)
    const padding = Buffer.alloc((TAR_BLOCK - (raw.length % TAR_BLOCK)) % TAR_BLOCK)
    return [tarHeader(name, raw.length), raw, padding]
  })
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * TAR_BLOCK)]))
}

function tarHeader(name, size) {
  const header = Buffer.alloc(TAR_BLOCK)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write('0ustar\x0000', 156, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** Node 20.12 has none of its own in every build. */
function crcOf(bytes) {
  if (crc32) return crc32(bytes)
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
