// The manifests of deploy/kubernetes against the schemas that Kubernetes and KEDA publish, and against each other.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { Service } from 'kubernetes-models/v1/Service'
import ts from 'typescript'
import { parseAllDocuments } from 'yaml'

const folder = new URL('../kubernetes/', import.meta.url)

/** Each kind's schema, and the module and the name of its type. */
const kinds = {
  Service: [Service, 'kubernetes-models/v1/Service', 'IService'],
  Deployment: [Deployment, 'kubernetes-models/apps/v1/Deployment', 'IDeployment'],
  ScaledObject: [ScaledObject, '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject', 'IScaledObject']
}

const objects = readdirSync(folder).flatMap(file =>
  parseAllDocuments(readFileSync(new URL(file, folder), 'utf8'), { uniqueKeys: true }).map(document => {
    assert.deepEqual(document.errors, [], file)
    return document.toJS()
  })
)

/** A copy of the object with this kind and name. */
function named(kind, name) {
  const found = objects.find(object => object.kind === kind && object.metadata.name === name)
  assert.ok(found, `there is no ${kind} ${name}`)
  return structuredClone(found)
}

/** What the schema of its kind has against an object. It allows members that it does not know. */
function fault(object) {
  const [Kind] = kinds[object.kind]
  try {
    new Kind(object).validate()
    return ''
  } catch (error) {
    return error.message
  }
}

/** What the types of their kinds have against objects, unknown members included. */
function typeFaults(objects) {
  const source = objects.map((object, place) => {
    const [, module, type] = kinds[object.kind]
    return `import type { ${type} as T${place} } from '${module}'\nexport const it${place}: T${place} = ${JSON.stringify(object)}\n`
  })
  const name = fileURLToPath(new URL('manifests.ts', import.meta.url))
  const options = { noEmit: true, strict: true, skipLibCheck: true, types: [], module: ts.ModuleKind.NodeNext }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = path => path === name || fileExists(path)
  host.getSourceFile = (path, version) =>
    path === name ? ts.createSourceFile(path, source.join(''), version) : getSourceFile(path, version)
  const faults = ts.getPreEmitDiagnostics(ts.createProgram([name], options, host))
  return faults.map(fault => ts.flattenDiagnosticMessageText(fault.messageText, '\n')).join('\n')
}

test('each object is valid by its published schema', () => {
  assert.deepEqual(objects.map(object => object.kind).sort(), ['Deployment', 'Deployment', 'ScaledObject', 'Service'])
  for (const object of objects) assert.equal(fault(object), '', object.kind)
  assert.equal(typeFaults(objects), '')
})

test('what is missing, misspelt or of another type is found', () => {
  const scaled = named('ScaledObject', 'upper')
  delete scaled.spec.triggers[0].type
  assert.match(fault(scaled), /type/)
  const misspelt = named('ScaledObject', 'upper')
  misspelt.spec.maxReplicas = 20
  assert.match(typeFaults([misspelt]), /maxReplicas/)
  const deployment = named('Deployment', 'upper')
  deployment.spec.template.spec.containers[0].args = 'worker'
  assert.match(fault(deployment), /args/)
})

test('the manifests name each other', () => {
  const [broker, workers, service] = [
    named('Deployment', 'jobz-broker'),
    named('Deployment', 'upper'),
    named('Service', 'jobz-broker')
  ]
  for (const { spec } of [broker, workers]) assert.deepEqual(spec.template.metadata.labels, spec.selector.matchLabels)
  assert.deepEqual(service.spec.selector, broker.spec.selector.matchLabels)
  const ports = broker.spec.template.spec.containers[0].ports.map(port => [port.name, port.containerPort])
  assert.deepEqual(service.spec.ports.map(port => [port.name, port.port]), ports)
  assert.equal(named('ScaledObject', 'upper').spec.scaleTargetRef.name, workers.metadata.name)
  const [container] = workers.spec.template.spec.containers
  assert.equal(container.env[0].value, `tcp://${service.metadata.name}:${service.spec.ports[0].port}`)
  const [trigger] = named('ScaledObject', 'upper').spec.triggers
  assert.ok(trigger.metadata.query.includes(`{service="${container.args[1]}"}`))
  // KEDA leaves the number to others if it is here.
  assert.equal(workers.spec.replicas, undefined)
})
