/*
 * doc.ts and digest.ts against proto/vectors/doc.json: ops as they come over the wire, and after each of them every
 * object and the digest. tests/unit/doc_vectors_test.c does the same to the C twin.
 */
import { describe, expect, test } from 'vitest'
import tables from '../../proto/kinds.json'
import file from '../../proto/vectors/doc.json'
import { digestOf, Doc } from './doc'
import type { Fields, Op, Value, WireObject } from './wire'

interface Step {
	op?: Op
	objects: WireObject[]
	sum: string
}
interface Case {
	about: string
	start: WireObject[]
	steps: Step[]
}

const cases = file.cases as unknown as Case[]
const kinds = tables.kinds as unknown as Record<string, { fields: Record<string, unknown> }>

/** The fields that the kind has and that are not zero, in the order of the table. */
function knownFields(kind: string, fields: Fields): Record<string, Value> {
	const known: Record<string, Value> = {}
	for (const key of Object.keys(kinds[kind]!.fields)) {
		const value = fields[key]
		if (value) known[key] = value
	}
	return known
}

/** The page keeps what it does not know, for the digest's sake; what it shows is this. */
function known(objects: Iterable<WireObject>): WireObject[] {
	return [...objects]
		.filter((object) => object.kind in kinds)
		.map(({ id, kind, fields }) => ({ id, kind, fields: knownFields(kind, fields) }))
		.sort((a, b) => (a.id < b.id ? -1 : 1))
}

const isUnknown = ({ kind, fields }: WireObject): boolean => !(kind in kinds) || Object.keys(fields).some((key) => !(key in kinds[kind]!.fields))

function check(doc: Doc, step: Step): void {
	const objects = known(doc.objects.values())
	expect(JSON.stringify(objects)).toBe(JSON.stringify(step.objects))
	expect(digestOf(objects)).toBe(step.sum)
	// The digest kept along the way counts what is not known, as the server's does.
	expect(doc.digest()).toBe(digestOf(doc.objects.values()))
	if (![...doc.objects.values()].some(isUnknown)) expect(doc.digest()).toBe(step.sum)
}

describe('documents as proto/vectors/doc.json has them', () => {
	test('there are enough', () => expect(cases.length).toBeGreaterThan(200))
	test.each(cases.map((c) => [c.about, c] as const))('%s', (_about, { start, steps }) => {
		const doc = new Doc('d')
		doc.takeSnapshot({ t: 'snapshot', doc: 'd', epoch: 0, at: 0, part: 0, last: true, objects: start })
		for (const [n, step] of steps.entries()) {
			expect(step.op !== undefined).toBe(n > 0)
			if (step.op) expect(doc.takeOps({ t: 'ops', doc: 'd', epoch: 0, at: n, ops: [step.op] })).toBe('applied')
			check(doc, step)
		}
	})
})
