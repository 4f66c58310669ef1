// A new executable is put in place while clients are at it: serve starts anew, and the data plane
// hands its listeners to a successor.

import assert from 'node:assert/strict'
import { copyFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, image, served } from './lib/client.js'
import { buildImage, engineVersion, removeImage, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { startLoad } from './lib/load.js'
import { freshDirectory, SEALDOCK } from './lib/places.js'
import { Sealdock } from './lib/sealdock.js'

const skip = (await engineVersion()) ? false : 'no Docker Engine answers'
const tagOf = (letter) => `sealdock-e2e-upgrade:${letter}-${process.pid}`
const HOST = 'shop.localhost'

describe('an upgrade', { skip, concurrency: 1 }, () => {
  let sealdock, client, newer, installation

  before(async () => {
    for (const letter of ['a', 'b']) await buildImage(tagOf(letter), { version: letter, env: { HELLO_QUIET: '1' } })
    newer = join(await freshDirectory('newer'), 'sealdock')
    await copyFile(SEALDOCK, newer)
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    if (newer) await rm(dirname(newer), { recursive: true, force: true })
    if (installation) await sweep(installation)
    for (const letter of ['a', 'b']) await removeImage(tagOf(letter))
  })

  const proxies = async () =>
    (await sealdock.processes()).filter(({ argv }) => argv[1] === 'proxy').map(({ pid }) => pid)

  it('X-5 the data plane is succeeded under load, no request fails, and updates go on', async () => {
    const { summary } = await client.live('shop', image(tagOf('a')), { health: { path: '/health' }, drain_s: 5 })
    installation = await client.installation(summary.id)
    const [old] = await proxies()
    const load = await startLoad({ port: sealdock.proxyPort, host: HOST })
    await sealdock.kill()
    sealdock.options = { ...sealdock.options, binary: newer }
    await sealdock.serve()
    await eventually('a successor serves', async () => (await proxies()).some((pid) => pid !== old))
    await client.update(summary.environment, { source: image(tagOf('b')) })
    await served(sealdock, HOST, 'b')
    await sleep(500)
    const seen = await load.stop()
    assert.deepEqual(seen.failures, [])
    assert.ok(Object.keys(seen.sequences).includes('a > b'), JSON.stringify(seen.sequences))
    await eventually('the old one has ended', async () => !(await proxies()).includes(old), { timeoutMs: 40_000 })
    assert.equal((await proxies()).length, 1)
  })
})
