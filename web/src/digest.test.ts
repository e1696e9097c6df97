import { describe, expect, test } from 'vitest'
import vectors from '../../proto/vectors/digest.json'
import { addField, addKind, fieldDigest, murmur3, writeSum, type Lanes } from './digest'

describe('digests as proto/vectors/digest.json has them', () => {
	test.each(vectors.fields)('$id $key $value', ({ id, key, value, hex }) => {
		expect(writeSum(fieldDigest(id, key, value))).toBe(hex)
	})
	test.each(vectors.sums)('sum of $fields', ({ fields, hex }) => {
		const sum: Lanes = [0, 0]
		for (const n of fields) {
			const part = fieldDigest(vectors.fields[n]!.id, vectors.fields[n]!.key, vectors.fields[n]!.value)
			sum[0] = (sum[0] + part[0]) >>> 0
			sum[1] = (sum[1] + part[1]) >>> 0
		}
		expect(writeSum(sum)).toBe(hex)
	})
})

test('MurmurHash3 of published inputs', () => {
	const hash = (s: string, seed: number) => murmur3(new TextEncoder().encode(s), seed)
	expect(hash('', 0)).toBe(0)
	expect(hash('', 1)).toBe(0x514e28b7)
	expect(hash('Hello, world!', 0x9747b28c)).toBe(0x24884cba)
})

test('what is added and taken out again leaves no trace, and zero values leave none at all', () => {
	const sum: Lanes = [7, 9]
	addKind(sum, 1, 'a', 'post')
	addField(sum, 1, 'a', 'for', 'nurses')
	expect(sum).not.toEqual([7, 9])
	addField(sum, -1, 'a', 'for', 'nurses')
	addKind(sum, -1, 'a', 'post')
	expect(sum).toEqual([7, 9])
	for (const zero of ['', 0, false, undefined]) addField(sum, 1, 'a', 'x', zero)
	expect(sum).toEqual([7, 9])
})
