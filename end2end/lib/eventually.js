// Waiting for something to become true, with a limit and a sentence for when it does not.

import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Calls `probe` until it returns something truthy, and returns that. An error thrown by `probe`
 * counts as "not yet"; the last one is told when time is up.
 * @template T
 * @param {string} what  what is waited for, as the failure will say it
 * @param {() => T | Promise<T>} probe
 * @returns {Promise<NonNullable<T>>}
 */
export async function eventually(what, probe, { timeoutMs = 30_000, everyMs = 100 } = {}) {
  const until = Date.now() + timeoutMs
  let last
  do {
    try {
      const value = await probe()
      if (value) return value
      last = undefined
    } catch (error) {
      last = error
    }
    await sleep(everyMs)
  } while (Date.now() < until)
  throw new Error(`not within ${timeoutMs} ms: ${what}${last ? ` (${last.message})` : ''}`, { cause: last })
}
