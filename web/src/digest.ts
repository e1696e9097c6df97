/*
 * The digest of a document (proto/README.md §4): a sum, lane by lane, over hashes of its objects and fields. A sum can
 * be kept up to date as things change, by taking the old hash out and adding the new one, and does not care for order.
 */
import type { Fields, Value } from './wire'

export type Lanes = [number, number]

const SEEDS: Lanes = [0x9747b28c, 0x3c6ef372]
const utf8 = new TextEncoder()

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

/** MurmurHash3_x86_32 by Austin Appleby (public domain). */
export function murmur3(bytes: Uint8Array, seed: number): number {
	const tail = bytes.length & ~3
	let h = seed
	for (let i = 0; i < tail; i += 4) {
		const k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
		h ^= Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593)
		h = (Math.imul(rotate(h, 13), 5) + 0xe6546b64) | 0
	}
	let k = 0
	for (let i = bytes.length - 1; i >= tail; i--) k = (k << 8) | bytes[i]!
	h ^= Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593)
	h ^= bytes.length
	h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
	h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
	return (h ^ (h >>> 16)) >>> 0
}

const isZero = (value: Value): boolean => value === '' || value === 0 || value === false

function addOne(sum: Lanes, sign: 1 | -1, [first, second]: Lanes): void {
	sum[0] = (sum[0] + sign * first) >>> 0
	sum[1] = (sum[1] + sign * second) >>> 0
}

/** The part of a digest that one field contributes; an object's existence is its field of no name. */
export function fieldDigest(id: string, key: string, value: Value): Lanes {
	const bytes = utf8.encode(`${id}\u001f${key}\u001f${tag(value)}`)
	return [murmur3(bytes, SEEDS[0]), murmur3(bytes, SEEDS[1])]
}

function tag(value: Value): string {
	if (typeof value === 'string') return `s${value}`
	if (typeof value === 'number') return `i${value}`
	return value ? 'b1' : 'b0'
}

/** Adds the object's existence to the sum, or takes it out. */
export function addKind(sum: Lanes, sign: 1 | -1, id: string, kind: string): void {
	addOne(sum, sign, fieldDigest(id, '', kind))
}

/** Adds one field to the sum, or takes it out. A zero value counts as no field. */
export function addField(sum: Lanes, sign: 1 | -1, id: string, key: string, value: Value | undefined): void {
	if (value !== undefined && !isZero(value)) addOne(sum, sign, fieldDigest(id, key, value))
}

export function addObject(sum: Lanes, sign: 1 | -1, object: { id: string; kind: string; fields: Fields }): void {
	addKind(sum, sign, object.id, object.kind)
	for (const [key, value] of Object.entries(object.fields)) addField(sum, sign, object.id, key, value)
}

export const writeSum = (sum: Lanes): string => sum.map((lane) => lane.toString(16).padStart(8, '0')).join('')
