// The kinds of client. Each is a loop until `signal` is aborted; what goes wrong is recorded
// and never thrown, because the next request must be made whatever became of the last.

import { Agent, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from './websocket.js'

const REQUEST_LIMIT_MS = 15_000
const POST_PARTS = 8
const POST_PART = Buffer.alloc(8 * 1024, 'x')
const POST_PART_EVERY_MS = 60
const MESSAGE_EVERY_MS = 100

/** Sends a request and resolves to the response, its body still to come. */
function send({ port, host, path, tls, method = 'GET', agent, headers = {} }, write = (outgoing) => outgoing.end()) {
  return new Promise((resolve, reject) => {
    // Whose key it is has been verified by whoever asks for this kind of load.
    const secured = tls && { servername: host, rejectUnauthorized: false }
    const outgoing = (tls ? secureRequest : request)({ port, host: '127.0.0.1', path, method, agent, headers: { host, ...headers }, ...secured })
    outgoing.setTimeout(REQUEST_LIMIT_MS, () => outgoing.destroy(new Error(`silent for ${REQUEST_LIMIT_MS} ms`)))
    outgoing.once('response', resolve).once('error', reject)
    write(outgoing)
  })
}

async function text(response) {
  const parts = []
  for await (const part of response) parts.push(part)
  return Buffer.concat(parts).toString()
}

/** The version that answered; anything but a whole, expected answer is an error. */
async function answered(response, expected) {
  const body = await text(response)
  const version = response.headers['x-hello-version']
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}: ${body.slice(0, 80)}`)
  if (!expected(body, version)) throw new Error(`unexpected body: ${body.slice(0, 80)}`)
  return version
}

/** A loop of short requests. */
async function repeat(target, record, signal, kind, client, once) {
  while (!signal.aborted) {
    const started = Date.now()
    try {
      record.saw(client, kind, await once())
    } catch (error) {
      record.fail(kind, error)
    }
    record.took(Date.now() - started)
    await sleep(target.pauseMs)
  }
}

const isVersion = (body, version) => body === version

export async function keepAlive(target, record, signal, client) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const once = async () => answered(await send({ ...target, path: '/version', agent }), isVersion)
  await repeat(target, record, signal, 'keepAlive', client, once)
  agent.destroy()
}

export function fresh(target, record, signal, client) {
  const headers = { connection: 'close' }
  const once = async () => answered(await send({ ...target, path: '/version', agent: false, headers }), isVersion)
  return repeat(target, record, signal, 'fresh', client, once)
}

/** A body that takes half a second to arrive, so that a switch always meets one half-way. */
export function post(target, record, signal, client) {
  const length = POST_PARTS * POST_PART.length
  const write = async (outgoing) => {
    for (let part = 0; part < POST_PARTS && !outgoing.destroyed; part++) {
      outgoing.write(POST_PART)
      await sleep(POST_PART_EVERY_MS)
    }
    outgoing.end()
  }
  const options = { ...target, path: '/count', method: 'POST', agent: false, headers: { 'content-length': length } }
  const once = async () => answered(await send(options, write), (body) => body === `${length}\n`)
  return repeat({ pauseMs: 0 }, record, signal, 'post', client, once)
}

/** One event stream after another; each is of one version from its first event to its last. */
export async function sse(target, record, signal, client) {
  while (!signal.aborted) {
    try {
      const response = await send({ ...target, path: '/sse?n=100000&ms=50', agent: false })
      if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}: ${(await text(response)).slice(0, 80)}`)
      await events(response, record, signal, client)
    } catch (error) {
      record.fail('sse', error)
      await sleep(target.pauseMs)
    }
  }
}

async function events(response, record, signal, client) {
  const stop = () => response.destroy()
  signal.addEventListener('abort', stop, { once: true })
  let mixed
  response.setEncoding('utf8').on('data', (data) => {
    for (const [, version] of data.matchAll(/^data: (.*)$/gm)) {
      record.saw(client, 'sse', version)
      if (version !== response.headers['x-hello-version']) mixed = version
    }
  })
  await new Promise((resolve) => response.once('end', resolve).once('error', resolve).once('close', resolve))
  signal.removeEventListener('abort', stop)
  if (mixed) throw new Error(`${mixed} in a stream of ${response.headers['x-hello-version']}`)
  if (!response.complete && !signal.aborted) record.cut('sse')
}

/** One WebSocket after another, a message at a time. */
export async function websocket(target, record, signal, client) {
  while (!signal.aborted) {
    let socket
    try {
      socket = await WebSocket.open({ ...target, path: '/ws' })
    } catch (error) {
      record.fail('websocket', error)
      await sleep(target.pauseMs)
      continue
    }
    await chat(socket, record, signal, client)
  }
}

async function chat(socket, record, signal, client) {
  try {
    for (let number = 0; !signal.aborted; number++) {
      const sent = `message ${number}`
      socket.send(sent)
      const echoed = await socket.receive()
      if (echoed === null) return
      if (echoed !== sent) record.fail('websocket', new Error(`"${sent}" came back as "${echoed}"`))
      record.saw(client, 'websocket', socket.headers['x-hello-version'])
      await sleep(MESSAGE_EVERY_MS)
    }
    socket.close()
  } catch {
    record.cut('websocket')
  }
}
