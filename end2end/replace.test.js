// Two versions that can't run side by side: requests wait in the gap where that is wanted, and a new
// version that fails leaves it to a person what starts next.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeImage, removeBase } from './lib/base-image.js'
import { launch, openPage, screenshots, signedIn } from './lib/browser.js'
import { ask, Client, containerName, image, served } from './lib/client.js'
import { lines } from './lib/command.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { freePort } from './lib/places.js'
import { Sealdock } from './lib/sealdock.js'

const BASE = 'sealdock-test/replace-base:1'
const APP = `if (process.env.KEY === 'wrong') { console.log('the key is wrong'); process.exit(3) }
setTimeout(() => require('http').createServer((q, a) => a.end(process.env.GREETING)).listen(process.env.PORT), 1500)`
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('an update that stops the old version first', { skip, concurrency: 1 }, () => {
  let sealdock, client, installation, production, project, config, browser, failed, before_

  before(async () => {
    await nodeImage(BASE)
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    config = {
      command: ['node', '-e', APP], drain_s: 1, env: { GREETING: 'one' },
      exclusive: [`port:${await freePort()}`], health: { timeout_s: 15 },
    }
    const first = await client.live('web', image(BASE), config)
    ;({ project, environment: production } = first.summary)
    installation = await client.installation(first.summary.id)
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
    await removeBase(BASE)
  })

  /** Asks again and again, each time a new request, until it is told to stop; then every answer. */
  const asking = () => {
    const asked = []
    const timer = setInterval(() => {
      const at = performance.now()
      asked.push(ask(sealdock, 'web.localhost', '/', { limitMs: 40_000 }).then(
        ({ status, headers, body }) => ({ status, body, after: headers['retry-after'], ms: performance.now() - at }),
        (error) => ({ status: 0, body: error.message }),
      ))
    }, 100)
    return async () => {
      clearInterval(timer)
      return Promise.all(asked)
    }
  }
  const updated = (update) => client.updated(production, { config: { ...config, ...update } }, 'yes')
  const containers = async (id) => (await lines('docker', ['ps', '--all', '--format', '{{.Names}}'])).filter((name) => name === containerName(id)).length

  it('I-9 with max_hold_s no request of the gap fails: each waits for the new version', async () => {
    const stop = asking()
    await updated({ env: { GREETING: 'two' }, max_hold_s: 20 })
    await served(sealdock, 'web.localhost', 'two', { path: '/' })
    const answers = await stop()
    assert.deepEqual(answers.filter(({ status }) => status !== 200), [])
    assert.deepEqual([...new Set(answers.map(({ body }) => body))], ['one', 'two'])
    const waited = answers.filter(({ ms }) => ms > 1_000)
    assert.ok(waited.length > 5, `only ${waited.length} of ${answers.length} waited`)
    assert.deepEqual([...new Set(waited.map(({ body }) => body))], ['two'])
  })

  it('I-9 at the limit it is answered 503 with Retry-After, and without max_hold_s at once', async () => {
    for (const [greeting, max_hold_s] of [['three', 1], ['four', 0]]) {
      const stop = asking()
      await updated({ env: { GREETING: greeting }, max_hold_s })
      await served(sealdock, 'web.localhost', greeting, { path: '/' })
      const gap = (await stop()).filter(({ status }) => status !== 200)
      assert.ok(gap.length > 5, `${gap.length} in the gap`)
      for (const { status, after, ms } of gap) {
        assert.deepEqual([status, /^\d+$/.test(after)], [503, true])
        assert.ok(max_hold_s === 1 ? ms > 900 && ms < 5_000 : ms < 900, `${max_hold_s} s: answered after ${ms} ms`)
      }
    }
  })

  it('I-9 the file’s field is strict', async () => {
    const { problem } = await client.refused('POST', `/v2/environments/${production}/update/plan`, { config: { max_hold_s: 61 } })
    assert.match(problem.detail, /max_hold_s.* cannot be 61/)
  })

  it('I-9 a new version that fails leaves it Failed, with both ways out, and starts nothing', async () => {
    await client.post('/v2/secrets', { name: 'KEY', value: 'wrong' })
    before_ = (await client.environment(production)).active.id
    const update = { config: { ...config, env: { GREETING: 'five' }, secrets: ['KEY'] } }
    const { summary } = await client.update(production, update, 'yes')
    failed = summary.id
    const owner = await signedIn(browser, client)
    const page = await openPage(owner)
    await page.goto(`/deployments/${failed}`)
    const phase = (name, word) => page.getByRole('list', { name: 'Replacement' }).getByRole('listitem')
      .filter({ hasText: name }).filter({ hasText: word }).waitFor()
    await phase('Stopping the old deployment', 'Under way.')
    await screenshots(owner, 'replacing', `${sealdock.url}/deployments/${failed}`)
    await phase('Deploying the new one', 'Failed.')
    await phase('Stopping the old deployment', 'Done.')
    const view = await eventually('it is Failed', async () => {
      const now = await client.environment(production)
      return now.status === 'Failed' && now
    })
    assert.deepEqual([view.retry, view.redeploy, view.active], [failed, before_, null])
    await eventually('the old one is gone', async () => (await containers(before_)) === 0)
    await sleep(4_000)
    assert.deepEqual([await containers(before_), await containers(failed)], [0, 0], 'something was started')
    assert.equal((await ask(sealdock, 'web.localhost', '/')).status, 404)
  })

  it('I-9 Redeploy opens the form with the previous version, Retry runs the failed one once its cause is gone', async () => {
    const context = await signedIn(browser, client, { viewport: { width: 1440, height: 900 } })
    const page = await openPage(context)
    await screenshots(context, 'failed-replace', `${sealdock.url}/projects/${project}`)
    await screenshots(context, 'failed-replace-deployment', `${sealdock.url}/deployments/${failed}`)
    await page.goto(`/deployments/${failed}`)
    await page.getByRole('link', { name: 'Redeploy' }).click()
    await page.waitForURL(`**/versions?of=${before_}`)
    await page.getByRole('region', { name: 'Plan' }).getByRole('button', { name: /^Roll back to/ }).waitFor()
    // A secret's new value is what the next deployment is given.
    await client.post('/v2/secrets', { name: 'KEY', value: 'right' })
    await page.goto(`/projects/${project}`)
    await page.getByText('nothing starts by itself').waitFor()
    await page.getByRole('link', { name: 'Retry', exact: true }).click()
    await page.waitForURL(`**/versions?of=${failed}`)
    await page.getByRole('region', { name: 'Plan' }).getByRole('button', { name: /^Retry / }).click()
    await page.waitForURL(/\/deployments\/dep_/)
    await page.locator('.verdict').getByText('Completed', { exact: true }).first().waitFor({ timeout: 60_000 })
    await served(sealdock, 'web.localhost', 'five', { path: '/' })
    const view = await client.environment(production)
    assert.deepEqual([view.retry ?? null, view.redeploy ?? null], [null, null])
    assert.equal(view.active.trigger, 'retry')
    assert.deepEqual(page.faults, [])
  })

  it('I-9 the command line does the same, a viewer does not, and what did not fail is not tried again', async () => {
    const none = await client.cli('retry', 'web')
    assert.equal(none.code, 3)
    assert.match(none.stderr, /did not fail, so there is nothing to try again/)
    await client.post('/v2/secrets', { name: 'KEY', value: 'wrong' })
    const broken = (await client.update(production, { config: { ...config, env: { GREETING: 'six' }, secrets: ['KEY'] } }, 'yes')).summary.id
    await eventually('it is Failed', async () => (await client.environment(production)).status === 'Failed')
    await client.post('/v2/secrets', { name: 'KEY', value: 'right' })
    const { token } = await client.post('/v2/tokens', { name: 'viewer', role: 'viewer' })
    const viewer = new Client(sealdock, token)
    const { status } = await viewer.refused('POST', `/v2/environments/${production}/update/plan`, { reuse: { deployment: broken } })
    assert.equal(status, 403)
    const done = await client.cli('retry', 'web', '--yes')
    assert.equal(done.code, 0, done.stderr)
    await served(sealdock, 'web.localhost', 'six', { path: '/' })
    const { items } = await client.get(`/v2/events?project=${project}`)
    assert.ok(items.length > 0)
  })
})
