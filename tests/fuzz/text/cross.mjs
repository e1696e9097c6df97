// Compares proto/text.c with the npm package ot-text-unicode on random cases:
//     node cross.mjs PROGRAM CASES SEED
// PROGRAM is cross.c, built. Prints one line "ok - …" or "not ok - …" per function and law; exits 1 if one failed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { expected, isAdmittedJson, randomFrom, someGroup, toJson } from './cases.mjs'

const BATCH = 4000
const FAILURES_SHOWN = 5

const [program, caseCount, seed] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const random = randomFrom(seed)
const tallies = new Map()
let shown = 0

function tally(name, holds, describe) {
    const entry = tallies.get(name) ?? { right: 0, wrong: 0 }
    tallies.set(name, entry)
    entry[holds ? 'right' : 'wrong']++
    if (!holds && shown++ < FAILURES_SHOWN) console.log(`# ${name} failed: ${describe()}`)
}

const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
const exited = once(child, 'exit')
const answers = createInterface({ input: child.stdout, crlfDelay: Infinity })[Symbol.asyncIterator]()
child.stdin.on('error', () => {}) // it died; the answers that do not come tell

/** Asks all questions at once and checks the answers, in order. */
async function check(questions) {
    child.stdin.write(questions.map(q => q.line + '\n').join('') + '\n')
    for (const q of questions) {
        const { value: answer, done } = await answers.next()
        if (done) throw new Error(`the program ended at ${q.line}`)
        const holds = q.admitted === undefined ? answer === q.answer : answer.startsWith('[') === q.admitted
        tally(q.name, holds, () => `${q.line}\n#   C      ${answer}\n#   wanted ${q.answer ?? q.name}`)
    }
    return questions.length
}

function questionsOf({ cases, laws, doubtful }) {
    for (const [name, holds] of laws) tally(`law of the package: ${name}`, holds, () => JSON.stringify(cases))
    const questions = cases.map(c => ({ name: c.f, line: JSON.stringify(c), answer: toJson(expected(c)) }))
    questions.push({
        name: doubtful.ok ? 'read, admitted' : 'read, refused',
        line: `{"f":"read","a":${doubtful.json},"b":${doubtful.length}}`,
        admitted: doubtful.ok,
    })
    return questions
}

/** The saved vectors must be what the package says, too. */
function checkVectors() {
    const saved = new URL('../../../proto/vectors/text.json', import.meta.url)
    const { cases, reads } = JSON.parse(readFileSync(saved, 'utf8'))
    for (const c of cases) tally('vectors', toJson(expected(c)) === toJson(c.is), () => JSON.stringify(c))
    for (const r of reads) tally('vectors', isAdmittedJson(r.json, r.length) === r.ok, () => JSON.stringify(r))
}

checkVectors()
let asked = 0
try {
    while (asked < caseCount) {
        const questions = []
        const wanted = Math.min(BATCH, caseCount - asked)
        while (questions.length < wanted) questions.push(...questionsOf(someGroup(random)))
        asked += await check(questions)
    }
} catch (error) {
    tally('program', false, () => error.message)
}
child.stdin.end()
const [code] = await exited
tally('program', code === 0, () => `exit status ${code}`)

for (const [name, { right, wrong }] of tallies) {
    console.log(wrong ? `not ok - ${name}: ${wrong} of ${right + wrong} cases differ` : `ok - ${name}: ${right} cases`)
    if (wrong) process.exitCode = 1
}
console.log(`# ${asked} cases, seed ${seed}`)
