// Stop, start, restart (I-13): a person ends what serves, its address says so, and it comes back
// without a build. A push, a restart of the control plane and a kill -9 start nothing by themselves.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { looked, launch, openPage, signedIn } from './lib/browser.js'
import { ask, Client, containerName, git, served } from './lib/client.js'
import { lines } from './lib/command.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { startLoad } from './lib/load.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const HOST = 'web.localhost'
const CONFIG = 'health:\n  path: /health\n  timeout_s: 8\ndrain_s: 8\n'
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('stop, start, restart', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, project, production, browser, page, live

  before(async () => {
    repository = await Repository.make({ tag: 'v1', config: CONFIG }, { tag: 'v2', config: CONFIG })
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    live = await client.live('web', git(repository, 'v1'))
    ;({ project, environment: production } = live.summary)
    installation = await client.installation(live.summary.id)
    browser = await launch()
    page = await openPage(await signedIn(browser, client, { viewport: { width: 390, height: 844 } }))
  })
  after(async () => {
    await browser?.close()
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  const running = async (id) => (await lines('docker', ['ps', '--all', '--format', '{{.Names}}'])).includes(containerName(id))
  const environment = () => client.environment(production)
  const stop = (id, typed = 'yes') => client.call('POST', `/v2/deployments/${id}/stop`, { typed })
  const isStopped = async (id) => {
    await client.until(id, 'stopped')
    const { status, body } = await ask(sealdock, HOST, '/')
    assert.equal(status, 404)
    assert.match(body, /This app is stopped\./)
    await eventually('no container is left', async () => !(await running(id)))
  }
  const newest = async () => {
    const { items } = await client.get(`/v2/deployments?project=${project}&limit=1`)
    return client.until(items[0].id, 'live')
  }

  it('I-13 the plan says what ends, and nothing ends without a yes', async () => {
    const { id } = live.summary
    const plan = await client.get(`/v2/deployments/${id}/stop-plan`)
    assert.equal(plan.typed, 'yes')
    assert.deepEqual(plan.urls, live.urls)
    assert.match(plan.ends.join('\n'), /its instance ends once the requests in flight have finished, within 8 s/)
    const no = await client.refused('POST', `/v2/deployments/${id}/stop`, { typed: 'no' })
    assert.equal(no.status, 422)
    assert.match(no.message, /was not confirmed/)
    await served(sealdock, HOST, 'v1')
  })

  it('I-13 stopped, what is in flight finishes, the address says so, and nothing is left running', async () => {
    const { id } = live.summary
    const slow = ask(sealdock, HOST, '/slow?ms=2000', { limitMs: 9000 })
    await sleep(300)
    const { summary } = await stop(id)
    assert.equal(summary.phase, 'draining')
    assert.match(summary.sentence, /finishing/)
    assert.equal((await slow).status, 200)
    await isStopped(id)
    assert.equal((await client.get(`/v2/deployments/${id}`)).summary.sentence, 'Stopped by owner@example.invalid.')
    const now = await environment()
    assert.deepEqual([now.status, now.stopped, now.active, now.redeploy], ['Stopped', true, null, id])
    const { items } = await client.get('/v2/events')
    assert.ok(items.some(({ sentence, who }) => sentence === 'Stopped by owner@example.invalid.' && who === 'owner@example.invalid'), JSON.stringify(items.slice(0, 4)))
    assert.match((await client.refused('POST', `/v2/deployments/${id}/stop`, { typed: 'yes' })).message, /it has ended/)
  })

  it('I-13 it stays so over a kill -9, and starts again by a person alone, without a build', async () => {
    const { id } = live.summary
    await sealdock.kill()
    assert.match((await ask(sealdock, HOST, '/')).body, /This app is stopped\./)
    await sealdock.serve()
    await isStopped(id)
    const { code, stdout, stderr } = await client.cli('start', 'web', '--yes', '--wait')
    assert.equal(code, 0, stdout + stderr)
    await served(sealdock, HOST, 'v1')
    const back = await newest()
    assert.equal(back.summary.trigger, 'start')
    assert.equal(back.artifact.image, live.artifact.image)
    assert.ok(!back.jobs.some(({ kind }) => kind === 'BuildImageJob'))
    assert.equal((await environment()).stopped, false)
    live = back
  })

  it('I-13 restarted under load, no request fails, and it is another container', async () => {
    const load = await startLoad({ port: sealdock.proxyPort, host: HOST })
    const { code, stdout, stderr } = await client.cli('restart', 'web', '--yes', '--wait')
    const { failures } = await load.stop()
    assert.equal(code, 0, stdout + stderr)
    assert.deepEqual(failures, [])
    const again = await newest()
    assert.equal(again.summary.trigger, 'restart')
    assert.equal(again.artifact.image, live.artifact.image)
    await client.until(live.summary.id, 'stopped')
    assert.equal(await running(live.summary.id), false)
    live = again
  })

  it('I-13 a kill -9 right after the click ends it all the same', async () => {
    const { id } = live.summary
    await stop(id)
    await sealdock.kill()
    await sealdock.serve()
    await isStopped(id)
  })

  it('I-13 a newer version is another way back, and none is stopped while one is on its way', async () => {
    const { summary } = await client.update(production, { source: git(repository, 'v2') })
    const no = await client.refused('POST', `/v2/deployments/${summary.id}/stop`, { typed: 'yes' })
    assert.equal(no.status, 409)
    assert.match(no.message, /it does not serve yet; cancel it instead/)
    live = await client.until(summary.id, 'live')
    await served(sealdock, HOST, 'v2')
    assert.equal((await environment()).stopped, false)
  })

  it('I-13 in the browser, on a phone: Stop, what ends, yes, and Start again', async () => {
    const { id } = live.summary
    const found = await looked(page.context(), 'stop', `${sealdock.url}/deployments/${id}/stop`)
    assert.deepEqual(found, [])
    await page.goto(`/deployments/${id}`)
    await page.getByRole('link', { name: 'Stop' }).click()
    await page.getByRole('heading', { name: 'Stop web / production' }).waitFor()
    await page.getByLabel('Type yes to confirm').fill('yes')
    await page.getByRole('button', { name: `Stop #${live.summary.number}` }).click()
    await page.waitForURL(`**/deployments/${id}`)
    await isStopped(id)
    await page.goto(`/projects/${project}`)
    await page.getByText('Nothing serves here, and nothing starts by itself.').waitFor()
    assert.deepEqual(await looked(page.context(), 'stopped', `${sealdock.url}/projects/${project}`), [])
    await page.getByRole('link', { name: 'Start', exact: true }).click()
    await page.getByRole('region', { name: 'Plan' }).getByRole('button', { name: 'Start v2' }).click()
    await page.waitForURL(/\/deployments\/dep_/)
    await served(sealdock, HOST, 'v2')
    assert.deepEqual(page.faults, [])
  })

  it('X-11 a viewer stops nothing, and reads why', async () => {
    const { token } = await client.post('/v2/tokens', { name: 'viewer', role: 'viewer' })
    const viewer = new Client(sealdock, token)
    const { id } = (await newest()).summary
    assert.equal((await viewer.refused('GET', `/v2/deployments/${id}/stop-plan`)).status, 403)
    assert.equal((await viewer.refused('POST', `/v2/deployments/${id}/stop`, { typed: 'yes' })).status, 403)
    const { can } = await viewer.get(`/v2/deployments/${id}`)
    assert.match(can.stop, /role/)
  })
})
