// Writes proto/vectors/text.json, which C and TypeScript both must pass, from what the npm package says:
//     node tests/fuzz/text/vectors.mjs > proto/vectors/text.json
// The chosen cases come first, random ones behind them. Review the difference before keeping it.
import { expected, isAdmittedJson, randomFrom, someGroup } from './cases.mjs'

const SEED = 20
const GROUPS = 16
const BYTES_MAX = 1500 // of one random case; long texts belong to the cross-check

const family = '👩‍👩‍👧‍👦'

const chosen = [
    // Where two insert at one place, the left one goes first.
    { f: 'transform', a: ['A'], b: ['B'], side: 'left' },
    { f: 'transform', a: ['A'], b: ['B'], side: 'right' },
    // The order of insertion and deletion at one place stays as it came about.
    { f: 'transform', a: [{ d: 1 }, 'A'], b: ['B'], side: 'left' },
    { f: 'transform', a: [{ d: 1 }, 'A'], b: ['B'], side: 'right' },
    { f: 'transform', a: ['A', { d: 1 }], b: ['B'], side: 'left' },
    { f: 'transform', a: ['A', { d: 1 }], b: ['B'], side: 'right' },
    { f: 'transform', a: ['A', { d: 1 }], b: [{ d: 1 }, 'B'], side: 'left' },
    { f: 'transform', a: ['A', { d: 1 }], b: [{ d: 1 }, 'B'], side: 'right' },
    { f: 'transform', a: [{ d: 1 }, 'A'], b: [{ d: 1 }, 'B'], side: 'left' },
    { f: 'transform', a: [{ d: 1 }, 'A'], b: [{ d: 1 }, 'B'], side: 'right' },
    // An insertion survives in a deleted range; what both delete is deleted once.
    { f: 'transform', a: [2, 'X'], b: [{ d: 5 }], side: 'left' },
    { f: 'transform', a: [2, 'X', 2, 'Y'], b: [1, { d: 4 }], side: 'right' },
    { f: 'transform', a: [1, { d: 'bcd' }], b: [2, { d: 3 }], side: 'left' },
    { f: 'transform', a: [1, { d: 'bcd' }], b: [2, 'x'], side: 'left' },
    { f: 'transform', a: [{ d: 5 }], b: [1, 'x', 1, { d: 2 }, 'y'], side: 'right' },
    { f: 'transform', a: [{ d: 3 }], b: [{ d: 3 }], side: 'left' },
    { f: 'transform', a: [{ d: 3 }], b: [], side: 'left' },
    { f: 'transform', a: [], b: [3, 'x'], side: 'left' },
    { f: 'transform', a: [2, 'x'], b: [9, 'y'], side: 'right' },
    // Code points are counted, neither UTF-16 units nor bytes nor what looks like one character.
    { f: 'transform', a: [1, 'z'], b: ['😀😀'], side: 'right' },
    { f: 'transform', a: [1, 'z'], b: [family], side: 'left' },
    { f: 'transform', a: [{ d: '😀é' }], b: [1, 'e\u0301'], side: 'left' },
    { f: 'compose', a: [{ d: 1 }], b: ['x'] },
    { f: 'compose', a: ['x'], b: [{ d: 1 }] },
    { f: 'compose', a: ['x'], b: [{ d: 2 }] },
    { f: 'compose', a: [{ d: 'a' }], b: [{ d: 1 }] },
    { f: 'compose', a: [{ d: 'a' }], b: [{ d: 'b' }] },
    { f: 'compose', a: [{ d: 2 }], b: [{ d: 'b' }] },
    { f: 'compose', a: [1, 'a😀c'], b: [2, { d: 1 }] },
    { f: 'compose', a: [1, 'a😀c'], b: [2, { d: '😀cb' }] },
    { f: 'compose', a: [3, 'x'], b: [1, 'y', { d: 2 }] },
    { f: 'compose', a: ['ab', 1, { d: 2 }], b: [1, 'x', 1, { d: 2 }] },
    { f: 'compose', a: [], b: [] },
    { f: 'apply', a: '', b: ['x'] },
    { f: 'apply', a: 'abc', b: [] },
    { f: 'apply', a: 'abc', b: [3, 'x'] },
    { f: 'apply', a: 'abc', b: [{ d: 3 }] },
    { f: 'apply', a: `a${family}b`, b: [3, { d: 2 }, '-'] },
    { f: 'apply', a: 'a\u0301\u2028\u007f"\\\n\t', b: [1, 'b', 2, { d: 1 }] },
    { f: 'apply', a: 'abc', b: [{ d: 'xyz' }] }, // the remembered text is never compared
    { f: 'make_invertible', a: [1, { d: 2 }, 'x'], b: '😀é\u0301z' },
    { f: 'make_invertible', a: [{ d: 'x' }, 1, { d: 1 }], b: 'abc' },
    { f: 'invert', a: [1, 'x', { d: 'yz' }] },
    { f: 'invert', a: [{ d: '😀' }, 'x', 2, { d: 'é' }] },
    { f: 'invert', a: [1, { d: 2 }] },
    { f: 'invert', a: [] },
    // An insertion at the cursor does not push it; a cursor in deleted text falls to where that began.
    { f: 'position', a: 1, b: [1, 'x'] },
    { f: 'position', a: 2, b: [1, 'x'] },
    { f: 'position', a: 0, b: ['x'] },
    { f: 'position', a: 3, b: [1, { d: 5 }] },
    { f: 'position', a: 9, b: [1, { d: 5 }] },
    { f: 'position', a: 3, b: ['😀😀', 1, { d: 1 }, 'y'] },
]

