// A WebSocket by hand: with any header, which a browser's own does not let a script choose.

import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { eventually } from './eventually.js'

const [TEXT, BINARY, CLOSE] = [1, 2, 8]

export class Socket {
  /** Everything printed so far, and the last message of the server. */
  printed = ''
  last = null
  closed = false
  #rest = Buffer.alloc(0)

  /** Resolves to a socket, or to `{status, problem}` of the answer that refused it. */
  static open(url, headers) {
    const key = randomBytes(16).toString('base64')
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key }
    return new Promise((resolve, reject) => {
      const asked = request(url, { headers: { ...upgrade, ...headers } })
      asked.once('upgrade', (_, stream, head) => resolve(new Socket(stream, head)))
      asked.once('response', async (answer) => {
        let body = ''
        for await (const part of answer) body += part
        resolve({ status: answer.statusCode, problem: JSON.parse(body) })
      })
      asked.once('error', reject).end()
    })
  }

  constructor(stream, head) {
    this.stream = stream
    stream.on('data', (bytes) => this.#read(bytes)).on('close', () => (this.closed = true)).on('error', () => {})
    this.#read(head)
  }

  #read(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes])
    for (let frame; (frame = frameOf(this.#rest)); ) {
      this.#rest = this.#rest.subarray(frame.size)
      if (frame.kind === BINARY) this.printed += frame.payload.toString()
      if (frame.kind === TEXT) this.last = JSON.parse(frame.payload.toString())
      if (frame.kind === CLOSE) this.stream.end()
    }
  }

  type(text) {
    this.#send(BINARY, Buffer.from(text))
  }

  say(message) {
    this.#send(TEXT, Buffer.from(JSON.stringify(message)))
  }

  #send(kind, payload) {
    const mask = randomBytes(4)
    const size = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255]
    const masked = payload.map((byte, i) => byte ^ mask[i % 4])
    this.stream.write(Buffer.concat([Buffer.from([0x80 | kind, ...size]), mask, masked]))
  }

  prints(text, { timeoutMs = 15_000 } = {}) {
    return eventually(`it prints ${text}`, () => this.printed.includes(text), { timeoutMs, everyMs: 20 })
      .catch((error) => { throw new Error(`${error.message}; it printed ${JSON.stringify(this.printed)}, and last ${JSON.stringify(this.last)}`) })
  }

  ends({ timeoutMs = 15_000 } = {}) {
    return eventually('it says how it ended', () => this.last, { timeoutMs, everyMs: 20 })
  }

  leave() {
    this.stream.destroy()
  }
}

/** Servers mask nothing. */
function frameOf(bytes) {
  if (bytes.length < 2) return null
  const [short, wide] = [bytes[1] & 127, { 126: 2, 127: 8 }[bytes[1] & 127] ?? 0]
  if (bytes.length < 2 + wide) return null
  const length = wide === 0 ? short : wide === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  const size = 2 + wide + length
  if (bytes.length < size) return null
  return { kind: bytes[0] & 15, payload: bytes.subarray(2 + wide, size), size }
}
