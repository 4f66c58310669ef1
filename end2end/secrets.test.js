// I-14, X-15 from outside: ten secrets that a build mounts and instances are given, by an app that
// tells them all; then they are looked for everywhere, and found only in the app.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, copyFile, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ask, Client, git, inData, served } from './lib/client.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { teller } from './lib/hello.js'
import { freshDirectory, SEALDOCK } from './lib/places.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const NAMES = Array.from({ length: 10 }, (_, i) => `TELL_${i}`)
const MOUNTED = ['TELL_0', 'TELL_1']
const CONFIG = `secrets: [${NAMES}]
build:
  secrets: [${MOUNTED}]
env:
  TELL: ${[...MOUNTED, 'TELL_2']}
  TELL_3: the secret wins over this
health:
  path: /health
drain_s: 0
`
// The file makes every run's step one that the builder has not cached.
const DOCKERFILE = `FROM scratch
COPY teller once /
RUN ${MOUNTED.map((name) => `--mount=type=secret,id=${name}`).join(' ')} ["/teller", "mount", "${MOUNTED.join('", "')}"]
ENTRYPOINT ["/teller"]
`
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'
const fresh = () => `s3cret/${randomBytes(18).toString('base64url')}?`

describe('secrets', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, host, project, environment, deployment, watching
  const values = Object.fromEntries(NAMES.map((name) => [name, fresh()]))
  values.TELL_9 = `-----BEGIN KEY-----\n${randomBytes(24).toString('hex')}\n-----END KEY-----\n`
  /** Every value that ever was one. */
  const ever = () => [...Object.values(values), ...past]
  const past = []
  const answers = []
  const processes = new Set()

  before(async () => {
    repository = await Repository.of({ Dockerfile: DOCKERFILE, 'sealdock.yml': CONFIG, once: randomBytes(8).toString('hex'), teller: '' })
    await copyFile(await teller(), join(repository.path, 'teller'))
    await chmod(join(repository.path, 'teller'), 0o755)
    await repository.git('add', '--all')
    await repository.git('commit', '--quiet', '--amend', '--no-edit')
    await repository.git('tag', '--force', 'v1')
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    listen(client)
    watching = setInterval(() => watch().catch(() => {}), 20)
  })
  after(async () => {
    clearInterval(watching)
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  /** Keeps every answer of the API. */
  function listen(client) {
    const call = client.call.bind(client)
    client.call = async (...args) => {
      try {
        const value = await call(...args)
        answers.push(JSON.stringify(value))
        return value
      } catch (error) {
        answers.push(JSON.stringify(error.problem ?? ''))
        throw error
      }
    }
  }

  /** Every command line that ran meanwhile. */
  async function watch() {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const read = await Promise.allSettled(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1')))
    for (const { value } of read) if (value) processes.add(value)
  }

  /** No value of any time, in no form, is in there. */
  function silent(text, place) {
    for (const value of ever()) {
      for (const form of forms(value)) assert.ok(!text.includes(form), `${place} holds a secret as ${form.slice(0, 6)}…`)
    }
  }
  const forms = (value) => {
    const line = value.split('\n').find((part) => !part.startsWith('-----')) ?? value
    const shifted = ['', 'a', 'ab'].map((before) => Buffer.from(before + line).toString('base64').replace(/=+$/, '').slice(4, -4))
    return [line, encodeURIComponent(line), ...shifted, ...shifted.map((text) => text.replace(/\+/g, '-').replace(/\//g, '_'))]
  }

  const set = (name, value) => {
    if (values[name] !== value) past.push(values[name])
    values[name] = value
    return client.post('/v2/secrets', { name, value })
  }
  const secrets = async () => (await client.get('/v2/secrets')).items
  const told = async (name) => (await ask(sealdock, host, `/env?name=${name}`)).body
  const logs = async (view) => {
    const streams = [...view.jobs.map(({ stream }) => stream), ...view.instances.map(({ stream }) => stream)]
    return (await Promise.all(streams.map((stream) => client.log(stream).catch(() => '')))).join('\n')
  }

  it('I-14 a plan names the secrets that are not there, before anything starts', async () => {
    const no = await client.refused('POST', '/v2/projects', { name: 'web', source: git(repository, 'v1') })
    assert.equal(no.problem.code, 'no_secret')
    assert.match(no.problem.detail, /`TELL_0`, .*`TELL_9`/)
    assert.match(no.problem.way_out, /sealdock secret set TELL_0/)
    assert.equal((await client.get('/v2/projects')).items.length, 0)
  })

  it('I-14 values go in by the API, from a file and from standard input', async () => {
    for (const name of NAMES.slice(0, 8)) assert.equal((await set(name, values[name])).version, 1)
    const typed = await client.cliWith(`${values.TELL_8}\n`, 'secret', 'set', 'TELL_8')
    assert.equal(typed.code, 0, typed.stderr)
    const file = join(await freshDirectory('key'), 'key.pem')
    await writeFile(file, values.TELL_9)
    const read = await client.cli('secret', 'set', 'TELL_9', '--from-file', file)
    assert.equal(read.code, 0, read.stderr)
    answers.push(typed.stdout, typed.stderr, read.stdout, read.stderr)
    assert.deepEqual((await secrets()).map(({ name }) => name), NAMES)
    for (const [name, value, place] of [['1A', 'x', 'name'], ['PORT', 'x', 'name'], ['A', '', 'value'], ['A', 'a'.repeat(65_537), 'value']]) {
      const no = await client.refused('POST', '/v2/secrets', { name, value })
      assert.deepEqual([no.status, no.problem.place], [422, place], name)
    }
  })

  it('P-5 P-7 a build mounts them, and instances are given them', async () => {
    const view = await client.live('web', git(repository, 'v1'))
    ;({ project, environment } = view.summary)
    deployment = view.summary.id
    host = new URL(view.urls[0]).hostname
    installation = await client.installation(deployment)
    for (const name of NAMES) assert.equal(await told(name), values[name], name)
    assert.deepEqual(view.secrets, NAMES.map((name) => ({ name, version: 1 })))
  })

  it('I-14 what a build and an app print of them is hidden', async () => {
    const text = await eventually('the app has told', async () => {
      const text = await logs(await client.deployment(deployment))
      return text.includes('given TELL_2 in base64') && text
    })
    for (const name of MOUNTED) {
      const bytes = Buffer.byteLength(values[name])
      assert.ok(text.includes(`mounted ${name}: ${bytes} bytes: [redacted]`), text)
      assert.match(text, new RegExp(`mounted ${name} in base64: .*\\[redacted\\]`))
    }
    assert.match(text, /given TELL_2: \d+ bytes: \[redacted\]/)
    silent(text, 'a log')
  })

  it('I-14 no image, no history, no file, no answer and no process holds one', async () => {
    // What looks for them finds them where they are.
    for (const seen of [await told('TELL_0'), Buffer.from(`user:${values.TELL_0}`).toString('base64'), await told('TELL_9')]) {
      assert.throws(() => silent(`… ${seen} …`, 'a text'), /holds a secret/)
    }
    const image = await docker('inspect', '--format', '{{.Image}}', `sealdock-${deployment}-web-0`)
    silent(await docker('history', '--no-trunc', image), 'the history of the image')
    silent(await docker('image', 'inspect', image), 'the configuration of the image')
    silent(await docker('save', image), 'a layer of the image')
    const files = await nowhere()
    assert.ok(files.some((path) => path.endsWith('sealdock.db')), `${files}`)
    silent([...processes].join('\n'), 'a command line')
    assert.ok([...processes].some((line) => line.includes('secret\0set\0TELL_8')), 'the watch saw nothing')
    silent(sealdock.output.join('\n'), "the server's log")
    silent(answers.join('\n'), 'an answer')
  })

  /** Looks into every file of the data directory, and says which. */
  async function nowhere() {
    const entries = await readdir(sealdock.data, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    for (const file of files) silent(await readFile(file, 'latin1'), file)
    return files
  }

  it('I-14 the master key is made for its owner alone', async () => {
    const { mode, size } = await stat(inData(sealdock, 'master.key'))
    assert.deepEqual([mode & 0o777, size], [0o600, 65])
  })

  it('I-11 a replaced value marks its users, and a redeploy gives it to them', async () => {
    const before = values.TELL_3
    const { version, used_by } = await set('TELL_3', fresh())
    assert.equal(version, 2)
    assert.deepEqual(used_by.map(({ project_name, environment_name, stale }) => [project_name, environment_name, stale]), [['web', 'production', true]])
    assert.deepEqual((await client.environment(environment)).stale_secrets, ['TELL_3'])
    assert.match((await client.get('/v2/overview')).needs_me[0].sentence, /web \/ production: secrets changed since .*TELL_3/)
    assert.equal(await told('TELL_3'), before)
    const plan = await client.post(`/v2/environments/${environment}/update/plan`, {})
    assert.equal(plan.trigger, 'redeploy')
    assert.ok(plan.notes.some((note) => note.includes('read anew: `TELL_3`')), `${plan.notes}`)
    const view = await client.updated(environment, {})
    deployment = view.summary.id
    await served(sealdock, host, values.TELL_3, { path: '/env?name=TELL_3' })
    assert.deepEqual((await client.environment(environment)).stale_secrets, [])
    assert.equal(view.secrets.find(({ name }) => name === 'TELL_3').version, 2)
  })

  it('I-14 a value of before, which still runs, is hidden after a kill -9 too', async () => {
    const before = values.TELL_5
    await set('TELL_5', fresh())
    await sealdock.kill()
    await sealdock.serve()
    await ask(sealdock, host, '/tell?name=TELL_5')
    assert.equal(await told('TELL_5'), before)
    const text = await eventually('it is told', async () => {
      const text = await logs(await client.deployment(deployment))
      return text.includes('given TELL_5 in base64') && text
    })
    assert.match(text, /given TELL_5: \d+ bytes: \[redacted\]/)
    silent(text, 'a log')
  })

  it('P-13 going back gives the old version the values of today', async () => {
    const [, first] = (await client.get(`/v2/environments/${environment}/versions`)).earlier
    const update = { reuse: { deployment: first.deployment.id } }
    const plan = await client.post(`/v2/environments/${environment}/update/plan`, update)
    assert.ok(plan.notes.some((note) => note.startsWith("It gets today's values of the secrets")), `${plan.notes}`)
    const view = await client.updated(environment, update)
    deployment = view.summary.id
    await served(sealdock, host, values.TELL_5, { path: '/env?name=TELL_5' })
    assert.equal(await told('TELL_3'), values.TELL_3)
  })

  it('X-15 the master key is replaced while everything runs', async () => {
    const old = await readFile(inData(sealdock, 'master.key'), 'utf8')
    const done = await client.cli('secret', 'rotate-master', '--data', sealdock.data)
    assert.equal(done.code, 0, done.stderr)
    assert.notEqual(await readFile(inData(sealdock, 'master.key'), 'utf8'), old)
    await set('TELL_6', fresh())
    const view = await client.updated(environment, {})
    deployment = view.summary.id
    await served(sealdock, host, values.TELL_6, { path: '/env?name=TELL_6' })
    assert.equal(await told('TELL_7'), values.TELL_7)
  })

  it('I-14 what is used is not deleted, and says where it is', async () => {
    const no = await client.refused('DELETE', '/v2/secrets/TELL_4?confirm=TELL_4')
    assert.deepEqual([no.status, no.problem.code], [409, 'secret_bound'])
    assert.match(no.problem.detail, /it is used by web \/ production\.$/)
    await client.delete(project, 'web')
    await client.gone(project)
    const wrong = await client.refused('DELETE', '/v2/secrets/TELL_4?confirm=TELL_3')
    assert.equal(wrong.problem.place, 'typed')
    await client.call('DELETE', '/v2/secrets/TELL_4?confirm=TELL_4')
    assert.ok(!(await secrets()).some(({ name }) => name === 'TELL_4'))
    const events = (await client.get('/v2/events')).items.map(({ sentence }) => sentence)
    assert.ok(events.some((sentence) => sentence.endsWith('deleted the secret TELL_4.')), `${events}`)
    await nowhere()
    silent(answers.join('\n'), 'an answer')
  })

  it('X-15 without its master key it does not start, and says why', async () => {
    await sealdock.terminate()
    const key = inData(sealdock, 'master.key')
    await rename(key, `${key}.away`)
    const missing = await refusedStart()
    assert.match(missing, /the master key .*master\.key is missing, and everything secret in the database is sealed with it\. Put it back from your backup/)
    await rename(`${key}.away`, key)
    await chmod(key, 0o644)
    assert.match(await refusedStart(), /can be read by others \(mode 644\)\. Close it with `chmod 600/)
    await chmod(key, 0o600)
    await sealdock.serve()
    assert.equal((await secrets()).length, 9)
  })

  function refusedStart() {
    const address = (port) => `127.0.0.1:${port}`
    const args = ['serve', '--data', sealdock.data, '--listen', address(sealdock.port), '--proxy-listen', address(sealdock.proxyPort)]
    return new Promise((resolve, reject) =>
      execFile(SEALDOCK, args, { timeout: 20_000 }, (error, stdout, stderr) => (error?.code > 0 ? resolve(stderr) : reject(new Error(`it started: ${stdout}`)))))
  }
})

function docker(...args) {
  const options = { maxBuffer: 1 << 28, encoding: 'latin1' }
  return new Promise((resolve, reject) =>
    execFile('docker', args, options, (error, stdout) => (error ? reject(error) : resolve(stdout.replace(/\n$/, '')))))
}
