// Cases for proto/text.c: a seeded generator, what the npm package answers, and what the server admits.
// Used by cross.mjs (many cases, compared at once) and vectors.mjs (some of them, saved).
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../../web/package.json', import.meta.url))
const { type } = require('ot-text-unicode')

const COUNT_MAX = 0x7fffffff

/** A small generator of random numbers (sfc32), so that a seed gives the same cases on every machine. */
export function randomFrom(seed) {
    let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, seed >>> 0, 1]
    const next = () => {
        const sum = (a + b + d) | 0
        d = (d + 1) | 0
        a = b ^ (b >>> 9)
        b = (c + (c << 3)) | 0
        c = ((c << 21) | (c >>> 11)) + sum | 0
        return sum >>> 0
    }
    for (let i = 0; i < 16; i++) next()
    return {
        below: n => next() % n,
        chance: oneIn => next() % oneIn === 0,
        pick: list => list[next() % list.length],
    }
}

// Everything that could be counted or cut in two different ways: four-byte characters, sequences joined into one
// glyph, marks that combine, both ends of every UTF-8 length and of the surrogate gap, what JSON escapes.
const ALPHABETS = [
    [...'abcdefghij klmnop,.'],
    [...'for nurses who lose time at handover '],
    [...'😀🤖👻🤟💃🧑‍🏫👩‍👩‍👧‍👦🏳️‍🌈🇬🇭🇰🇪👍🏽'],
    [...'e\u0301o\u0302\u0323a\u030a\u0f40\u0f71\u0f74नि\u200d\u200c\ufe0f\u20e3'],
    [...'שלום مرحبا \u200f\u200e\u202e日本語文字ไทยকখ'],
    [...'\u007f\u0080\u07ff\u0800\ud7ff\ue000\uf8ff\ufeff\ufffd\uffff\u{10000}\u{1f600}\u{10ffff}'],
    [...'"\\/\n\t\u2028\u2029<>&\'\u0085'],
]

function someText(random, length) {
    const mixed = random.chance(3)
    let alphabet = random.pick(ALPHABETS)
    let text = ''
    for (let i = 0; i < length; i++) {
        if (mixed) alphabet = random.pick(ALPHABETS)
        text += random.pick(alphabet)
    }
    return text
}

/** Mostly a line or less, now and then empty, sometimes ten kilobytes. */
export function someDocument(random) {
    if (random.chance(12)) return ''
    if (random.chance(120)) return someText(random, 3000 + random.below(3000))
    return someText(random, 1 + random.below(random.pick([4, 12, 40])))
}

/**
 * A tidy edit of `text`, whose steps are about as long as the text asks for. `remember`: 0 never, 1 always, 2 as
 * it comes. With `beyond` it may reach further than the text does; with `lying` it remembers another text.
 */
export function someEdit(random, text, { remember = random.below(3), beyond = false, lying = false } = {}) {
    const points = [...text]
    const remembered = lying ? [...someText(random, points.length)] : points
    const stride = points.length > 200 ? 1 + random.below(points.length >> 2) : 1 + random.below(8)
    const end = points.length + (beyond ? 1 + random.below(10) : 0)
    const steps = random.below(points.length > 200 ? 40 : 9)
    const edit = []
    for (let at = 0, step = 0; step < steps; step++) {
        const length = Math.min(random.below(stride + 1), end - at)
        const kind = random.below(3)
        if (kind === 0) edit.push(someText(random, 1 + random.below(random.chance(50) ? 400 : 5)))
        if (kind === 1 && length) edit.push(length)
        if (kind === 2 && length) {
            const keeps = at + length <= points.length && (remember === 1 || (remember === 2 && random.chance(2)))
            edit.push({ d: keeps ? remembered.slice(at, at + length).join('') : length })
        }
        if (kind) at += length
    }
    return type.normalize(edit)
}

/** The package's answer, or `{no}` where it has none. */
export function expected({ f, a, b, side }) {
    switch (f) {
    case 'apply': return type.apply(a, b)
    case 'transform': return type.transform(a, b, side)
    case 'compose': return type.compose(a, b)
    case 'invert': return type.isInvertible(a) ? type.invert(a) : { no: 'not_invertible' }
    case 'make_invertible': return type.makeInvertible(a, b)
    case 'position': return type.transformPosition(a, b)
    }
    throw new Error(`no such function: ${f}`)
}

const isCount = n => Number.isInteger(n) && n >= 1 && n <= COUNT_MAX
const isText = s => typeof s === 'string' && s !== '' && s.isWellFormed() && !/[\0-\x08\x0b-\x1f]/.test(s)
const isDelete = c => typeof c === 'object' && c !== null && !Array.isArray(c) && Object.keys(c).join() === 'd'
const isComponent = c => isCount(c) || isText(c) || (isDelete(c) && (isCount(c.d) || isText(c.d)))
const size = x => typeof x === 'number' ? x : [...x].length
const reach = c => typeof c === 'string' ? 0 : size(typeof c === 'number' ? c : c.d)