// Documents of ten code points. Whatever a careless reader might let through, next to what it must let through.
const doubtful = [
    '[]', '["x"]', '[10,"x"]', '[9,{"d":1}]', '[{"d":10}]',
    '[{"d":"abc"},"x",1,{"d":2}]', '["x",{"d":1}]', '[{"d":1},"x"]',
    '["\\n\\t"]', '["\\ud83d\\ude00"]', '["\\u007f\\u0085\\u2028\\ufeff\\uffff"]',
    '["e\\u0301\\u200d"]', '[1,"x",9,"y"]',
    '[11,"x"]', '[{"d":11}]', '[5,{"d":6}]', '[{"d":"abcdefghijk"}]', '[6,{"d":"abcde"}]', '[2147483647,"x"]',
    '[0,"x"]', '[-1]', '[-1,"x"]', '["x",2]', '[1]', '[1,2,"x"]',
    '["x","y"]', '[{"d":1},{"d":1}]', '[{"d":1},{"d":"a"}]',
    '[{"d":""}]', '[{"d":0}]', '[{"d":-1}]', '[{"d":1.5}]', '[""]',
    '[1.5,"x"]', '[0.5,"x"]', '[1e20,"x"]', '[2147483648,"x"]',
    '[9007199254740992,"x"]', '[9007199254740993,"x"]', '[true,"x"]', '[false]', '[null]', '[[]]', '[["x"]]', '[{}]',
    '[{"D":1}]', '[{"i":"x"}]', '[{"d":1,"x":1}]', '[{"x":1,"d":1}]',
    '[{"d":1,"d":1}]', '[{"d":"a","\\u0064":1}]', '[{"d":true}]', '[{"d":null}]',
    '[{"d":[1]}]', '[{"d":{"d":1}}]', '{}', '{"d":1}', '"x"',
    '3', 'null', 'true', '[', '', '[01,"x"]', '[+1,"x"]', '[NaN]',
    '["\\u0000"]', '["a\\u0000b"]', '["\\r"]', '["a\\r\\nb"]',
    '["\\u0001"]', '["\\u001b[2J"]', '["\\u001f"]', '["\\u000b"]',
    '[{"d":"\\u0000"}]', '[{"d":"\\r"}]', '["\\ud800"]', '["\\udc00"]',
    '["\\ude00\\ud83d"]', '["\\ud83dx"]', '[{"d":"\\ud83d"}]',
]

const random = randomFrom(SEED)
const cases = [...chosen]
for (let group = 0; group < GROUPS; group++)
    cases.push(...someGroup(random).cases.filter(c => JSON.stringify(c).length <= BYTES_MAX))

const about = 'Edits of text (proto/text.h): `is` is the answer to f(a, b), {no} a refusal; `reads` tells which JSON is '
    + 'admitted as an edit of a text of `length` code points. Made by tests/fuzz/text/vectors.mjs from the npm package '
    + 'ot-text-unicode 4.0.0.'
const lines = list => list.map(item => '    ' + JSON.stringify(item)).join(',\n')
console.log(`{
  "about": ${JSON.stringify(about)},
  "cases": [
${lines(cases.map(c => ({ ...c, is: expected(JSON.parse(JSON.stringify(c))) })))}
  ],
  "reads": [
${lines(doubtful.map(json => ({ json, length: 10, ok: isAdmittedJson(json, 10) })))}
  ]
}`)
