// What the data plane counted: for Prometheus at once, for the charts minute by minute.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { zip } from './lib/archive.js'
import { ask, bundle, Client, image, served } from './lib/client.js'
import { eventually } from './lib/eventually.js'
import { Sealdock } from './lib/sealdock.js'
import { otherTenant } from './lib/tenant.js'

const HOST = 'site.localhost'

describe('metrics', { concurrency: 1 }, () => {
  let sealdock, client, environment, other

  before(async () => {
    sealdock = await Sealdock.start({ args: ['--runtime', 'fake'] }) // It needs no Engine.
    client = await Client.owner(sealdock)
    const upload = await client.upload('site.zip', zip({ 'index.html': 'hello' }))
    ;({ environment } = (await client.live('site', bundle(upload))).summary)
    await served(sealdock, HOST, 'hello', { path: '/' })
  })
  after(() => sealdock?.destroy())

  const scrape = async (token) => {
    const answer = await fetch(`${sealdock.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
  }
  const count = (text, name, labels = '') => {
    const line = text.split('\n').find((l) => l.startsWith(`${name}{project="site",environment="production"${labels}}`))
    return Number(line?.split(' ').at(-1))
  }

  it('P-22 Prometheus reads every answer by class, and a histogram that adds up', async () => {
    const before = (await scrape(client.token)).text
    for (let i = 0; i < 20; i += 1) await ask(sealdock, HOST, '/')
    for (let i = 0; i < 3; i += 1) await ask(sealdock, HOST, '/none.html')
    const { text, type } = await scrape(client.token)
    assert.match(type, /^text\/plain; version=0\.0\.4/)
    const more = (name, labels) => count(text, name, labels) - count(before, name, labels)
    assert.equal(more('sealdock_requests_total', ',class="2xx"'), 20)
    assert.equal(more('sealdock_requests_total', ',class="4xx"'), 3)
    assert.equal(more('sealdock_time_to_header_seconds_count'), 23)
    assert.equal(count(text, 'sealdock_time_to_header_seconds_bucket', ',le="+Inf"'), count(text, 'sealdock_time_to_header_seconds_count'))
  })

  it('X-11 nobody reads them without a token, and another organization reads its own', async () => {
    assert.equal((await scrape('none')).status, 401)
    other = await otherTenant(sealdock)
    assert.equal((await other.refused('GET', `/v2/environments/${environment}/traffic`)).status, 404)
  })

  it('P-22 a minute that ended has its requests and how fast they were', async () => {
    await eventually('a minute ended', async () => {
      await ask(sealdock, HOST, '/')
      const { minutes } = await client.get(`/v2/environments/${environment}/traffic`)
      return minutes.some((m) => m.requests > 0 && m.by_class[1] > 0 && m.p99_us > 0)
    }, { timeoutMs: 100_000, everyMs: 1_000 })
    const { requests_by_minute: minutes } = await client.environment(environment)
    assert.ok(minutes.at(-1) > 0 || minutes.some((n) => n > 0))
  })

  it('P-22 what each instance uses is counted, and scraped by its name', async () => {
    const view = await client.live('app', image('fake/ok:v1', false), { replicas: 2 })
    const { instances } = await eventually('both were looked at', async () => {
      const traffic = await client.get(`/v2/environments/${view.summary.environment}/traffic`)
      return traffic.instances.length === 2 && traffic
    }, { timeoutMs: 40_000, everyMs: 500 })
    for (const { id, now } of instances) {
      assert.ok(id.startsWith(view.summary.id) && now.memory_bytes > 0 && now.memory_limit_bytes > now.memory_bytes)
      const { text } = await scrape(client.token)
      const labels = `{project="app",environment="production",instance="${id}"}`
      assert.ok(text.includes(`sealdock_instance_memory_limit_bytes${labels} ${now.memory_limit_bytes}`))
      assert.match(text, /# TYPE sealdock_instance_cpu_seconds_total counter/)
    }
    assert.doesNotMatch((await scrape(other.token)).text, /sealdock_instance_memory_bytes{/)
  })
})
