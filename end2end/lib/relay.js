// Somebody in the middle: TLS ends at it, with a key of its own, and whatever is asked is asked of the real address.

import { createServer, request } from 'node:https'
import { selfSigned } from './authority.js'
import { freshDirectory } from './places.js'
import { rm } from 'node:fs/promises'

export class Relay {
  /** What was passed on, and what came back. @type {{path: string, status: number, body: string}[]} */
  passed = []

  /** @param {string} host the name that it takes for its own, and asks for in turn @param {number} port where that really is */
  static async start(host, port) {
    const relay = new Relay()
    relay.folder = await freshDirectory('relay')
    relay.target = { host: '127.0.0.1', port, servername: host, agent: false, rejectUnauthorized: false }
    const { key, chain } = await selfSigned(relay.folder, [host])
    relay.server = createServer({ key, cert: chain }, (asked, answer) => relay.#pass(asked, answer))
    await new Promise((resolve, reject) => relay.server.once('error', reject).listen(0, '127.0.0.1', resolve))
    relay.port = relay.server.address().port
    return relay
  }

  #pass(asked, answer) {
    const { url: path, method, headers } = asked
    const outgoing = request({ ...this.target, path, method, headers }, async (came) => {
      const parts = []
      for await (const part of came) parts.push(part)
      const body = Buffer.concat(parts)
      this.passed.push({ path, status: came.statusCode, body: body.toString() })
      answer.writeHead(came.statusCode, { 'content-length': body.length }).end(body)
    })
    outgoing.once('error', (error) => answer.destroy(error))
    asked.pipe(outgoing)
  }

  async stop() {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
    await rm(this.folder, { recursive: true, force: true })
  }
}
