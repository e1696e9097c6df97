/*
 * Random names. crypto.getRandomValues is the one part of Web Crypto that also works on a page that came over plain
 * http, as it does in a classroom without certificates; randomUUID and subtle do not.
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Base64url without padding. */
export function encodeBytes(bytes: Uint8Array): string {
	let out = ''
	for (let i = 0; i < bytes.length; i += 3) {
		const a = bytes[i]!
		const b = bytes[i + 1]
		const c = bytes[i + 2]
		out += ALPHABET[a >> 2]! + ALPHABET[((a & 3) << 4) | ((b ?? 0) >> 4)]!
		if (b !== undefined) out += ALPHABET[((b & 15) << 2) | ((c ?? 0) >> 6)]!
		if (c !== undefined) out += ALPHABET[c & 63]!
	}
	return out
}

function randomText(size_bytes: number): string {
	return encodeBytes(crypto.getRandomValues(new Uint8Array(size_bytes)))
}

/** 128 random bits: the id of an object or a command. */
export const newId = (): string => randomText(16)
/** 256 random bits: a member's secret. */
export const newSecret = (): string => randomText(32)

export const isId = (s: string): boolean => /^[A-Za-z0-9_-]{21}[AQgw]$/.test(s)
export const isSecret = (s: string): boolean => /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(s)

const CODE = /^[23456789BCDFGHJKMNPQRSTVWXZ]{7}$/
const CODE_TYPED_MOST = 64
/** From the wide letters and digits of an East Asian keyboard down to the plain ones. */
const WIDE = /[\uff01-\uff5e]/g
const WIDE_OFFSET = 0xfee0

/** The bare seven symbols of what a person typed or scanned, or null if that is not a code. */
export function readCode(typed: string): string | null {
	if (typed.length > CODE_TYPED_MOST) return null
	const bare = typed
		.replace(/[\p{Zs}\p{Pd}\u2212]/gu, '')
		.replace(WIDE, (c) => String.fromCharCode(c.charCodeAt(0) - WIDE_OFFSET))
		.replace(/[a-z]/g, (c) => c.toUpperCase())
	return CODE.test(bare) ? bare : null
}

/** A code as people see it. */
export const showCode = (code: string): string => `${code.slice(0, 3)}-${code.slice(3)}`
