/* What assistive technology would stumble over. */
import { readFileSync } from 'node:fs'
import { axePath } from './people.mjs'

const axe = readFileSync(axePath, 'utf8')

/** Pictures that lie over words and let taps through: axe would take the words for hidden and judge none of them. */
const VEILS = 'svg[data-lines]'
/** Lies in the place kept for the bar of notes, and is free when that is not there. */
const UNJUDGED = '.credits'

async function look(page) {
	await page.evaluate((veils) => document.querySelectorAll(veils).forEach((veil) => (veil.style.display = 'none')), VEILS)
	// Evaluated from outside the page: its policy lets no foreign script in.
	const { violations, incomplete } = await page.evaluate(`${axe}; axe.run({ exclude: ['${UNJUDGED}'] }, { resultTypes: ['violations', 'incomplete'] })`)
	await page.evaluate((veils) => document.querySelectorAll(veils).forEach((veil) => (veil.style.display = '')), VEILS)
	const list = (results) => results.flatMap(({ id, nodes }) => nodes.map((node) => ({ id, target: node.target.join(' '), about: node.any[0] ?? node.all[0] ?? node.none[0] })))
	return { wrong: list(violations), veiled: list(incomplete).filter(({ about }) => about?.data?.messageKey === 'bgOverlap') }
}

/** What axe finds wrong on the place where a person is, in light and in dark; `veiled` also counts words that something lies over. */
export async function findings(person, place, { veiled = false } = {}) {
	const found = []
	for (const colorScheme of ['light', 'dark']) {
		await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
		const seen = await look(person.page)
		for (const { id, target, about } of [...seen.wrong, ...(veiled ? seen.veiled : [])]) found.push(`${place} (${colorScheme}): ${id}: ${target} ${about?.message ?? ''}`)
	}
	return found
}
