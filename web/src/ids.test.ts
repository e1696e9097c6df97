import { describe, expect, test } from 'vitest'
import vectors from '../../proto/vectors/ids.json'
import { encodeBytes, isId, isSecret, newId, newSecret, readCode, showCode } from './ids'

const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))

describe('ids as proto/vectors/ids.json has them', () => {
	test.each(vectors.ids)('id of $bytes', ({ bytes: hex, id }) => {
		expect(encodeBytes(bytes(hex))).toBe(id)
		expect(isId(id)).toBe(true)
	})
	test.each(vectors.secrets)('secret of $bytes', ({ bytes: hex, secret }) => {
		expect(encodeBytes(bytes(hex))).toBe(secret)
		expect(isSecret(secret)).toBe(true)
	})
	test.each(vectors.base64url)('base64url of $bytes', ({ bytes: hex, text }) => expect(encodeBytes(bytes(hex))).toBe(text))
	test.each(vectors.not_ids.map((s) => [s]))('%j is no id', (s) => expect(isId(s)).toBe(false))
	test.each(vectors.not_secrets.map((s) => [s]))('%j is no secret', (s) => expect(isSecret(s)).toBe(false))
	test.each(vectors.codes)('code typed as $typed', ({ typed, code }) => expect(readCode(typed)).toBe(code))
	test.each(vectors.shown_codes)('code $code as shown', ({ code, shown }) => expect(showCode(code)).toBe(shown))
})

test('new ids are ids, new secrets secrets, and no two alike', () => {
	const ids = Array.from({ length: 200 }, newId)
	expect(ids.every(isId)).toBe(true)
	expect(new Set(ids).size).toBe(200)
	expect(isSecret(newSecret())).toBe(true)
	expect(newSecret()).not.toBe(newSecret())
})
