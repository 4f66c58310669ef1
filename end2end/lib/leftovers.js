// Removes what runs that were cut off left behind: their base images alone are more than a GiB. What
// belongs to a run carries the number of its process, so one that still runs keeps its own.

import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lines } from './command.js'
import { removeImage } from './docker.js'

const FOLDER = /^sealdock-e2e-(\d+)-/
const IMAGE = /^sealdock-e2e-.+:(?:\w+-)?(\d+)$/

function runs(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code !== 'ESRCH'
  }
}

const left = (names, pattern) => names.filter((name) => pattern.test(name) && !runs(Number(name.match(pattern)[1])))

for (const name of left(await readdir(tmpdir()), FOLDER)) await rm(join(tmpdir(), name), { recursive: true, force: true })
const images = await lines('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}']).catch(() => [])
for (const name of left(images, IMAGE)) await removeImage(name)
