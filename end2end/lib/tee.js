// What confidential machines are made from on this machine, and what is left of them afterwards.

import { access, readdir, readlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

const FIRMWARE = ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/edk2/ovmf/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_CODE.fd']
const PROGRAMS = ['qemu-system-x86_64', 'swtpm']

/** Where `./setup tee` puts it. */
export const KIT = join(process.env.SEALDOCK_TOOLS ?? join(homedir(), '.cache', 'sealdock', 'tools'), 'tee')

const exists = (path) => access(path).then(() => true, () => false)
const one = async (paths) => (await Promise.all(paths.map(exists))).some(Boolean)

/** Why no machine can be started here; false when one can. */
export async function noMachines() {
  const missing = []
  for (const program of PROGRAMS) {
    const places = process.env.PATH.split(':').map((folder) => join(folder, program))
    if (!(await one(places))) missing.push(program)
  }
  if (!(await one(FIRMWARE))) missing.push('OVMF')
  for (const part of ['agent', 'vmlinuz', 'modules']) if (!(await exists(join(KIT, part)))) missing.push(join(KIT, part))
  return missing.length ? `./setup tee has not been run: ${missing.join(', ')} is missing` : false
}

/** Names of the programs that run inside this folder: QEMU and its TPM have relative paths alone. */
export async function running(folder) {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const inside = await Promise.all(pids.map(async (pid) => {
    const [where, program] = await Promise.all([readlink(`/proc/${pid}/cwd`), readlink(`/proc/${pid}/exe`)]).catch(() => [])
    return where?.startsWith(folder) ? { pid: Number(pid), program: program.split('/').at(-1) } : null
  }))
  return inside.filter(Boolean)
}
