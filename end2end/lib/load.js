// Load on one app through the proxy, from a process of its own so that a busy test never
// stalls it. Bounded: it ends by itself after `maxSeconds`, and only ever asks 127.0.0.1.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const WORKER = fileURLToPath(new URL('./load/worker.js', import.meta.url))

/**
 * @typedef {object} Summary
 * @property {number} seconds
 * @property {Record<string, number>} answered  by kind of client
 * @property {number} failed  requests that a person would have seen fail
 * @property {string[]} failures  the first of them, with what happened and when
 * @property {Record<string, number>} cuts  streams that broke off instead of ending
 * @property {Record<string, number>} sequences  versions in the order a client saw them, as
 *   `v1 > v2`, and how many clients saw exactly that
 * @property {number} slowestMs  the longest that a short request took
 */

/**
 * Starts and returns once every kind of client was answered at least once.
 * @param {object} options
 * @param {number} options.port  the proxy's
 * @param {string} options.host  the app's
 * @param {boolean} [options.tls]  for `fresh` and `post` clients
 * @param {Partial<Record<'keepAlive' | 'fresh' | 'post' | 'sse' | 'websocket', number>>} [options.clients]
 * @returns {Promise<{stop: () => Promise<Summary>}>}
 */
export async function startLoad({ port, host, tls = false, clients = {}, pauseMs = 10, maxSeconds = 180 }) {
  const wanted = { keepAlive: 64, fresh: 4, post: 2, sse: 4, websocket: 4, ...clients }
  const worker = fork(WORKER, [JSON.stringify({ port, host, tls, clients: wanted, pauseMs, maxSeconds })])
  const summary = new Promise((resolve, reject) => {
    worker.on('message', (message) => message.summary && resolve(message.summary))
    worker.once('exit', (code) => reject(new Error(`the load generator exited with ${code}`)))
  })
  summary.catch(() => {}) // Told where it is awaited.
  await Promise.race([summary, new Promise((resolve) => worker.on('message', (message) => message.warm && resolve()))])
  const stop = () => {
    if (worker.connected) worker.send('stop')
    return summary
  }
  return { stop }
}
