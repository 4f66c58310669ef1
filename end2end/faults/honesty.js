// Whether the status says that an app serves while it does not.

import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../lib/client.js'

const EVERY_MS = 50
const CLAIM = /^Serves from (\d+) instances?\.$/

/**
 * Looks at the route and the status side by side until stopped.
 * @returns {{stop: () => Promise<number>}}  the longest time, in ms, that they contradicted each other
 */
export function watchHonesty(client, app) {
  let stopped = false
  const looking = look()
  return { stop: () => ((stopped = true), looking) }

  async function look() {
    let longestMs = 0
    let since = null
    while (!stopped) {
      since = (await contradicts()) ? (since ?? performance.now()) : null
      if (since !== null) longestMs = Math.max(longestMs, performance.now() - since)
      await sleep(EVERY_MS)
    }
    return longestMs
  }

  async function contradicts() {
    const [view, answer] = await Promise.all([
      client.environment(app.environment),
      ask(client.sealdock, app.host, '/version', { limitMs: 5_000 }).catch(() => ({ status: 0 })),
    ])
    return answer.status !== 200 && CLAIM.test(view.sentence)
  }
}
