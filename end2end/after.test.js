// What comes after completion (P-11, P-12): crons that run in the container and over HTTP, by
// themselves and when asked; the picture of the front page; the list of what the image is made of.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { access } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { nothingRemains } from './faults/world.js'
import { Client, containerName, git, inData, served } from './lib/client.js'
import { command } from './lib/command.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const QUIET = { HELLO_QUIET: '1' }
const HEALTH = 'health:\n  path: /health\ndrain_s: 1\n'
const CRONS = `${HEALTH}crons:
  - name: tick
    schedule: '* * * * *'
    http: /headers
  - name: word
    schedule: '0 0 1 1 *'
    timezone: Europe/Berlin
    command: [/no-such-program]
    overlap: queue
`
const FINAL = ['Success', 'Failure', 'Cancelled', 'Skipped']
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('after completion', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, host, project, environment
  const deployments = []

  before(async () => {
    repository = await Repository.make(
      { tag: 'v1', env: QUIET, config: CRONS },
      { tag: 'v2', env: QUIET, config: HEALTH },
    )
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  const jobs = async (id) => Object.fromEntries((await client.deployment(id)).jobs.map((job) => [job.kind, job]))

  /** The jobs by kind, once none of them is on its way any more. */
  const ended = (id) => eventually('every job has ended', async () => {
    const all = await jobs(id)
    return Object.values(all).every(({ status }) => FINAL.includes(status)) && all
  }, { timeoutMs: 90_000 })

  const crons = async () => (await client.get(`/v2/projects/${project}/crons`)).items
  const cron = async (name) => (await crons()).find((one) => one.cron.name === name)
  const runs = async (name) => (await client.get(`/v2/crons/${(await cron(name)).id}/runs`)).items

  /** The run once it has ended. */
  const run = (name, id) => eventually(`the run of ${name} has ended`, async () => {
    const found = (await runs(name)).find((one) => one.id === id)
    return found.ended_at !== null && found
  })

  it('P-11 the jobs after completion run once it is live, and none of them fails the deployment', async () => {
    const { summary } = await client.create('web', git(repository, 'v1'))
    deployments.push(summary.id)
    const view = await client.until(summary.id, 'live')
    ;({ project, environment } = view.summary)
    host = new URL(view.urls[0]).hostname
    installation = await client.installation(summary.id)
    await served(sealdock, host, 'v1')
    const all = await ended(summary.id)
    assert.equal(all.MarkDeploymentCompleteJob.status, 'Success')
    assert.equal(all.ConfigureCronsJob.status, 'Success', all.ConfigureCronsJob.error)
    assert.equal((await client.deployment(summary.id)).summary.status, 'completed')
  })

  it('P-11 the front page is pictured, and only its organization sees the picture', async (t) => {
    const [id] = deployments
    const { TakeScreenshotJob } = await ended(id)
    if (TakeScreenshotJob.status === 'Skipped') {
      assert.match(TakeScreenshotJob.error, /Chromium is not installed/)
      return t.skip(TakeScreenshotJob.error)
    }
    assert.equal(TakeScreenshotJob.status, 'Success', TakeScreenshotJob.error)
    assert.equal((await client.environment(environment)).active.screenshot, true)
    const fetched = (headers) => fetch(`${sealdock.url}/v2/deployments/${id}/screenshot`, { headers })
    const answer = await fetched({ authorization: `Bearer ${client.token}` })
    assert.equal(answer.headers.get('content-type'), 'image/png')
    assert.match(answer.headers.get('cache-control'), /private, max-age/)
    const picture = Buffer.from(await answer.arrayBuffer())
    assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [1280, 800])
    assert.equal((await fetched({})).status, 401)
  })

  it('P-11 an image made from nothing has an honest empty list', async () => {
    const { ScanVulnerabilitiesJob } = await ended(deployments[0])
    assert.ok(['Success', 'Skipped'].includes(ScanVulnerabilitiesJob.status), ScanVulnerabilitiesJob.error)
    const bom = await client.get(`/v2/deployments/${deployments[0]}/sbom`)
    assert.equal(bom.bomFormat, 'CycloneDX')
    assert.deepEqual(bom.components, [])
    assert.equal((await client.deployment(deployments[0])).contents.components, 0)
  })

  it('P-12 crons are there with their next time, in their own zone', async () => {
    const [tick, word] = await crons()
    assert.deepEqual([tick.cron.name, word.cron.name], ['tick', 'word'])
    assert.match(tick.words, /every minute/i)
    assert.ok(tick.next_at > Date.now() - 60_000 && tick.next_at <= Date.now() + 60_000)
    assert.match(new Date(word.next_at).toISOString(), /-12-31T23:00:00/)
  })

  it('P-12 run now calls the instance, signed with the key that its app knows, and keeps the answer', async () => {
    const made = await client.post(`/v2/crons/${(await cron('tick')).id}/run`)
    const done = await run('tick', made.id)
    assert.equal(done.trigger, 'person')
    assert.equal(done.deployment, deployments[0])
    assert.deepEqual([done.code, done.status], [200, 'success'], JSON.stringify(done))
    const header = (name) => new RegExp(`^${name}: (.*)$`, 'im').exec(done.output)?.[1].trim()
    assert.equal(header('x-sealdock-cron'), 'tick')
    assert.equal(header('x-sealdock-run'), made.id)
    const [, t, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header('x-sealdock-signature'))
    const inspected = await command('docker', ['inspect', '--format', '{{json .Config.Env}}', containerName(deployments[0])])
    const secret = /SEALDOCK_CRON_SECRET=([0-9a-f]{64})/.exec(inspected)[1]
    const text = `${t}.POST /headers.tick.${made.id}`
    assert.equal(signature, createHmac('sha256', secret).update(text).digest('hex'))
  })

  it('P-12 a command that is not in the image fails, and says so', async () => {
    const made = await client.post(`/v2/crons/${(await cron('word')).id}/run`)
    const done = await run('word', made.id)
    assert.equal(done.status, 'failure')
    assert.match(`${done.sentence} ${done.output}`, /no-such-program/)
  })

  it('P-12 a time that comes runs by itself, once', async () => {
    const found = await eventually('the minute came', async () => {
      const mine = (await runs('tick')).filter(({ trigger }) => trigger === 'schedule')
      return mine.length > 0 && mine.every(({ ended_at }) => ended_at !== null) && mine
    }, { timeoutMs: 75_000 })
    const times = found.map(({ due_at }) => due_at)
    assert.equal(new Set(times).size, times.length)
    assert.ok(times.every((at) => at % 60_000 === 0))
  })

  it('P-12 times that pass while Sealdock is down are one run, which says so', async () => {
    const before = (await runs('tick')).length
    await sealdock.kill()
    await new Promise((resolve) => setTimeout(resolve, 62_000))
    await sealdock.serve()
    const late = await eventually('the missed time is run', async () => {
      const all = await runs('tick')
      return all.length > before && all.at(all.length - before - 1)
    }, { timeoutMs: 20_000 })
    assert.equal(late.trigger, 'schedule')
  })

  it('P-12 a version without crons removes them, and keeps what the first one left', async () => {
    const { summary } = await client.update(environment, { source: git(repository, 'v2') })
    deployments.push(summary.id)
    await client.until(summary.id, 'live')
    await ended(summary.id)
    assert.deepEqual(await crons(), [])
    await client.until(deployments[0], 'stopped')
  })

  it('P-11 a delete takes picture and list along', async () => {
    await client.delete(project, 'web')
    await client.gone(project)
    await nothingRemains(sealdock, { environment, deployments })
    for (const [folder, ending] of [['screenshots', 'png'], ['sboms', 'json']]) {
      await assert.rejects(access(inData(sealdock, folder, `${deployments[0]}.${ending}`)))
    }
  })
})
