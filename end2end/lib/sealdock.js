// A Sealdock of our own: fresh data, free ports, and no mercy.

import { spawn } from 'node:child_process'
import { readFile, readdir, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { labelled } from './docker.js'
import { eventually } from './eventually.js'
import { freePort, freshDirectory, SEALDOCK } from './places.js'
import { running } from './tee.js'

const MAX_KEPT_LINES = 20_000

export class Sealdock {
  /** What it printed, newest last; shown when a start fails. @type {string[]} */
  output = []

  /**
   * Starts with an empty data directory.
   * @param {{env?: Record<string, string>, args?: string[], binary?: string, data?: string}} [options]
   *   `data`: an empty directory of the test's own
   */
  static async start(options = {}) {
    const sealdock = new Sealdock()
    sealdock.options = options
    sealdock.data = options.data ?? (await freshDirectory('data'))
    sealdock.port = await freePort()
    sealdock.proxyPort = await freePort()
    sealdock.before = new Set(await labelled().catch(() => []))
    await sealdock.serve()
    return sealdock
  }

  get url() {
    return `http://127.0.0.1:${this.port}`
  }

  /** Where an app answers, as a browser would ask for it. */
  appUrl(host, path = '/') {
    return `http://${host}:${this.proxyPort}${path}`
  }

  /** Starts the control plane, again if need be, on the same data and ports. */
  async serve() {
    const { args = [], env = {}, binary = SEALDOCK } = this.options
    const address = (port) => `127.0.0.1:${port}`
    const flags = ['--data', this.data, '--listen', address(this.port), '--proxy-listen', address(this.proxyPort)]
    this.child = spawn(binary, ['serve', ...flags, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { child } = this
    this.exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))
    let failure
    child.once('error', (error) => (failure = error))
    for (const stream of [child.stdout, child.stderr]) this.#keep(stream)
    try {
      await eventually('serve answers', () => this.#answers(failure), { timeoutMs: 30_000, everyMs: 25 })
    } catch (error) {
      await this.destroy()
      throw new Error(`${error.message}\n${this.output.slice(-50).join('\n')}`, { cause: error })
    }
  }

  async #answers(failure) {
    if (failure) throw failure
    if (this.child.exitCode !== null) throw new Error(`serve exited with ${this.child.exitCode}`)
    const answer = await fetch(`${this.url}/healthz`, { redirect: 'manual' })
    return answer.ok
  }

  #keep(stream) {
    let rest = ''
    stream.setEncoding('utf8').on('data', (text) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop()
      this.output.push(...parts)
      this.output.splice(0, this.output.length - MAX_KEPT_LINES)
    })
  }

  /** The one-time link that makes the first owner, as printed. */
  setupLink() {
    const find = () => /https?:\/\/\S+\/setup\?token=\S+/.exec(this.output.join('\n'))?.[0]
    return eventually('the set-up link is printed', find, { timeoutMs: 5_000 })
  }

  /** kill -9 of the control plane alone; what else it started lives on. */
  async kill() {
    this.child.kill('SIGKILL')
    await this.exited
  }

  /** SIGTERM, as a service manager would; resolves to the exit code. */
  async terminate() {
    this.child.kill('SIGTERM')
    return this.exited
  }

  /** Processes that name our data directory, as {pid, argv}: the data plane survives the control plane. */
  async processes() {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    const read = async (pid) => ({ pid: Number(pid), argv: (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0') })
    const found = await Promise.allSettled(pids.map(read))
    const ours = ({ argv }) => argv.some((word) => word.includes(this.data))
    return found.filter(({ status }) => status === 'fulfilled').map(({ value }) => value).filter(ours)
  }

  /** The data plane's process id. */
  proxyPid() {
    const find = async () => (await this.processes()).find(({ argv }) => argv[1] === 'proxy')?.pid
    return eventually('the proxy runs', find, { timeoutMs: 10_000 })
  }

  /** What Sealdock made in the Engine since this one started and did not remove. */
  async leftovers() {
    return (await labelled()).filter((line) => !this.before.has(line))
  }

  /** Ends everything and forgets the data. */
  async destroy() {
    const left = async () => [...(await this.processes()), ...(await running(this.data))]
    for (const signal of ['SIGTERM', 'SIGKILL']) {
      for (const { pid } of await left()) tryKill(pid, signal)
      for (let waited = 0; waited < 50 && (await left()).length; waited++) await sleep(100)
    }
    await rm(this.data, { recursive: true, force: true })
  }
}

function tryKill(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself in the meantime.
  }
}
