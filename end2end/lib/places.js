// Where things are: the tree, the binary, folders and ports of our own.

import { mkdtemp, realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const HERE = dirname(dirname(fileURLToPath(import.meta.url)))
export const ROOT = dirname(HERE)
export const SCREENSHOTS = process.env.SEALDOCK_SCREENSHOTS ?? join(HERE, 'screenshots')

const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target')

/** What is tested: SEALDOCK_BIN, or what `cargo leptos build` left. */
export const SEALDOCK = process.env.SEALDOCK_BIN ?? join(TARGET, 'debug', 'sealdock')

export async function freshDirectory(name) {
  return realpath(await mkdtemp(join(tmpdir(), `sealdock-e2e-${process.pid}-${name}-`)))
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort() {
  const server = createServer()
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
