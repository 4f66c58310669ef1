// A door in front of the Engine's socket that can be shut, as a restart of the Engine shuts it.

import { rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { freshDirectory } from './places.js'

const ENGINE = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '')

export class EngineGate {
  static async open() {
    const gate = new EngineGate()
    gate.directory = await freshDirectory('engine-gate')
    gate.path = join(gate.directory, 'docker.sock')
    gate.open = new Set()
    await gate.listen()
    return gate
  }

  get host() {
    return `unix://${this.path}`
  }

  listen() {
    this.server = createServer({ allowHalfOpen: true }, (inner) => {
      const outer = connect({ path: ENGINE, allowHalfOpen: true })
      for (const end of [inner, outer]) {
        this.open.add(end)
        end.on('error', () => {}).on('close', () => {
          this.open.delete(end)
          inner.destroy()
          outer.destroy()
        })
      }
      inner.pipe(outer).pipe(inner)
    })
    return new Promise((resolve) => this.server.listen(this.path, resolve))
  }

  /** Cuts what is open and answers nobody for that long. */
  async restart(ms) {
    this.shut()
    await new Promise((resolve) => setTimeout(resolve, ms))
    await rm(this.path, { force: true })
    await this.listen()
  }

  shut() {
    this.server.close()
    for (const end of this.open) end.destroy()
  }

  async remove() {
    this.shut()
    await rm(this.directory, { recursive: true, force: true })
  }
}
