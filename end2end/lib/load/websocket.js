// A WebSocket client, as small as a test allows: text frames under 126 bytes, one at a time.

import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'

const SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const TEXT = 1
const CLOSE = 8
const LIMIT_MS = 10_000

export class WebSocket {
  #buffer = Buffer.alloc(0)
  #waiting = null
  #ended = null
  /** The other side said goodbye, instead of just going away. */
  closedPolitely = false

  /** Connects and upgrades; `headers` holds the answer's, in lower case. */
  static async open({ port, host, path }) {
    const socket = new WebSocket()
    socket.socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.socket.on('data', (data) => socket.#feed(data))
    socket.socket.on('error', (error) => socket.#end(error))
    socket.socket.on('close', () => socket.#end(new Error('the connection ended')))
    const key = randomBytes(16).toString('base64')
    const lines = [
      `GET ${path} HTTP/1.1`, `Host: ${host}`, 'Upgrade: websocket', 'Connection: Upgrade',
      `Sec-WebSocket-Key: ${key}`, 'Sec-WebSocket-Version: 13', '', '',
    ]
    socket.socket.write(lines.join('\r\n'))
    await socket.#handshake(key)
    return socket
  }

  async #handshake(key) {
    const end = await this.#until(() => this.#buffer.indexOf('\r\n\r\n') + 1)
    const [status, ...lines] = this.#take(end + 3).toString().trimEnd().split('\r\n')
    this.headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
    const accept = createHash('sha1').update(key + SUFFIX).digest('base64')
    if (!status.startsWith('HTTP/1.1 101 ') || this.headers['sec-websocket-accept'] !== accept) {
      this.socket.destroy()
      throw new Error(`no upgrade: ${status}`)
    }
  }

  send(text) {
    const payload = Buffer.from(text)
    const mask = randomBytes(4)
    const masked = payload.map((byte, at) => byte ^ mask[at % 4])
    this.socket.write(Buffer.concat([Buffer.from([0x80 | TEXT, 0x80 | payload.length]), mask, masked]))
  }

  /** The next text, or null once closed. */
  async receive() {
    const opcode = await this.#until(() => this.#frame() && (this.#buffer[0] & 0x0f) + 1) - 1
    const payload = this.#take(this.#frame()).subarray(2)
    if (opcode !== CLOSE) return payload.toString()
    this.closedPolitely = true
    this.close()
    return null
  }

  close() {
    this.socket.end(Buffer.from([0x80 | CLOSE, 0x80, 0, 0, 0, 0]))
  }

  /** The length of the frame at the front, or 0 while it is not whole. */
  #frame() {
    const length = 2 + (this.#buffer[1] & 0x7f)
    return this.#buffer.length >= 2 && this.#buffer.length >= length ? length : 0
  }

  #take(length) {
    const taken = this.#buffer.subarray(0, length)
    this.#buffer = this.#buffer.subarray(length)
    return taken
  }

  #feed(data) {
    this.#buffer = Buffer.concat([this.#buffer, data])
    this.#waiting?.look()
  }

  #end(error) {
    this.#ended ??= error
    this.#waiting?.look()
  }

  #until(probe) {
    return new Promise((resolve, reject) => {
      const settle = (done, value) => {
        clearTimeout(timer)
        this.#waiting = null
        done(value)
      }
      const timer = setTimeout(() => settle(reject, new Error(`no frame within ${LIMIT_MS} ms`)), LIMIT_MS)
      const look = () => {
        const found = probe()
        if (found) settle(resolve, found)
        else if (this.#ended) settle(reject, this.#ended)
      }
      this.#waiting = { look }
      look()
    })
  }
}
