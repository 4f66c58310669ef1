// The sample app, compiled once per state of its source: the app that the tests deploy.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, readFile, readdir, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { command } from './command.js'
import { ROOT } from './places.js'

const SOURCE = join(ROOT, 'server', 'engine', 'sample', 'hello')
const HOG = join(ROOT, 'end2end', 'lib', 'hog.rs')
const TELLER = join(ROOT, 'end2end', 'lib', 'teller.rs')
const FLAGS = ['--edition=2024', '-Ctarget-feature=+crt-static', '-Copt-level=2', '-Cpanic=abort', '-Cstrip=symbols']

/** The path of a static executable of the app. */
export async function hello() {
  const sources = (await readdir(SOURCE)).sort().map((name) => join(SOURCE, name))
  return compiled('hello', join(SOURCE, 'main.rs'), sources)
}

/** The path of a static executable that tells every secret it is given. */
export const teller = () => compiled('teller', TELLER, [TELLER])

/** The path of a static executable that a build can't want. */
export const hog = () => compiled('hog', HOG, [HOG])

async function compiled(name, main, sources) {
  const folder = join(ROOT, 'target', 'end2end')
  const path = join(folder, `${name}-${await digestOf(sources)}`)
  try {
    await access(path)
  } catch {
    await mkdir(folder, { recursive: true })
    const draft = `${path}.${process.pid}`
    await command('rustc', [...FLAGS, `--crate-name=${name}`, '-o', draft, main], { cwd: ROOT })
    await rename(draft, path) // whole or not at all
  }
  return path
}

async function digestOf(sources) {
  const digest = createHash('sha256')
  for (const path of sources) digest.update(basename(path)).update(await readFile(path))
  return digest.digest('hex').slice(0, 16)
}

/**
 * The app as a plain process, for what needs no container.
 * @param {Record<string, string>} env  its knobs
 */
export async function startHello(env = {}) {
  const child = spawn(await hello(), [], { env: { PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const port = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`hello exited with ${code} before it listened`)))
    lines.on('line', (line) => {
      const listening = /listening on port (\d+)$/.exec(line)
      if (listening) resolve(Number(listening[1]))
    })
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  return { port, url: `http://127.0.0.1:${port}`, exited, stop: (signal = 'SIGTERM') => (child.kill(signal), exited) }
}
