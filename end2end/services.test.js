// P-23 from outside: real PostgreSQL and Redis, by their URL and as containers; what an app is given
// works, a backup brings back what was there, and what is deleted leaves nothing.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { ask, Client, containerName, image } from './lib/client.js'
import { command, lines } from './lib/command.js'
import { buildImage, engineVersion, labelled, removeImage, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Sealdock } from './lib/sealdock.js'
import { hostPostgres, hostRedis } from './lib/host-services.js'
import { postgresImage, redisImage } from './lib/service-images.js'

const APP = 'sealdock-e2e/services:v1'
const hasEngine = await engineVersion()
const [postgres, redis] = hasEngine ? [await postgresImage(), await redisImage()] : []
const skip = !hasEngine ? 'no Docker Engine answers' : !(postgres && redis) && 'PostgreSQL or Redis is not installed: run ./setup tests'

describe('linked services', { skip, concurrency: 1 }, () => {
  let sealdock, client, installation, project, environment, host, outside

  before(async () => {
    await buildImage(APP, { env: { HELLO_LINKS: '1', HELLO_DRAIN_MS: '200' } })
    outside = { redis: await hostRedis(), postgres: await hostPostgres() }
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    const view = await client.live('web', image(APP), { health: { path: '/health' }, drain_s: 0 })
    ;({ project, environment } = view.summary)
    host = new URL(view.urls[0]).hostname
    installation = await client.installation(view.summary.id)
  })
  after(async () => {
    await sealdock?.destroy()
    await outside?.redis?.stop()
    await outside?.postgres?.stop()
    if (installation) await sweep(installation)
    await removeImage(APP)
  })

  const add = (service) => client.post('/v2/services', service)
  const link = (service, prefix = '') => client.post(`/v2/services/${service.id}/link`, { environment, prefix })
  const redeploy = () => client.updated(environment, {})
  const visits = async (method = 'GET', variable = 'REDIS_URL') => {
    const { status, body } = await ask(sealdock, host, `/visits?variable=${variable}`, { method })
    assert.equal(status, 200, body)
    return body.trim()
  }
  const ready = (service) => eventually(`${service.name} is ready`, async () => {
    const now = await client.get(`/v2/services/${service.id}`)
    if (now.state !== 'ready') throw new Error(`it is ${now.state}: ${now.sentence}`)
    return now
  }, { timeoutMs: 60_000 })
  const ended = (run) => eventually(`${run.id} ends`, async () => {
    const { items } = await client.get(`/v2/services/${run.service}/backups`)
    const now = items.find(({ id }) => id === run.id)
    return ['done', 'failed'].includes(now.status) && now
  }, { timeoutMs: 60_000 })
  const done = async (run) => {
    const now = await ended(run)
    assert.equal(now.status, 'done', now.sentence)
    return now
  }
  const active = async () => (await client.environment(environment)).active.id
  const variable = async (name) => {
    const all = await lines('docker', ['inspect', '--format', '{{range .Config.Env}}{{println .}}{{end}}', containerName(await active())])
    return all.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1)
  }
  /** In a container of the environment's network, with nothing but what the app was given. */
  const psql = async (url, sql) => {
    const args = ['run', '--rm', '--network', `sealdock-${environment}`, '--entrypoint', 'psql', postgres, url, '--no-psqlrc', '--tuples-only', '--no-align', '-c', sql]
    return command('docker', args)
  }
  const restore = async (backup, typed) => {
    const { digest } = await client.get(`/v2/backups/${backup.id}/restore-plan`)
    return done(await client.post(`/v2/backups/${backup.id}/restore`, { digest, typed }))
  }

  describe('by URL', () => {
    let cache, db

    it('P-23 a URL that is no such thing is refused and not repeated', async () => {
      const { status, problem } = await client.refused('POST', '/v2/services', { name: 'x', kind: 'postgres', url: 'mysql://ada:hunter22@db/app' })
      assert.equal(status, 422)
      assert.equal(problem.place, 'url')
      assert.doesNotMatch(JSON.stringify(problem), /hunter22/)
    })

    it('P-23 real servers are asked whether they answer, and their credentials are never shown', async () => {
      cache = await ready(await add({ name: 'cache', kind: 'redis', url: outside.redis.url }))
      db = await ready(await add({ name: 'db', kind: 'postgres', url: outside.postgres.url }))
      const shown = JSON.stringify(await client.get('/v2/services'))
      for (const { password } of [outside.redis, outside.postgres]) assert.ok(!shown.includes(password), shown)
      assert.equal(db.address, `postgres://${outside.postgres.host}:${outside.postgres.port}/app`)
      const wrong = await add({ name: 'wrong', kind: 'redis', url: outside.redis.url.replace(outside.redis.password, 'guessed') })
      await eventually('the wrong password is told of', async () => (await client.get(`/v2/services/${wrong.id}`)).sentence.includes('credentials'))
      await client.call('DELETE', `/v2/services/${wrong.id}?confirm=wrong`)
      assert.match((await client.refused('POST', `/v2/services/${db.id}/backups`)).problem.detail, /runs elsewhere/)
    })

    it('P-23 a linked service is there with the next deployment, and what it gives works', async () => {
      const linked = await link(cache)
      assert.match(linked.links[0].sentence, /redeploy/)
      assert.deepEqual(linked.links[0].variables, ['REDIS_HOST', 'REDIS_PASSWORD', 'REDIS_PORT', 'REDIS_URL'])
      await link(db, 'shop')
      const plan = await client.post(`/v2/environments/${environment}/update/plan`, {})
      assert.deepEqual(plan.changes.map(({ path }) => path), ['services.cache', 'services.db'])
      assert.ok(!JSON.stringify(plan).includes(outside.redis.password))
      assert.equal((await ask(sealdock, host, '/visits')).status, 502)
      await redeploy()
      assert.equal(await visits('POST'), '1')
      assert.equal(await outside.redis.cli('GET', 'visits'), '1')
      const url = await variable('SHOP_DATABASE_URL')
      assert.equal(await psql(url, 'SELECT current_user'), 'app')
      assert.equal(await outside.postgres.psql(url, 'SELECT 1'), '1')
      const { body } = await ask(sealdock, host, '/variables')
      for (const name of ['REDIS_URL', 'SHOP_DATABASE_URL', 'SHOP_PGPASSWORD']) assert.ok(body.split('\n').includes(name), body)
    })

    it('P-23 what an app prints of it is hidden', async () => {
      const stream = `instance/${await active()}.web.0`
      const log = await eventually('it has printed it', async () => {
        const text = await client.log(stream)
        return text.includes('connecting to') && text
      })
      assert.match(log, /connecting to redis:\/\/\[redacted\]@\S+ as \[redacted\]!/)
      assert.ok(!log.includes(outside.redis.password), log)
    })

    it('P-23 a name that is taken is refused at the link and in the plan', async () => {
      const config = { env: { PGHOST: 'mine' } }
      await client.updated(environment, { config })
      const { problem } = await client.refused('POST', `/v2/services/${db.id}/link`, { environment })
      assert.equal(problem.detail, 'The environment sets `PGHOST` itself, and the service `db` would set it too.')
      const taken = await client.refused('POST', `/v2/environments/${environment}/update/plan`, { config: { env: { REDIS_URL: 'mine' } } })
      assert.equal(taken.problem.code, 'variable_taken')
      await client.updated(environment, { config: {} })
    })

    it('P-23 unlinking and deleting say who uses it', async () => {
      const unlinked = await client.post(`/v2/services/${cache.id}/unlink`, { environment })
      assert.match(unlinked.links[0].sentence, /was unlinked, and #\d+ runs with it/)
      assert.equal(await visits('POST'), '2')
      const { problem } = await client.refused('DELETE', `/v2/services/${cache.id}?confirm=cache`)
      assert.match(problem.detail, /#\d+ of web \/ production runs with it still/)
      await client.post(`/v2/services/${db.id}/unlink`, { environment })
      await redeploy()
      assert.equal(await variable('REDIS_URL'), undefined)
      for (const { id, name } of [cache, db]) {
        await eventually(`nothing uses ${name}`, () => client.call('DELETE', `/v2/services/${id}?confirm=${name}`).then(() => true))
        await eventually(`${name} is gone`, () => client.get(`/v2/services/${id}`).then(() => false, ({ status }) => status === 404))
      }
      assert.equal(await outside.redis.cli('GET', 'visits'), '2')
    })
  })

  describe('as containers', () => {
    let cache, db, url
    const container = (service) => `sealdock-${service.id}`

    it('P-23 Sealdock runs them from an image that is a setting, reachable by who is linked alone', async () => {
      const added = await client.cli('service', 'add', 'cache', '--kind', 'redis', '--image', redis)
      assert.equal(added.code, 0, added.stderr)
      const service = await add({ name: 'db', kind: 'postgres', image: postgres, memory_mib: 256 })
      const all = (await client.get('/v2/services')).items
      cache = await ready(all.find(({ name }) => name === 'cache'))
      db = await ready(service)
      assert.equal(db.address, 'postgres://db:5432/app')
      const ports = await command('docker', ['inspect', '--format', '{{json .NetworkSettings.Ports}} {{json .HostConfig.PortBindings}}', container(db)])
      assert.doesNotMatch(ports, /HostPort/)
      const linked = await client.cli('service', 'link', 'cache', 'web')
      assert.equal(linked.code, 0, linked.stderr)
      await link(db)
      await redeploy()
      assert.equal(await visits('POST'), '1')
      url = await variable('DATABASE_URL')
      await psql(url, "CREATE TABLE orders (what text); INSERT INTO orders VALUES ('a boat')")
    })

    it('P-23 a backup is a file with its digest, and a restore brings back what was there', async () => {
      const [of_db, of_cache] = [await client.post(`/v2/services/${db.id}/backups`), await client.post(`/v2/services/${cache.id}/backups`)]
      const [dump, rdb] = [await done(of_db), await done(of_cache)]
      const file = `${sealdock.data}/taken-home.dump`
      const taken = await client.cli('service', 'download', dump.id, '--to', file)
      assert.equal(taken.code, 0, taken.stderr)
      const bytes = await readFile(file)
      assert.deepEqual([bytes.length, createHash('sha256').update(bytes).digest('hex')], [dump.size_bytes, dump.sha256])
      assert.equal(bytes.subarray(0, 5).toString(), 'PGDMP')
      await psql(url, "DELETE FROM orders; CREATE TABLE junk (n int)")
      assert.equal(await visits('POST'), '2')
      assert.match((await client.refused('POST', `/v2/backups/${rdb.id}/restore`, { digest: '', typed: 'db' })).problem.detail, /not `cache`/)
      await restore(dump, 'db')
      await restore(rdb, 'cache')
      await ready(cache)
      assert.equal(await psql(url, 'SELECT what FROM orders'), 'a boat')
      assert.equal(await psql(url, "SELECT count(*) FROM pg_tables WHERE tablename = 'junk'"), '0')
      await eventually('the visits of then are back', async () => (await visits()) === '1')
      assert.equal(await visits('POST'), '2')
    })

    it('P-23 kill -9 of Sealdock and a removed container lose nothing', async () => {
      await sealdock.kill()
      await command('docker', ['rm', '--force', container(db), container(cache)])
      await sealdock.serve()
      await ready(db)
      await ready(cache)
      assert.equal(await psql(url, 'SELECT what FROM orders'), 'a boat')
      await eventually('the visits are there', async () => (await visits()) === '2')
    })

    it('P-23 a container that dies is started again', async () => {
      await command('docker', ['kill', '--signal', 'KILL', container(cache)])
      await eventually('it answers again', async () => (await visits()) === '2')
      await command('docker', ['stop', container(cache)])
      await eventually('it is started again', async () => (await visits()) === '2')
    })

    it('P-23 another memory is another container on the same data', async () => {
      const before = await command('docker', ['inspect', '--format', '{{.Id}}', container(db)])
      await client.post(`/v2/services/${db.id}`, { memory_mib: 320 })
      await eventually('it is made anew', async () => (await command('docker', ['inspect', '--format', '{{.Id}} {{.HostConfig.Memory}}', container(db)])) !== `${before} ${256 << 20}`)
      await eventually('its data is there', async () => (await psql(url, 'SELECT what FROM orders')) === 'a boat')
      await ready(db)
    })

    it('P-23 what is deleted leaves no container, no network and no volume', async () => {
      const refused = await client.cli('service', 'delete', 'db', '--confirm', 'db')
      assert.notEqual(refused.code, 0)
      assert.match(refused.stderr, /web \/ production is linked to it/)
      for (const name of ['db', 'cache']) assert.equal((await client.cli('service', 'unlink', name, 'web')).code, 0)
      await redeploy()
      for (const { id, name } of [db, cache]) {
        await eventually(`${name} is deleted`, async () => (await client.cli('service', 'delete', name, '--confirm', name)).code === 0)
        await eventually(`${name} is gone`, () => client.get(`/v2/services/${id}`).then(() => false, ({ status }) => status === 404))
      }
      const left = (await labelled(installation)).filter((line) => line.includes('svc_'))
      assert.deepEqual(left, [])
    })

    it('P-23 a project that goes away takes its network along, also when a service is in it', async () => {
      const kept = await ready(await add({ name: 'kept', kind: 'redis', image: redis }))
      await link(kept)
      await eventually('it has joined', async () => (await command('docker', ['inspect', '--format', '{{json .NetworkSettings.Networks}}', container(kept)])).includes(environment))
      await client.delete(project, 'web')
      await client.gone(project)
      const networks = (await labelled(installation)).filter((line) => line.includes(environment))
      assert.deepEqual(networks, [])
      assert.deepEqual((await client.get(`/v2/services/${kept.id}`)).links, [])
      await client.call('DELETE', `/v2/services/${kept.id}?confirm=kept`)
      await eventually('it is gone', async () => !(await labelled(installation)).some((line) => line.includes(kept.id)))
    })
  })
})
