import { expect, test } from 'vitest'
import { OFFLINE, type Answer } from '../../api'
import { Reel } from './reel'

function setUp() {
	const asked: { at: number; answer: (answer: Answer<string>) => void }[] = []
	const shown: string[] = []
	const reel = new Reel<string>(
		(at) => new Promise((answer) => asked.push({ at, answer })),
		(at, now, before) => shown.push(`${at} ${now} after ${before}`),
		({ code }) => shown.push(code),
	)
	const settle = async () => {
		for (const { at, answer } of asked.splice(0)) answer({ ok: true, value: `m${at}` })
		await new Promise((done) => setTimeout(done))
	}
	return { reel, asked, shown, settle }
}

test('what the slider passed over is never asked for, and the last is shown with its neighbour', async () => {
	const { reel, asked, shown, settle } = setUp()
	reel.look(5, 4)
	for (let at = 6; at <= 40; at++) reel.look(at, at - 1)
	expect(asked.map(({ at }) => at)).toEqual([5, 4])
	await settle()
	expect(asked.map(({ at }) => at)).toEqual([40, 39])
	await settle()
	expect(shown).toEqual(['40 m40 after m39'])
})

test('what was fetched is not asked for again; the first has no neighbour', async () => {
	const { reel, asked, shown, settle } = setUp()
	reel.look(1, 0)
	await settle()
	reel.look(2, 1)
	expect(asked.map(({ at }) => at)).toEqual([2])
	await settle()
	expect(shown).toEqual(['1 m1 after null', '2 m2 after m1'])
})

test('a refusal is told, and the next question is asked all the same', async () => {
	const { reel, asked, shown, settle } = setUp()
	reel.look(3, 0)
	asked.splice(0)[0]!.answer({ ok: false, refusal: OFFLINE })
	await settle()
	reel.look(3, 0)
	await settle()
	expect(shown).toEqual(['offline', '3 m3 after null'])
})