/** Whether the server takes `edit` for a text of `length` code points: the rules of proto/text.h said another way. */
export function isAdmitted(edit, length) {
    return Array.isArray(edit) && edit.every(isComponent)
        && edit.every((c, i) => i === 0 || typeof c !== typeof edit[i - 1])
        && typeof edit.at(-1) !== 'number'
        && edit.reduce((sum, c) => sum + reach(c), 0) <= length
}

/** The same for JSON text, as a strict reader sees it: JSON.parse silently takes the last of two equal keys. */
export function isAdmittedJson(json, length) {
    if (/\{"d":[^{}]*,"(d|\\u0064)":/.test(json)) return false
    try {
        return isAdmitted(JSON.parse(json), length)
    } catch {
        return false
    }
}

const WRONG_COUNTS = [0, -1, 1.5, 1e20, 2147483648, 9007199254740993, 0.1, -0.5]
const WRONG_TEXTS = [
    '', 'a\rb', '\r\n', '\0', 'x\0y', '\x01', '\x1f', '\x0b', '\ud800', 'a\udc00', '\ude00\ud83d', 'x\ud83dy',
]
const WRONG_THINGS = [
    true, false, null, [], [1], {}, { d: true }, { d: null }, { d: [] }, { d: {} }, { D: 1 }, { i: 'x' },
    { d: 1, x: 1 }, { x: 1, d: 1 }, { '': 1 },
]

const WRONG_JSON = ['[{"d":1,"d":1}]', '[{"d":1,"\\u0064":1}]', '{"0":1}', '"x"', '3', 'null']

/** One component that may or may not be in order. */
function someComponent(random) {
    const right = random.pick([1 + random.below(9), someText(random, 2)])
    const inside = random.pick([random.pick(WRONG_COUNTS), random.pick(WRONG_TEXTS), right])
    return random.pick([inside, { d: inside }, random.pick(WRONG_THINGS), right])
}

/** JSON text of an edit that is often out of order, and whether the server takes it for a text of `length`. */
export function someDoubtfulEdit(random, text) {
    const length = [...text].length
    if (random.chance(40)) return { json: random.pick(WRONG_JSON), ok: false }
    const edit = someEdit(random, text, { beyond: random.chance(3) })
    if (!random.chance(4)) edit.splice(random.below(edit.length + 1), random.below(2), someComponent(random))
    return { json: JSON.stringify(edit), ok: isAdmitted(edit, length) }
}

/** The escapes of buf_json_string that JSON.stringify leaves out; apart from them the two write the same. */
export function toJson(value) {
    const escaped = c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')
    return JSON.stringify(value).replace(/[\x7f\u2028\u2029]/g, escaped)
}

/**
 * A text with two edits on it, and one that follows the first: all questions to ask about them, and laws that the
 * answers must obey. `laws` is a list of [name, holds].
 */
export function someGroup(random) {
    const text = someDocument(random)
    const [a, b] = [someEdit(random, text), someEdit(random, text)]
    const after = type.apply(text, a)
    const c = someEdit(random, after)
    const far = someEdit(random, text, { beyond: true })
    const at = random.below([...text].length + 3)
    const remembering = type.makeInvertible(a, text)
    const [aAfterB, bAfterA] = [type.transform(a, b, 'left'), type.transform(b, a, 'right')]
    const composed = type.compose(a, c)
    return {
        cases: [
            { f: 'apply', a: text, b: a },
            { f: 'apply', a: text, b },
            { f: 'transform', a, b, side: 'left' },
            { f: 'transform', a: b, b: a, side: 'right' },
            { f: 'transform', a: remembering, b: far, side: random.pick(['left', 'right']) },
            { f: 'apply', a: after, b: bAfterA },
            { f: 'compose', a, b: c },
            { f: 'compose', a: remembering, b: far },
            { f: 'make_invertible', a, b: text },
            { f: 'make_invertible', a: someEdit(random, text, { lying: true }), b: text },
            { f: 'invert', a: remembering },
            { f: 'invert', a },
            { f: 'apply', a: after, b: type.invert(remembering) },
            { f: 'position', a: at, b: a },
            { f: 'position', a: at, b: far },
        ],
        laws: [
            ['diamond', type.apply(after, bAfterA) === type.apply(type.apply(text, b), aAfterB)],
            ['compose', type.apply(text, composed) === type.apply(after, c)],
            ['invert', type.apply(after, type.invert(remembering)) === text],
        ],
        doubtful: { ...someDoubtfulEdit(random, text), length: [...text].length },
    }
}
