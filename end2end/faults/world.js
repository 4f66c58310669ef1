// What must be true again after a fault, whatever it was.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, containerName, imagesOf, inData } from '../lib/client.js'
import { command, lines } from '../lib/command.js'
import { labelled } from '../lib/docker.js'
import { eventually } from '../lib/eventually.js'
import { startLoad } from '../lib/load.js'

/** Few, so that two cores also carry the build that the fault meets. */
const CLIENTS = { keepAlive: 8, fresh: 2, post: 1, sse: 1, websocket: 1 }

export function loadOn(sealdock, host) {
  return startLoad({ port: sealdock.proxyPort, host, clients: CLIENTS, pauseMs: 20 })
}

/** Ends the load and asserts that nobody saw a failure; `paths` are the versions a client may have seen. */
export async function unharmed(load, ...paths) {
  await sleep(500) // Streams that the drain has cut begin again, on the new version.
  const summary = await load.stop()
  assert.deepEqual(summary.failures, [])
  const total = Object.values(summary.answered).reduce((sum, count) => sum + count, 0)
  assert.ok(total > 50, `the load was no load: ${total} answers`)
  const other = Object.keys(summary.sequences).filter((path) => !paths.includes(path))
  assert.deepEqual(other, [], `clients saw ${JSON.stringify(summary.sequences)}, not ${paths}`)
  return `${total} requests, 0 failed`
}

/** kill -9 of the control plane, a moment of nothing, and a new one: the milliseconds until it answers. */
export async function killAndServe(sealdock, { downMs = 300 } = {}) {
  await sealdock.kill()
  await sleep(downMs)
  const began = performance.now()
  await sealdock.serve()
  return performance.now() - began
}

/**
 * API, Engine and route say the same of a live deployment, and there is nothing else of ours
 * in the Engine: no orphan of anything that the fault met half-way.
 */
export async function agrees(client, deployment, version) {
  await eventually('API, Engine and route agree', () => agreesNow(client, deployment, version), { timeoutMs: 40_000 })
}

async function agreesNow(client, deployment, version) {
  const view = await client.deployment(deployment)
  assert.equal(view.summary.phase, 'live')
  assert.ok(view.summary.live)
  const environment = await client.environment(view.summary.environment)
  assert.equal(environment.status, 'Running')
  assert.equal(environment.active.id, deployment)
  assert.equal(environment.candidate, null)
  const addresses = view.instances.map(({ address }) => address)
  assert.ok(addresses.length > 0)
  const inEngine = await Promise.all(addresses.map((_, replica) => publishedAt(deployment, replica)))
  assert.deepEqual(addresses, inEngine, 'the API says other addresses than the Engine')
  const routes = await readFile(inData(client.sealdock, 'routes.json'), 'utf8')
  for (const address of inEngine) assert.ok(routes.includes(address), `${address} is in no route`)
  assert.ok(view.instances.every(({ healthy, state }) => healthy && state === 'running'), JSON.stringify(view.instances))
  const names = addresses.map((_, replica) => containerName(deployment, replica))
  assert.deepEqual(await containers(environment.id), names)
  assert.deepEqual(view.jobs.filter(({ status }) => ['Running', 'Pending'].includes(status)), [])
  const answer = await ask(client.sealdock, environment.urls[0])
  assert.deepEqual([answer.status, answer.body.trim()], [200, version])
  return true
}

async function publishedAt(deployment, replica) {
  return (await lines('docker', ['port', containerName(deployment, replica), '8080']))[0]
}

/** The names of an environment's containers, running or not. */
export async function containers(environment) {
  return (await lines('docker', ['ps', '--all', ...ofEnvironment(environment), '--format', '{{.Names}}'])).sort()
}

const ofEnvironment = (id) => ['--filter', `label=sealdock.environment=${id}`]

/**
 * After a delete: what is still there of an app, a line each. The mirror of its repository is
 * one for all apps that are made from it.
 * @param {{environment: string, deployments: string[]}} app
 */
export async function remains(sealdock, { environment, deployments }) {
  const networks = await lines('docker', ['network', 'ls', ...ofEnvironment(environment), '--format', '{{.Name}}'])
  const routes = await readFile(inData(sealdock, 'routes.json'), 'utf8')
  return [
    ...(await containers(environment)),
    ...networks,
    ...(await imagesOf(deployments)),
    ...(await filesOf(sealdock, deployments)),
    ...(routes.includes(environment) ? [`route of ${environment}`] : []),
  ]
}

async function filesOf(sealdock, deployments) {
  const folders = ['work', 'sites']
  const found = await Promise.all(folders.map(async (folder) =>
    (await readdir(inData(sealdock, folder))).filter((name) => deployments.includes(name)).map((name) => `${folder}/${name}`)))
  return found.flat()
}

/** What the whole installation has left, once nothing is deployed: not even a mirror or an upload. */
export async function leftOfAll(sealdock, installation) {
  const folders = ['work', 'sites', 'uploads', 'mirrors']
  const files = await Promise.all(folders.map(async (folder) =>
    (await readdir(inData(sealdock, folder))).map((name) => `${folder}/${name}`)))
  return [...(await labelled(installation)), ...files.flat()]
}

/** Waits until nothing of an app is left, and says what is when something stays. */
export async function nothingRemains(sealdock, app) {
  await eventually('nothing is left', async () => {
    const left = await remains(sealdock, app)
    if (left.length) throw new Error(left.join('; '))
    return true
  })
}

export const docker = (...args) => command('docker', args)
