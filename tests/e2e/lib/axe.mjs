/* What assistive technology would stumble over. */
import { readFileSync } from 'node:fs'
import { axePath } from './people.mjs'

const axe = readFileSync(axePath, 'utf8')

/** What axe finds wrong on the place where a person is, in light and in dark. */
export async function findings(person, place) {
	const found = []
	for (const colorScheme of ['light', 'dark']) {
		await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
		// Evaluated from outside the page: its policy lets no foreign script in.
		const { violations } = await person.page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`)
		for (const { id, nodes } of violations) found.push(...nodes.map((node) => `${place} (${colorScheme}): ${id}: ${node.target.join(' ')} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ''}`))
	}
	return found
}
